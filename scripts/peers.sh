#!/usr/bin/env bash
# Runs tests/peers: public clients of X, unmodified, against the simulator of a built binary. They
# are installed in the versions that tests/peers pins, into a temporary folder that is removed
# afterwards, by pip and, where there is node, by npm.
set -euo pipefail

[ $# -eq 1 ] || { echo "usage: $0 BINARY" >&2; exit 2; }
binary=$1
peers=$(dirname "$0")/../tests/peers

dir=$(mktemp -d "${TMPDIR:-/tmp}/dualposts-peers.XXXXXX")
trap 'rm -rf "$dir"' EXIT

python3 -m venv "$dir/venv"
"$dir/venv/bin/pip" install --quiet --disable-pip-version-check --requirement "$peers/requirements.txt"

node=()
if command -v node > /dev/null && command -v npm > /dev/null; then
    cp -r "$peers/node" "$dir/node"
    (cd "$dir/node" && npm ci --silent --no-audit --no-fund > /dev/null)
    node=(--node "$dir/node")
else
    echo "node and npm are not installed; twitter-api-v2 is not among the peers of this run"
fi

PYTHONDONTWRITEBYTECODE=1 "$dir/venv/bin/python" "$peers" "$binary" ${node[@]+"${node[@]}"}
