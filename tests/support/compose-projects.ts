/**
 * What is asked, `name:port`, and who is to answer; `nothing` where nobody is. `@db:5432` is the address of
 * service `db`.
 */
type Answers = Readonly<Record<string, string>>

/** A compose file written for Docker's bridge driver, and what is to be found once it is up. */
export interface Project {
  /** in tests/docker/fixtures */
  readonly file: string
  /** how many containers a service is to have, if not one */
  readonly scale: Readonly<Record<string, number>>
  /** from the containers of services */
  readonly inside: Readonly<Record<string, Answers>>
  /** from the host */
  readonly host: Answers
}

export const projects: readonly Project[] = [
  {
    file: 'voting.yaml',
    scale: { worker: 3 },
    inside: {
      vote: { 'redis:6379': 'redis:6379', 'db:5432': 'db:5432', 'result:80': 'result:80' },
      worker: { 'redis:6379': 'redis:6379', '@db:5432': 'db:5432', 'vote:80': 'vote:80' },
      // In the front tier alone.
      seed: {
        'vote:80': 'vote:80',
        'redis:6379': 'nothing',
        '@redis:6379': 'nothing',
        '@db:5432': 'nothing',
      },
      db: { 'result:9229': 'result:9229', 'redis:6379': 'redis:6379', 'seed:80': 'nothing' },
    },
    host: {
      '127.0.0.1:8080': 'vote:80',
      '172.17.0.1:8080': 'vote:80',
      '[::1]:8081': 'result:80',
      '127.0.0.1:9229': 'result:9229',
      '172.17.0.1:9229': 'nothing',
      '127.0.0.1:6379': 'nothing',
      '@db:5432': 'db:5432',
    },
  },
  {
    file: 'social.yaml',
    scale: { sidekiq: 2 },
    inside: {
      web: { 'db:5432': 'db:5432', 'redis:6379': 'redis:6379', 'es:9200': 'es:9200' },
      sidekiq: {
        'redis:6379': 'redis:6379',
        'streaming:4000': 'streaming:4000',
        '203.0.113.2:7000': 'outside:7000',
      },
      // On the internal network alone.
      db: { 'redis:6379': 'redis:6379', 'web:3000': 'web:3000', '203.0.113.2:7000': 'nothing' },
    },
    host: {
      '127.0.0.1:3000': 'web:3000',
      '127.0.0.1:4000': 'streaming:4000',
      '127.0.0.1:9200': 'es:9200',
      '172.17.0.1:3000': 'nothing',
      '127.0.0.1:5432': 'nothing',
    },
  },
  {
    file: 'mail.yaml',
    scale: {},
    inside: {
      'nginx-mailcow': {
        'phpfpm:9001': 'phpfpm:9001',
        'php-fpm-mailcow:9001': 'phpfpm:9001',
        'dovecot:4190': 'dovecot:4190',
      },
      'postfix-mailcow': {
        'dovecot:24': 'dovecot:24',
        'mysql:3306': 'mysql:3306',
        '172.22.1.249:6379': 'redis:6379',
      },
      'php-fpm-mailcow': {
        '172.22.1.254:53/udp': 'unbound:53',
        'unbound:53': 'unbound:53',
        '6@nginx-mailcow:8081': 'nginx:8081',
      },
      // By way of the host and back, to another and to itself.
      'dovecot-mailcow': {
        '172.17.0.1:25': 'postfix:25',
        '172.17.0.1:143': 'dovecot:143',
        '172.22.1.253:25': 'postfix:25',
      },
    },
    host: {
      '127.0.0.1:80': 'nginx:80',
      '[::1]:443': 'nginx:443',
      '172.17.0.1:25': 'postfix:25',
      '[fd4d:6169:6c63:6f77::1]:993': 'dovecot:993',
      '127.0.0.1:13306': 'mysql:3306',
      '127.0.0.1:7654': 'redis:6379',
      '127.0.0.1:19991': 'dovecot:12345',
      '172.17.0.1:13306': 'nothing',
      '127.0.0.1:8081': 'nothing',
      '172.22.1.254:53': 'unbound:53',
    },
  },
]
