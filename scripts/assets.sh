#!/usr/bin/env bash
# Fetches the interface's third-party files (fonts) at the versions of package-lock.json and copies what the
# program embeds: for pages to crates/server/assets/vendor, for paper to crates/paper/fonts. Nothing is fetched
# while the program runs.
set -euo pipefail
cd "$(dirname "$0")/.."
source=crates/server/web-assets
target=crates/server/assets/vendor
paper=crates/paper/fonts

command -v npm >/dev/null || {
  echo "npm is missing. On Debian: sudo apt-get install -y npm" >&2
  exit 1
}
(cd "$source" && npm ci --silent --no-audit --no-fund --ignore-scripts)
mkdir -p "$target"
font="$source/node_modules/@fontsource-variable/plus-jakarta-sans"
cp "$font/files/plus-jakarta-sans-latin-wght-normal.woff2" "$target/plus-jakarta-sans.woff2"
cp "$font/LICENSE" "$target/plus-jakarta-sans.LICENSE"

# Printed pages need whole fonts, not parts made for the web; the second one has the letters that the first lacks.
mkdir -p "$paper"
font="$source/node_modules/@expo-google-fonts/plus-jakarta-sans"
cp "$font/400Regular/PlusJakartaSans_400Regular.ttf" "$paper/plus-jakarta-sans-400.ttf"
cp "$font/600SemiBold/PlusJakartaSans_600SemiBold.ttf" "$paper/plus-jakarta-sans-600.ttf"
cp "$source/node_modules/@fontsource-variable/plus-jakarta-sans/LICENSE" "$paper/plus-jakarta-sans.LICENSE"
font="$source/node_modules/dejavu-fonts-ttf"
cp "$font/ttf/DejaVuSans.ttf" "$paper/dejavu-sans.ttf"
cp "$font/LICENSE" "$paper/dejavu-sans.LICENSE"
touch "$target/.done"
