/** A well-known kind of link, as options that a user could also pass one by one. */
export interface Profile {
  /** one line for people */
  readonly summary: string
  /** options by key; single options that the user passes override them */
  readonly options: Readonly<Record<string, string>>
  /** sources of the numbers, so that a reader can check them; "chosen" marks our own judgement */
  readonly source: string
}

/**
 * The values of `link`, in the order in which they are listed.
 *
 * A profile is an ordinary link of its kind on an ordinary day, neither at its best nor in its worst hour.
 * `down` is what the container receives. `delay` and loss apply to each direction, so a source's round trip
 * is halved here. Measured values take precedence over the presets of tools. Sources give times to a nearby
 * server, so a profile covers the access link only; the two long distances cover the path only.
 *
 * Jitter is lower than measured on purpose: netem lets packets overtake each other where a real link makes
 * them wait. RACK tolerates reordering within a quarter of the round trip, which is half of `delay`. Jitter
 * is therefore at most a quarter of `delay` if it is uniform, and at most a twelfth (three deviations each
 * way) if it has a distribution.
 *
 * Loss is what a link loses by itself. A full queue under the cap drops packets in addition.
 *
 * @see https://www.rfc-editor.org/rfc/rfc8985#section-6.2 RACK's reordering window
 */
export const PROFILES: Readonly<Record<string, Profile>> = {
  gprs: {
    summary: '2G: enough for text, half a second for every answer',
    options: {
      'rate.up': '20kbit',
      'rate.down': '50kbit',
      delay: '250ms',
      jitter: '20ms',
      'delay.distribution': 'normal',
      loss: '1%',
    },
    source:
      'Rates and 500 ms round trip: Firefox DevTools "GPRS" (https://github.com/mozilla-firefox/firefox/blob/main/devtools/docs/user/network_monitor/throttling/index.rst), as comcast "GPRS (good)" (50 kbit/s, 500 ms, 2 %; https://github.com/tylertreat/comcast#network-condition-profiles). Loss as Loadero "GPRS" (https://wiki.loadero.com/test-creation/participant-configuration/network-conditions/); jitter chosen.',
  },
  edge: {
    summary: '2.75G: the slow fallback of a phone without better coverage',
    options: {
      'rate.up': '200kbit',
      'rate.down': '240kbit',
      delay: '150ms',
      jitter: '12ms',
      'delay.distribution': 'normal',
      loss: '1%',
    },
    source:
      'Rates: WebPageTest "Mobile EDGE" (https://github.com/WPO-Foundation/webpagetest/blob/master/www/settings/connectivity.ini.sample). 300 ms round trip: comcast "EDGE (good)" (250 kbit/s, 300 ms, 1.5 %; https://github.com/tylertreat/comcast#network-condition-profiles), where WebPageTest has 840 ms. Loss as Loadero "Edge" (https://wiki.loadero.com/test-creation/participant-configuration/network-conditions/); jitter chosen.',
  },
  '3g': {
    summary: '3G: a phone on a busy or distant cell',
    options: {
      'rate.up': '768kbit',
      'rate.down': '1.6mbit',
      delay: '75ms',
      jitter: '6ms',
      'delay.distribution': 'normal',
      loss: '0.5%',
    },
    source:
      'Rates and 150 ms round trip: WebPageTest "Mobile 3G - Fast", the default of Lighthouse too (https://github.com/GoogleChrome/lighthouse/blob/main/docs/throttling.md). Slower than good coverage: Ofcom measured 5.9/1.6 Mbit/s and 63.5 ms in five UK towns at the end of 2014 ("Measuring mobile broadband performance in the UK", April 2015). Loss as Loadero "3G" (https://wiki.loadero.com/test-creation/participant-configuration/network-conditions/); jitter chosen.',
  },
  lte: {
    summary: '4G: a phone in average coverage',
    options: {
      'rate.up': '8mbit',
      'rate.down': '30mbit',
      delay: '25ms',
      jitter: '2ms',
      'delay.distribution': 'normal',
      loss: '0.2%',
    },
    source:
      'Rates: UK averages over 4G, 29.5/7.6 Mbit/s (Ofcom, "Mobile Matters", July 2023, Opensignal data). 50 ms round trip chosen between WebPageTest "Mobile LTE" (70 ms), 53.1 ms (Ofcom, "Measuring mobile broadband performance in the UK", April 2015) and 18 to 24 ms by operator (Ofcom, "Mobile Matters", 2024). Loss as Loadero "4G" (https://wiki.loadero.com/test-creation/participant-configuration/network-conditions/); jitter chosen.',
  },
  '5g': {
    summary: '5G: a phone in average coverage',
    options: {
      'rate.up': '15mbit',
      'rate.down': '130mbit',
      delay: '10ms',
      jitter: '800us',
      'delay.distribution': 'normal',
      loss: '0.1%',
    },
    source:
      'Rates: UK averages over 5G, 129.9/14.7 Mbit/s (Ofcom, "Mobile Matters", July 2023, Opensignal data). 20 ms round trip: 16.3 to 21.4 ms by operator (Ofcom, "Mobile Matters", 2024). Jitter and loss chosen below those of lte.',
  },
  dsl: {
    summary: 'ADSL over a telephone line of middling length',
    options: { 'rate.up': '1mbit', 'rate.down': '10mbit', delay: '15ms', jitter: '1ms', loss: '0.1%' },
    source:
      '30 ms round trip: idle DSL lines at 23 to 34 ms (FCC, "Thirteenth Measuring Broadband America Fixed Broadband Report", data of 2022, https://data.fcc.gov/download/measuring-broadband-america/2023/2023-Fixed-Measuring-Broadband-America-Report.pdf). Rates chosen between comcast "DSL (good)" (8 Mbit/s) and the 11.32 Mbit/s that Verizon names for its 7.1-15/1 Mbit/s tier (https://www.verizon.com/about/our-company/network-performance). Loss and jitter chosen.',
  },
  cable: {
    summary: 'Cable television network, a common home line',
    options: { 'rate.up': '20mbit', 'rate.down': '100mbit', delay: '9ms', jitter: '500us', loss: '0.05%' },
    source:
      '18 ms round trip: idle cable lines at 12 to 24 ms (FCC, "Thirteenth Measuring Broadband America Fixed Broadband Report", data of 2022, https://data.fcc.gov/download/measuring-broadband-america/2023/2023-Fixed-Measuring-Broadband-America-Report.pdf). Rates: what the FCC calls broadband since March 2024 (2024 Section 706 Report). Loss and jitter chosen.',
  },
  fibre: {
    summary: 'Fibre to the home, the same rate both ways',
    options: { 'rate.up': '300mbit', 'rate.down': '300mbit', delay: '5ms' },
    source:
      '10 ms round trip: idle fibre lines at 7 to 14 ms (FCC, "Thirteenth Measuring Broadband America Fixed Broadband Report", data of 2022, https://data.fcc.gov/download/measuring-broadband-america/2023/2023-Fixed-Measuring-Broadband-America-Report.pdf). Rates: the 300/300 Mbit/s tier of Verizon Fios, which delivers 306/347 (https://www.verizon.com/about/our-company/network-performance). No jitter and no loss, chosen: both are too small to be told from those of the host.',
  },
  wifi: {
    summary: 'Wi-Fi in the same room, without the line behind it',
    options: { 'rate.up': '15mbit', 'rate.down': '30mbit', delay: '2ms', jitter: '500us', loss: '0.2%' },
    source:
      'Rates: Firefox DevTools "Wi-Fi" (https://github.com/mozilla-firefox/firefox/blob/main/devtools/docs/user/network_monitor/throttling/index.rst). Loss: comcast "WIFI (good)" (30 Mbit/s, 40 ms, 0.2 %; https://github.com/tylertreat/comcast#network-condition-profiles). 4 ms round trip chosen near the median of about 3 ms on a campus (Sui et al., "Characterizing and Improving WiFi Latency in Large-Scale Operational Networks", MobiSys 2016, https://doi.org/10.1145/2906388.2906393); jitter chosen.',
  },
  'lossy-wifi': {
    summary: 'Wi-Fi through walls and among neighbours: about 2 % lost, in bursts',
    options: {
      'rate.up': '5mbit',
      'rate.down': '10mbit',
      delay: '10ms',
      jitter: '800us',
      'delay.distribution': 'paretonormal',
      'loss.model': 'gemodel:1%:25%:50%',
    },
    source:
      '20 ms round trip: 90th percentile on a campus, with a long tail (Sui et al., "Characterizing and Improving WiFi Latency in Large-Scale Operational Networks", MobiSys 2016, https://doi.org/10.1145/2906388.2906393). Loss in bursts, near to Gilbert-Elliott but with longer tails: "802.11g packet-loss behavior at high sustained bit rates in the home". The parameters are chosen: every hundredth packet begins a bad spell of four packets on average that loses half, 1.9 % in all. Rates chosen, a third of wifi.',
  },
  satellite: {
    summary: 'Geostationary satellite: plenty of rate, more than half a second for every answer',
    options: { 'rate.up': '4.5mbit', 'rate.down': '82mbit', delay: '300ms', jitter: '5ms', loss: '0.2%' },
    source:
      'Rates: medians of a 100/10 Mbit/s plan (Michel et al., "A First Look at Starlink Performance", IMC 2022, section on throughput, https://doi.org/10.1145/3517745.3561416). 600 ms round trip: same paper; 558 ms of it is propagation (RFC 2488, section 2, https://www.rfc-editor.org/rfc/rfc2488#section-2). Loss: comcast "Satellite" (0.2 %; https://github.com/tylertreat/comcast, README until it had Starlink instead). Jitter chosen.',
  },
  starlink: {
    summary: 'Satellites in low orbit: fast, with losses in short bursts',
    options: {
      'rate.up': '17mbit',
      'rate.down': '178mbit',
      delay: '25ms',
      jitter: '2ms',
      'delay.distribution': 'paretonormal',
      'loss.model': 'gemodel:0.1%:25%',
    },
    source:
      'Michel et al., "A First Look at Starlink Performance", IMC 2022 (https://doi.org/10.1145/3517745.3561416), one site in Belgium: median rates 178/17 Mbit/s; 50 ms median round trip to European servers; on a link with little traffic 95 % within 71 ms and 0.40 % (down) or 0.45 % (up) lost, mostly several packets in a row (1.56 % and 1.96 % under full load). A mean burst of four packets is chosen; jitter is below the one measured.',
  },
  transatlantic: {
    summary: 'Western Europe to the east coast of North America, as fast as the ends allow',
    options: { delay: '36ms', jitter: '500us', loss: '0.01%' },
    source:
      '72 ms round trip chosen between AWS N. Virginia to Ireland (66.6 ms), Montreal to London (77.7 ms; both https://gist.github.com/caius/21eca095ba281393f0616e2325410278) and New York to Paris (77.3 ms, https://wonderproxy.com/blog/miles-per-milisecond/). Jitter and loss chosen.',
  },
  intercontinental: {
    summary: 'Half way round the world, such as Europe to East Asia or Australia, as fast as the ends allow',
    options: { delay: '130ms', jitter: '1ms', loss: '0.05%' },
    source:
      '260 ms round trip: AWS Ireland to Hong Kong 258 ms; chosen between London to Hong Kong (199 ms) and Cape Town to Sydney (295 ms), all from the matrix at https://www.cloudping.co/. Jitter and loss chosen.',
  },
}
