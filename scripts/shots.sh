#!/usr/bin/env bash
# Starts the demo, waits for its first figures, walks over all pages and takes screenshots.
set -euo pipefail
cd "$(dirname "$0")/.."
target="${CARGO_TARGET_DIR:-target}"
data="$(mktemp -d)"
(cd e2e && npm ci --silent)
base=http://localhost:8690
# A provider of identities; it ends with its input.
coproc PROVIDER { cd e2e && exec node provider.mjs "$base/masuk/sso/kembali" 2>/dev/null; }
provider=$PROVIDER_PID
read -r PENDOPO__SSO__ISSUER <&"${PROVIDER[0]}"
export PENDOPO__SSO__ISSUER PENDOPO__SSO__CLIENT_ID=pendopo PENDOPO__SSO__NAME="Akun Daerah"
export PENDOPO__SSO__ALLOW_NETWORKS=127.0.0.1/32 PENDOPO__SERVER__PUBLIC_URL="$base" PENDOPO_SECRET_SSO=rahasia-pendopo
"$target/debug/pendopo" --data "$data/center" demo packs/blora --listen 127.0.0.1:8690 --sample-port 8720 2> >(tee "$data/said" >&2) &
demo=$!
trap 'kill -TERM $demo $provider 2>/dev/null || true; wait $demo 2>/dev/null || true; rm -rf "$data"' EXIT
for _ in $(seq 1 120); do
  grep -q pengawas "$data/said" && break
  sleep 1
done
# The demo prints an account of each role with its password.
PENDOPO_ACCOUNTS="$(sed -nE 's/^    ([a-z]+) +([a-z0-9]+(-[a-z0-9]+)+) .*/\1=\2/p' "$data/said" | tr '\n' ' ')"
export PENDOPO_ACCOUNTS
for _ in $(seq 1 240); do
  runs=$("$target/debug/pendopo" --data "$data/center" query "select count(*) from run where status = 'done'" --format csv | tail -1)
  [ "${runs:-0}" -ge 12 ] && break
  sleep 1
done
node e2e/shots.mjs "$base" docs/screenshots "$@"
# A third of the bytes, and nobody sees it.
pngquant --force --ext .png --skip-if-larger --speed 5 256 docs/screenshots/*.png
