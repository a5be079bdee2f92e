#!/usr/bin/env bash
# Runs tests/receivers: receivers of webhooks that verify them with the public libraries of the
# Standard Webhooks specification, against a built binary. The libraries are installed in the versions
# that tests/receivers pins, into a temporary folder that is removed afterwards, by pip and, where
# there is node, by npm.
set -euo pipefail

[ $# -eq 1 ] || { echo "usage: $0 BINARY" >&2; exit 2; }
binary=$1
receivers=$(dirname "$0")/../tests/receivers

dir=$(mktemp -d "${TMPDIR:-/tmp}/dualposts-receivers.XXXXXX")
trap 'rm -rf "$dir"' EXIT

python3 -m venv "$dir/venv"
"$dir/venv/bin/pip" install --quiet --disable-pip-version-check --requirement "$receivers/requirements.txt"

node=()
if command -v node > /dev/null && command -v npm > /dev/null; then
    cp -r "$receivers/node" "$dir/node"
    (cd "$dir/node" && npm ci --silent --no-audit --no-fund > /dev/null)
    node=(--node "$dir/node")
else
    echo "node and npm are not installed; the library for JavaScript is not among the receivers of this run"
fi

PYTHONDONTWRITEBYTECODE=1 "$dir/venv/bin/python" "$receivers" "$binary" ${node[@]+"${node[@]}"}
