#!/bin/sh
# usage: tools/venv.sh uv|run|dev
# Make .venv hold what the lock names, plus this project (editable). Does nothing when that is so already.
#   uv   only the environment and the installer, enough to write new locks
#   run  what requirements.lock names
#   dev  what requirements-dev.lock names; an environment that is dev stays dev
# PYTHON=... chooses the interpreter.
set -eu
cd "$(dirname "$0")/.."
venv=.venv mode=$1

say() { echo "set-up: $*"; }
fail() { echo "set-up: $*" >&2; exit 1; }
sum() { cat "$@" | cksum | tr ' ' '-'; }
suits() { command -v "$1" >/dev/null 2>&1 && "$1" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; }

py=
for candidate in ${PYTHON:-python3 python3.14 python3.13 python3.12 python3.11}; do
  if suits "$candidate"; then py=$candidate; break; fi
done
[ -n "$py" ] || fail "Python 3.11 or newer is needed (Debian: apt-get install python3; macOS: brew install python)"

# What the environment was made for, and what was put in. Both files live inside it and die with it.
version=$("$py" -c 'import sys; print("%d.%d" % sys.version_info[:2])')
made="python$version $(sum tools/uv.lock.txt) $PWD"
case $mode in
  uv) lock= ;;
  run) if [ -e "$venv/.dev" ]; then lock=requirements-dev.lock; else lock=requirements.lock; fi ;;
  dev) lock=requirements-dev.lock ;;
  *) fail "usage: tools/venv.sh uv|run|dev" ;;
esac

make_venv() { "$py" -m venv --clear "$venv" >/dev/null 2>&1; }

if [ "$(cat "$venv/.made" 2>/dev/null)" != "$made" ] || ! "$venv/bin/python" -c '' 2>/dev/null; then
  say "making $venv with Python $version"
  if ! make_venv; then
    # Debian and Ubuntu ship python3 without ensurepip.
    command -v apt-get >/dev/null 2>&1 || fail "$py cannot make a virtual environment: it has no venv or ensurepip"
    sudo=
    if [ "$(id -u)" != 0 ]; then
      command -v sudo >/dev/null 2>&1 || fail "the package python3-venv is missing; as root: apt-get install python3-venv"
      sudo=sudo
    fi
    say "installing python3-venv with apt-get"
    $sudo apt-get update -qq
    $sudo env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends python3-venv >/dev/null 2>&1 ||
      fail "apt-get install python3-venv failed"
    make_venv || fail "$py cannot make a virtual environment"
  fi
  "$venv/bin/python" -m pip install --quiet --disable-pip-version-check --no-input \
    --require-hashes --requirement tools/uv.lock.txt
  echo "$made" >"$venv/.made"
fi

[ -n "$lock" ] || exit 0
ready=$(sum "$lock" pyproject.toml src/outreach/__init__.py tools/venv.sh)
[ "$(cat "$venv/.ready" 2>/dev/null)" != "$ready" ] || exit 0

say "installing what $lock names"
rm -f "$venv/.ready"
export VIRTUAL_ENV="$PWD/$venv"
# sync also takes out what is no longer in the lock (and the project, which comes back in the next line).
"$venv/bin/uv" pip sync --quiet --require-hashes "$lock"
"$venv/bin/uv" pip install --quiet --no-deps --no-build-isolation --editable .
if [ "$lock" = requirements-dev.lock ]; then touch "$venv/.dev"; fi
echo "$ready" >"$venv/.ready"
