#!/bin/bash
# check.sh: what `make up` needs; one sentence for each thing missing or taken.
set -u
wrong=0
no() {
  echo "make up: $*" >&2
  wrong=1
}

if ! command -v go >/dev/null; then
  no "Go is not installed; install Go 1.26 or newer from https://go.dev/dl/ and put its bin folder into PATH."
else
  # Asked inside the module: a newer toolchain that Go fetches by itself counts.
  found=$(go env GOVERSION 2>/dev/null)
  rest=${found#go}
  major=${rest%%.*}
  rest=${rest#*.}
  minor=${rest%%[!0-9]*}
  if ! [ "${major:-0}" -gt 1 ] 2>/dev/null && ! [ "${minor:-0}" -ge 26 ] 2>/dev/null; then
    no "Go ${found:-of an unknown version} is too old; install Go 1.26 or newer from https://go.dev/dl/."
  fi
fi

addr=${ADDR:-127.0.0.1:8080}
host=${addr%:*}
port=${addr##*:}
case $host in "" | 0.0.0.0 | "[::]") host=127.0.0.1 ;; esac
if [ "$port" != 0 ] && (exec 3<>"/dev/tcp/$host/$port") 2>/dev/null; then
  no "port $port on $host is taken; stop what listens there, or choose another: make up ADDR=127.0.0.1:8081"
fi

free=$(df -Pk . | awk 'NR == 2 {print int($4 / 1024)}')
if [ "${free:-0}" -lt 3072 ]; then
  no "only $free MB of disk are free here; the first build and the data need 3 GB."
fi
exit $wrong
