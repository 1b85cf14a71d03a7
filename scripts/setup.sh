#!/usr/bin/env bash
# Installs what a fresh Debian 12 with Rust lacks for a task: `scripts/setup.sh build|demo|test|bench|attack|shots`.
# Does nothing for what is there already, so it is cheap to run every time. Debian's Node and npm fetch the packages of
# e2e/, among them the newer Node that the Makefile puts first.
set -euo pipefail
cd "$(dirname "$0")/.."

task="${1:-build}"
packages=()
need() { # need COMMAND PACKAGE: asks for PACKAGE when COMMAND is not found
  command -v "$1" >/dev/null 2>&1 || [ -n "$(ls /usr/lib/postgresql/*/bin/"$1" 2>/dev/null)" ] || [ -x "/usr/sbin/$1" ] || packages+=("$2")
}

need cc build-essential
need mold mold
need node nodejs
need npm npm
case "$task" in
  demo) need mariadbd mariadb-server ;;
  test | bench | shots)
    need mariadbd mariadb-server
    need initdb postgresql
    ;;
esac
case "$task" in
  test | attack | shots | bench) need chromium chromium ;;
esac
# Screenshots are kept small.
case "$task" in
  shots) need pngquant pngquant ;;
esac
# PDFs are read back.
case "$task" in
  test | bench | attack) need pdftotext poppler-utils ;;
esac
# Fields of dates are drawn in the browser's own language.
[ "$task" != shots ] || [ -e /usr/lib/chromium/locales/id.pak ] || packages+=(chromium-l10n)
case "$task" in
  bench)
    need python3 python3
    need wrk wrk
    ;;
  attack)
    need python3 python3
    python3 -c 'import ensurepip' 2>/dev/null || packages+=(python3-venv)
    need soffice libreoffice-calc
    ;;
esac

if [ "${#packages[@]}" -gt 0 ]; then
  echo "installing: ${packages[*]}"
  sudo=""
  [ "$(id -u)" -eq 0 ] || sudo="sudo"
  $sudo apt-get update -qq
  DEBIAN_FRONTEND=noninteractive $sudo apt-get install -y -qq --no-install-recommends "${packages[@]}" >/dev/null
fi

if [[ "$task" == @(test|attack) ]] && ! cargo nextest --version >/dev/null 2>&1; then
  echo "installing: cargo-nextest"
  cargo install --locked --quiet cargo-nextest
fi

# Node, the driver of the browser, and the provider of identities that the tests sign in at.
if [[ "$task" == @(test|attack) ]] && [ ! e2e/node_modules/.package-lock.json -nt e2e/package-lock.json ]; then
  echo "installing: packages of e2e/"
  (cd e2e && npm ci --silent --no-audit --no-fund)
fi
