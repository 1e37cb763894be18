#!/bin/bash
# test.sh [PHASE...]: every test there is, in phases, with their seconds at the
# end; or only the named phases of: build-temporal build tests temporal journeys
# faults. The last line is "N passed, M failed"; the exit code says the same.
set -u
cd "$(dirname "$0")/.." || exit 1
. scripts/postgres.sh
export CGO_ENABLED=0

work=$(mktemp -d "${TMPDIR:-/tmp}/madoguchi-test.XXXXXX")
trap 'pg_stop; rm -rf "$work"' EXIT
trap 'exit 130' INT TERM
: >"$work/totals"
: >"$work/phases"
failed=0
only=" $* "

# phase NAME COMMAND...: run it, keep its seconds and whether it failed.
phase() {
  local name=$1 began=$SECONDS code
  shift
  [ "$only" = "  " ] || [[ $only == *" $name "* ]] || case $name in prepare | postgres) ;; *) return 0 ;; esac
  echo "== $name"
  "$@"
  code=$?
  printf '%-16s %6d s  %s\n' "$name" $((SECONDS - began)) "$([ $code -eq 0 ] && echo ok || echo FAILED)" >>"$work/phases"
  [ $code -eq 0 ] || failed=1
  return $code
}

# What the distribution must bring: a database, a browser, and letters for the
# browser's pictures of five voices.
prepare() {
  local missing=()
  [ -n "$(pg_bin)" ] || [ -n "${MADOGUCHI_TEST_POSTGRES:-}" ] || missing+=(postgresql)
  [ -n "${CHROMIUM:-}" ] || command -v chromium >/dev/null || missing+=(chromium)
  for font in fonts-noto-cjk fonts-noto-core; do
    dpkg -s "$font" >/dev/null 2>&1 || ! command -v dpkg >/dev/null || missing+=("$font")
  done
  [ ${#missing[@]} -eq 0 ] && return 0
  local sudo=
  [ "$(id -u)" -eq 0 ] || sudo="sudo "
  if ! command -v apt-get >/dev/null || { [ "$(id -u)" -ne 0 ] && [ -z "${CI:-}" ]; }; then
    echo "The tests need ${missing[*]}; run: ${sudo}apt-get install --no-install-recommends -y ${missing[*]}" >&2
    return 1
  fi
  echo "installing ${missing[*]}"
  # Debian's package would start a cluster of its own; the tests bring theirs.
  if [[ " ${missing[*]} " == *" postgresql "* ]] && [ ! -e /etc/postgresql-common/createcluster.conf ]; then
    ${sudo}mkdir -p /etc/postgresql-common
    echo "create_main_cluster = false" | ${sudo}tee /etc/postgresql-common/createcluster.conf >/dev/null
  fi
  ${sudo}apt-get update -q >"$work/apt" 2>&1 &&
    ${sudo}env DEBIAN_FRONTEND=noninteractive apt-get install -q -y --no-install-recommends \
      -o Dpkg::Options::=--force-confold "${missing[@]}" >>"$work/apt" 2>&1 || {
    tail -20 "$work/apt" >&2
    return 1
  }
}

postgres() { [ -n "${MADOGUCHI_TEST_POSTGRES:-}" ] || pg_start; }

build() { go build ./... && go vet ./... && make --no-print-directory build; }

# run_tests FOLDER FLAG...: go test there, counted by testcount, which shows
# what failed and every line of counts.
run_tests() {
  local dir=$1
  shift
  (cd "$dir" && go test -json -timeout 14m "$@") 2>&1 | "$work/testcount" -totals "$work/totals"
}

# A package has no space in its name: the lists below are split on purpose.
packages() { go list ./... | grep -E "$1" | grep -vE "$2"; }

# shellcheck disable=SC2046
tests() { run_tests . -p 2 $(packages . '/e2e(/|$)'); }
temporal() { run_tests standalone -trimpath ./...; } # as bin/madoguchi-temporal is built
# shellcheck disable=SC2046
journeys() { run_tests . -p 1 $(packages '/e2e(/|$)' '/e2e/faults'); }
# shellcheck disable=SC2046
faults() { run_tests . -p 1 $(packages '/e2e/faults' '^$'); }

finish() {
  echo
  echo "phase            seconds"
  cat "$work/phases"
  local passed=0 broken=0 p f
  while read -r p f; do
    passed=$((passed + p))
    broken=$((broken + f))
  done <"$work/totals"
  # A phase can fail without a failed test: a build, a vet, a package to install.
  [ $failed -eq 1 ] && [ $broken -eq 0 ] && broken=1
  echo
  echo "$passed passed, $broken failed"
  [ $broken -eq 0 ]
  exit
}

phase prepare prepare || finish
go build -o "$work/testcount" ./scripts/testcount || { failed=1; finish; }
phase build-temporal make --no-print-directory bin/madoguchi-temporal || finish
export MADOGUCHI_TEMPORAL_BIN=$PWD/bin/madoguchi-temporal
phase build build || finish
phase postgres postgres || finish
phase tests tests
phase temporal temporal
[ -n "$(packages '/e2e(/|$)' '/e2e/faults')" ] && phase journeys journeys
[ -n "$(packages '/e2e/faults' '^$')" ] && phase faults faults
finish
