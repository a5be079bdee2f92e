#!/usr/bin/env bash
# Runs Schemathesis against a built binary: it reads /openapi.json, makes requests that the document
# allows and requests that it forbids, follows what one answer gives to the next request, and compares
# every answer with the document. It is installed in the version that tests/schemathesis pins, into a
# temporary folder that is removed afterwards; so is everything that the product keeps.
#
#   scripts/schemathesis.sh BINARY [ARGUMENTS OF `schemathesis run`...]
#
# SCHEMATHESIS_VENV=DIR: take it from there, and install nothing.
# SCHEMATHESIS_FILTERED=FILE: keep there what was filtered, to be read: one case a line, with its body.
#
# How to read its findings:
#   ST202 "Schema-valid request rejected": the document allows what the product refuses. Say the limit in
#         the schema (`#[schema(max_length = ..)]`, `pattern`, an enum), or, if no schema can say it (it
#         hangs on other fields, on what is stored, on a platform), add the code of the violation with
#         where it is right and why to RULES in tests/schemathesis/rules.py.
#   ST201 "Schema-violating request accepted": the document forbids what the product takes. One of them
#         is wrong; usually the product, which should refuse it.
#   "Undocumented HTTP status code", "... Content-Type", "Response violates schema": the handler answers
#         what its `responses(...)` do not say.
#   "Unsupported method", "use after free", "resource not available", "ignored auth": the product is wrong.
#   "names_what_is_wrong": the document forbids what the answer does not name among its violations, so it
#         was refused for something else only, or is not looked at.
#   "rules that explained nothing": take away what is dead; a rule that is rare needs another `--seed`.
#   "routes that answered nothing but problems": no good answer of theirs was compared with the document.
# Each finding ends with a curl line that repeats it; the seed is fixed, so the run does, too.
set -euo pipefail

[ $# -ge 1 ] || { echo "usage: $0 BINARY [ARGUMENTS OF schemathesis run...]" >&2; exit 2; }
binary=$(realpath "$1")
shift
here=$(realpath "$(dirname "$0")/../tests/schemathesis")

dir=$(mktemp -d "${TMPDIR:-/tmp}/dualposts-schemathesis.XXXXXX")
product=""
stop() {
    trap - EXIT INT TERM
    if [ -n "$product" ]; then kill "$product" 2> /dev/null || true; wait "$product" 2> /dev/null || true; fi
    rm -rf "$dir"
}
trap stop EXIT
trap 'exit 130' INT TERM

venv=${SCHEMATHESIS_VENV:-$dir/venv}
if [ -z "${SCHEMATHESIS_VENV:-}" ]; then
    python3 -m venv "$venv"
    "$venv/bin/pip" install --quiet --disable-pip-version-check --requirement "$here/requirements.txt"
fi

# A key of this run alone.
key="dp_schemath_$(head -c 48 /dev/urandom | base64 | tr -dc 'A-Za-z0-9' | head -c 40)"
: > "$dir/printed"
env -i PATH="$PATH" DUALPOSTS_DATA_DIR="$dir/data" DUALPOSTS_BOOTSTRAP_API_KEY="$key" \
    DUALPOSTS_LISTEN=127.0.0.1:0 DUALPOSTS_SIMULATOR_LISTEN=127.0.0.1:0 DUALPOSTS_DEMO_ACCOUNTS=2 \
    DUALPOSTS_LIMITS=off DUALPOSTS_API_RATE=off DUALPOSTS_API_RATE_IP=off DUALPOSTS_LOG=json,warn \
    "$binary" up > "$dir/printed" 2> "$dir/log" &
product=$!
for _ in $(seq 300); do
    address=$(sed -n 's|.*\(http://127\.0\.0\.1:[0-9]*\)/v1 .*|\1|p' "$dir/printed" | head -n 1)
    if [ -n "$address" ]; then break; fi
    kill -0 "$product" 2> /dev/null || { cat "$dir/log" >&2; exit 1; }
    sleep 0.1
done
[ -n "${address:-}" ] || { echo "the product did not start" >&2; cat "$dir/log" >&2; exit 1; }

filtered=$dir/filtered
if [ -n "${SCHEMATHESIS_FILTERED:-}" ]; then filtered=$(realpath "$SCHEMATHESIS_FILTERED"); fi
: > "$filtered"

cd "$dir"
status=0
DUALPOSTS_KEY=$key DUALPOSTS_URL=$address DUALPOSTS_FILTERED=$filtered \
    SCHEMATHESIS_HOOKS="$here/hooks.py" PYTHONPATH="$here" PYTHONDONTWRITEBYTECODE=1 \
    "$venv/bin/schemathesis" --config-file "$here/schemathesis.toml" run "$address/openapi.json" \
    --header "Authorization: Bearer $key" --header "Origin: $address" "$@" || status=$?
if ! kill -0 "$product" 2> /dev/null; then
    echo "the product has died" >&2
    status=1
fi
PYTHONDONTWRITEBYTECODE=1 "$venv/bin/python" "$here/rules.py" "$filtered" || status=1
if [ "$status" != 0 ]; then
    grep -a panicked "$dir/log" >&2 || true
fi
exit "$status"
