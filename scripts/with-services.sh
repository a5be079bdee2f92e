#!/usr/bin/env bash
# Runs a command with a private PostgreSQL and a private Redis, both on free ports and in a
# temporary folder, and stops them afterwards. The command finds them in TEST_POSTGRES_URL and
# TEST_REDIS_URL. What is not installed is installed, on Debian and its relatives; for the tests of
# the page, Chromium and its driver too.
#
# FSYNC=on makes PostgreSQL as durable as in production (for benchmarks); POSTGRES_OPTIONS are
# given to it as they are.
set -euo pipefail

[ $# -gt 0 ] || { echo "usage: $0 COMMAND..." >&2; exit 2; }

as_root() { if [ "$(id -u)" = 0 ]; then "$@"; else sudo "$@"; fi; }

install() {
    echo "installing $* ..." >&2
    if command -v apt-get > /dev/null; then
        as_root apt-get update -qq > /dev/null
        as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq "$@" > /dev/null
    else
        echo "$* is missing, and there is no apt-get to install it with: please install it and try again" >&2
        exit 1
    fi
}

find_postgres() {
    local newest
    newest=$(ls -d /usr/lib/postgresql/*/bin 2> /dev/null | sort -V | tail -n 1)
    if [ -n "$newest" ] && [ -x "$newest/initdb" ]; then echo "$newest"; return; fi
    local initdb
    initdb=$(command -v initdb) && dirname "$(readlink -f "$initdb")"
}

free_port() {
    local port
    while :; do
        port=$((20000 + RANDOM % 12000))
        (exec 3<> "/dev/tcp/127.0.0.1/$port") 2> /dev/null || { echo "$port"; return; }
    done
}

command -v redis-server > /dev/null || install redis-server
[ -n "$(find_postgres || true)" ] || install postgresql
command -v chromedriver > /dev/null || install chromium chromium-driver
pg=$(find_postgres)

dir=$(mktemp -d "${TMPDIR:-/tmp}/dualposts-services.XXXXXX")
chmod 711 "$dir"
redis_pid=""
as_pg() { "$@"; }
# PostgreSQL refuses to run as root.
if [ "$(id -u)" = 0 ]; then as_pg() { (cd "$dir" && setpriv --reuid=postgres --regid=postgres --clear-groups "$@"); }; fi

stop() {
    trap - EXIT INT TERM
    [ -n "$redis_pid" ] && kill "$redis_pid" 2> /dev/null
    [ -f "$dir/pg/postmaster.pid" ] && as_pg "$pg/pg_ctl" -D "$dir/pg" -m immediate -s stop 2> /dev/null
    rm -rf "$dir"
}
trap stop EXIT
trap 'exit 130' INT TERM

mkdir "$dir/pg" "$dir/redis"
[ "$(id -u)" = 0 ] && chown postgres "$dir/pg"
as_pg "$pg/initdb" -D "$dir/pg" -U postgres -A trust -E UTF8 --locale=C.UTF-8 -N > "$dir/initdb.log" 2>&1 \
    || { cat "$dir/initdb.log" >&2; exit 1; }
for attempt in 1 2 3 4 5; do
    pg_port=$(free_port)
    as_pg "$pg/pg_ctl" -D "$dir/pg" -w -s -l "$dir/pg/log" \
        -o "-p $pg_port -h 127.0.0.1 -k '$dir/pg' -c fsync=${FSYNC:-off} -c max_connections=400 -c shared_buffers=128MB ${POSTGRES_OPTIONS:-}" \
        start && break
    [ "$attempt" = 5 ] && { cat "$dir/pg/log" >&2; exit 1; }
done

for attempt in 1 2 3 4 5; do
    redis_port=$(free_port)
    redis-server --port "$redis_port" --bind 127.0.0.1 --save "" --appendonly no --dir "$dir/redis" \
        --daemonize no > "$dir/redis/log" 2>&1 &
    redis_pid=$!
    for _ in $(seq 100); do
        redis-cli -p "$redis_port" ping > /dev/null 2>&1 && break 2
        kill -0 "$redis_pid" 2> /dev/null || break
        sleep 0.05
    done
    [ "$attempt" = 5 ] && { cat "$dir/redis/log" >&2; exit 1; }
done

export TEST_POSTGRES_URL="postgres://postgres@127.0.0.1:$pg_port/postgres"
export TEST_REDIS_URL="redis://127.0.0.1:$redis_port"
"$@"
