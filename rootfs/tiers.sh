# Runs tiers of tests and counts what passed. Sourced by build.sh.
# shellcheck shell=bash disable=SC2154

# A figure of the line that tap closes with: `# { total: 3, pass: 2, fail: 1 }`.
count() { sed -n "s/^# {.*[{ ]$2: \([0-9]*\).*/\1/p" "$1" | tail -n 1; }

# Adds a tier to `passed`, `failed` and `failures`.
# What was skipped has failed, and so has a tier without a test.
run_tier() {
  local log=build/test-${1/:/-}.log status=0 total pass fail lines line
  say "npm run $1"
  TAP_REPORTER=tap npm run --silent "$1" 2>&1 | tee "$log" || status=$?
  total=$(count "$log" total) pass=$(count "$log" pass)
  fail=$((${total:-0} - ${pass:-0}))
  if [ "$fail" = 0 ] && { [ "$status" != 0 ] || [ "${total:-0}" = 0 ]; }; then fail=1; fi
  passed=$((passed + pass)) failed=$((failed + fail))
  say "npm run $1: ${pass:-0} passed, $fail failed or skipped"
  if [ "$fail" = 0 ]; then return; fi
  lines=$(failing_lines "$log")
  if [ -z "$lines" ]; then lines="ended with status $status: $(tail -n 1 "$log")"; fi
  while IFS='' read -r line; do failures+=("$1: $line"); done <<<"$lines"
}

# The lines of a tier's log that say which tests failed or were skipped: a test stands before its file.
failing_lines() { sed -En '/^ *(not ok |ok .* # (SKIP|TODO))/ { s/ # time=.*//; p }' "$1"; }

# Says which tests of all tiers failed, so that the end of a long log shows it.
name_failures() {
  if [ ${#failures[@]} = 0 ]; then return; fi
  say "failed or skipped:"
  printf '%s\n' "${failures[@]:0:40}"
  if [ ${#failures[@]} -gt 40 ]; then echo "and $((${#failures[@]} - 40)) more: see build/test-*.log"; fi
}
