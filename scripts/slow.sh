#!/bin/bash
# slow.sh MESSAGE COMMAND...: run a command that may take minutes, and say so
# every 15 seconds, so that nobody takes it for stuck.
set -u
message=$1
shift
began=$SECONDS
(
  sleep 3 >/dev/null 2>&1
  echo "$message …"
  while sleep 15 >/dev/null 2>&1; do echo "  … still building, $((SECONDS - began)) s"; done
) &
ticker=$!
"$@"
code=$?
kill "$ticker" 2>/dev/null
wait "$ticker" 2>/dev/null
[ $code -eq 0 ] && [ $((SECONDS - began)) -ge 3 ] && echo "  done in $((SECONDS - began)) s"
exit $code
