#!/usr/bin/env bash
# Checks Dockerfile and docker-compose.yml without a Docker daemon: a linter reads the one, Docker
# Compose itself the other, and tests/compose starts each of its services by hand, with a built
# binary and private servers in the places of PostgreSQL and Valkey.
set -euo pipefail

[ $# -eq 1 ] || { echo "usage: $0 BINARY" >&2; exit 2; }
binary=$(realpath "$1")
cd "$(dirname "$0")/.."

dir=$(mktemp -d "${TMPDIR:-/tmp}/dualposts-compose.XXXXXX")
trap 'rm -rf "$dir"' EXIT

python3 -m venv "$dir/venv"
"$dir/venv/bin/pip" install --quiet --disable-pip-version-check --requirement tests/compose/requirements.txt

"$dir/venv/bin/hadolint" Dockerfile
echo "hadolint has no complaint about Dockerfile"

PYTHONDONTWRITEBYTECODE=1 scripts/with-services.sh "$dir/venv/bin/python" tests/compose "$binary" "$dir"
