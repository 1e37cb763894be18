# shellcheck shell=bash
# postgres.sh: sourced by test.sh. A private PostgreSQL on a free loopback port,
# made for one run and removed after it. Its address is in
# MADOGUCHI_TEST_POSTGRES; its user may create roles and databases.

pg_bin() {
  local newest
  newest=$(ls -d /usr/lib/postgresql/*/bin 2>/dev/null | sort -V | tail -1)
  if [ -n "$newest" ]; then
    echo "$newest"
  elif command -v initdb >/dev/null; then
    dirname "$(command -v initdb)"
  fi
}

# as_pg_exec puts a command in place of this shell, as a user that is not root:
# PostgreSQL refuses root.
as_pg_exec() {
  if [ "$(id -u)" -ne 0 ]; then
    exec "$@"
  elif id postgres >/dev/null 2>&1; then
    exec setpriv --reuid=postgres --regid=postgres --clear-groups -- "$@"
  else
    exec setpriv --reuid=nobody --regid="$(id -g nobody)" --clear-groups -- "$@"
  fi
}

free_port() {
  local port
  while :; do
    port=$((20000 + RANDOM % 12000)) # below the range that connections are given
    (exec 3<>"/dev/tcp/127.0.0.1/$port") 2>/dev/null || break
  done
  echo "$port"
}

pg_start() {
  local bin password port
  bin=$(pg_bin)
  pg_dir=$(mktemp -d "${TMPDIR:-/tmp}/madoguchi-postgres.XXXXXX") || return 1
  password=$(od -An -N16 -tx1 /dev/urandom | tr -d ' \n')
  printf '%s' "$password" >"$pg_dir/password"
  if [ "$(id -u)" -eq 0 ]; then
    if id postgres >/dev/null 2>&1; then chown -R postgres "$pg_dir"; else chown -R nobody "$pg_dir"; fi
  fi
  (cd "$pg_dir" && as_pg_exec "$bin/initdb" -D "$pg_dir/data" -U postgres -E UTF8 --locale=C --auth=scram-sha-256 \
    --pwfile="$pg_dir/password" >"$pg_dir.log" 2>&1) || { cat "$pg_dir.log" >&2; return 1; }
  for _ in 1 2 3 4 5; do
    port=$(free_port)
    # Nothing stays between us and the server: $! is its own process ID.
    (cd "$pg_dir" && as_pg_exec "$bin/postgres" -D "$pg_dir/data" -h 127.0.0.1 -p "$port" \
      -c unix_socket_directories= -c fsync=on -c max_connections=200) >>"$pg_dir.log" 2>&1 &
    pg_pid=$!
    for _ in $(seq 100); do
      if "$bin/pg_isready" -q -h 127.0.0.1 -p "$port"; then
        export MADOGUCHI_TEST_POSTGRES="postgres://postgres:$password@127.0.0.1:$port/postgres?sslmode=disable"
        return 0
      fi
      kill -0 "$pg_pid" 2>/dev/null || break
      sleep 0.1
    done
    kill "$pg_pid" 2>/dev/null
    wait "$pg_pid" 2>/dev/null
  done
  tail -5 "$pg_dir.log" >&2
  return 1
}

pg_stop() {
  if [ -n "${pg_pid:-}" ]; then
    kill -INT "$pg_pid" 2>/dev/null # fast: connections are cut, files are whole
    wait "$pg_pid" 2>/dev/null
  fi
  [ -n "${pg_dir:-}" ] && rm -rf "$pg_dir" "$pg_dir.log"
  pg_pid='' pg_dir=''
}
