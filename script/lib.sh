# Shared by the scripts beside it; sourced, never run.
# shellcheck shell=bash

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
tools=$root/.tools

# Ctrl-C ends the script, also where the program that it waits for makes an ordinary end of it.
trap 'exit 130' INT TERM

say() { printf '%s\n' "==> $*" >&2; }
die() {
  printf '%s\n' "$0: $*" >&2
  exit 1
}

# apt_install WHY PACKAGE...: installs Debian packages, or says which ones are missing and what for.
apt_install() {
  local why=$1 become=()
  shift
  command -v apt-get >/dev/null || die "$why needs $*: install it with this system's package manager, then run this again"
  if [[ $(id -u) -ne 0 ]]; then
    command -v sudo >/dev/null || die "$why needs $*: as root, run 'apt-get install $*', then run this again"
    become=(sudo)
  fi
  say "Installing $* for $why"
  local apt=("${become[@]}" env DEBIAN_FRONTEND=noninteractive timeout --foreground 600 apt-get -qq -o DPkg::Lock::Timeout=120 -o Dpkg::Use-Pty=0)
  { "${apt[@]}" update && "${apt[@]}" install -y --no-install-recommends "$@"; } >/dev/null ||
    die "apt could not install $*: see its messages above"
}

# export_headers PYTHON: lets C extensions find its headers.
export_headers() {
  local include
  include=$("$1" -c 'import sysconfig; print(sysconfig.get_path("include"))')
  # Debian's pyconfig.h asks for a file relative to the folder above. The compiler knows /usr/include
  # by itself, and would confuse C++ headers if told again.
  [[ $include == /usr/include/* ]] || export CPATH=$include:$(dirname "$include")${CPATH:+:$CPATH}
}

# need_node WHY: Node.js and npm, new enough for what is written for them.
need_node() {
  command -v npm >/dev/null || apt_install "$1" nodejs npm
  [[ $(node --version) =~ ^v([0-9]+) && ${BASH_REMATCH[1]} -ge 20 ]] ||
    die "$1 needs Node.js 20 or newer, here is $(node --version): install it, then run this again"
}
