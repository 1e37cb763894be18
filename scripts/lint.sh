#!/bin/bash
# lint.sh: form, known mistakes, determinism of workflows, known
# vulnerabilities, deploy/. What cannot run here is said and not counted as
# passed.
set -u
cd "$(dirname "$0")/.." || exit 1
export CGO_ENABLED=0
staticcheck=honnef.co/go/tools/cmd/staticcheck@v0.8.2
govulncheck=golang.org/x/vuln/cmd/govulncheck@v1.9.0
workflowcheck=go.temporal.io/sdk/contrib/tools/workflowcheck@v0.6.0
failed=0 left=()

check() {
  local name=$1
  shift
  if "$@"; then
    echo "ok      $name"
  else
    echo "FAILED  $name"
    failed=1
  fi
}

unformatted() {
  local files
  files=$(git ls-files -z '*.go' | xargs -0 gofmt -l)
  [ -z "$files" ] || { echo "$files"; return 1; }
}

# tool NAME MODULE@VERSION COMMAND...: a tool that cannot be had is left out.
tool() {
  local name=$1 module=$2
  shift 2
  if ! go mod download "$module" 2>/dev/null; then
    left+=("$name: ${module} cannot be fetched")
    return
  fi
  check "$name" "$@"
}

vulnerabilities() {
  local out code
  out=$(go run $govulncheck ./... 2>&1)
  code=$?
  if grep -qE "fetching vulnerabilities|no such host|dial tcp" <<<"$out"; then
    left+=("govulncheck: its data (vuln.go.dev) cannot be reached")
    return
  fi
  [ $code -eq 0 ] && echo "ok      govulncheck" || { echo "$out"; echo "FAILED  govulncheck"; failed=1; }
}

units() {
  # The programs are not installed here: only that complaint is expected.
  local out
  out=$(systemd-analyze verify deploy/systemd/*.service 2>&1 | grep -vE "is not executable|Failed to (open|connect)|madoguchi.*(missing|not found)|^$")
  [ -z "$out" ] || { echo "$out"; return 1; }
}

check gofmt unformatted
check "go vet" go vet ./...
check "go vet standalone" go -C standalone vet ./...
tool staticcheck "${staticcheck%%/cmd/*}@${staticcheck##*@}" go run $staticcheck ./...
folders=()
for d in workflows worker; do [ -n "$(ls $d/*.go 2>/dev/null)" ] && folders+=("./$d/..."); done
[ ${#folders[@]} -gt 0 ] && tool workflowcheck "$workflowcheck" go run $workflowcheck "${folders[@]}"
if go mod download "${govulncheck%%/cmd/*}@${govulncheck##*@}" 2>/dev/null; then vulnerabilities; else left+=("govulncheck: cannot be fetched"); fi
check deploy go test -count=1 ./deploy
if command -v systemd-analyze >/dev/null; then check "systemd-analyze" units; else left+=("systemd-analyze: not installed"); fi
if command -v shellcheck >/dev/null; then
  check shellcheck shellcheck -x -S warning scripts/*.sh .ci/run
else
  left+=("shellcheck: not installed (apt-get install shellcheck)")
fi
left+=("hadolint: not run; the Dockerfile is read by the Go test in deploy/")
for l in "${left[@]}"; do echo "not run $l"; done
exit $failed
