#!/usr/bin/env bash
# Fetches the interface's third-party files (the font) at the versions of package-lock.json and copies
# what the program embeds to crates/server/assets/vendor. Nothing is fetched while the program runs.
set -euo pipefail
cd "$(dirname "$0")/.."
source=crates/server/web-assets
target=crates/server/assets/vendor

command -v npm >/dev/null || {
  echo "npm is missing. On Debian: sudo apt-get install -y npm" >&2
  exit 1
}
(cd "$source" && npm ci --silent --no-audit --no-fund --ignore-scripts)
mkdir -p "$target"
font="$source/node_modules/@fontsource-variable/plus-jakarta-sans"
cp "$font/files/plus-jakarta-sans-latin-wght-normal.woff2" "$target/plus-jakarta-sans.woff2"
cp "$font/LICENSE" "$target/plus-jakarta-sans.LICENSE"
touch "$target/.done"
