#!/usr/bin/env bash
# Starts the demo, waits for its first figures, walks over all pages and takes screenshots.
set -euo pipefail
cd "$(dirname "$0")/.."
target="${CARGO_TARGET_DIR:-target}"
data="$(mktemp -d)"
(cd e2e && npm ci --silent)
"$target/debug/pendopo" --data "$data/center" demo packs/blora --listen 127.0.0.1:8690 --sample-port 8720 &
demo=$!
trap 'kill -TERM $demo 2>/dev/null || true; wait $demo 2>/dev/null || true; rm -rf "$data"' EXIT
for _ in $(seq 1 240); do
  runs=$(curl -fs "http://127.0.0.1:8690/api/v1/runs?limit=1000" | grep -o '"status": *"done"' | wc -l || true)
  [ "${runs:-0}" -ge 12 ] && break
  sleep 1
done
node e2e/shots.mjs http://127.0.0.1:8690 docs/screenshots
