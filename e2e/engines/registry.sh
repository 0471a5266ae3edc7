#!/usr/bin/env bash
# Prints the path of the program of a container registry, Debian's package `docker-registry`.
#
# The package is only unpacked: to install it would start a service.
set -euo pipefail

cache=${FLOWC_DEV_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/flowc-dev}
home=$cache/docker-registry
program=$home/usr/bin/docker-registry

die() { printf 'registry.sh: %s\n' "$*" >&2; exit 1; }

mkdir -p "$cache"
exec 9>"$cache/docker-registry.lock"
flock 9
if [ ! -x "$program" ]; then
    command -v docker-registry && exit
    command -v apt-get >/dev/null || die "no docker-registry; install it, then try again"
    download=$(mktemp -d)
    trap 'rm -rf "$download"' EXIT
    (
        cd "$download"
        apt-get download -qq docker-registry || { apt-get update -qq && apt-get download -qq docker-registry; }
    ) >"$download/apt.log" 2>&1 || { tail -n 20 "$download/apt.log" >&2; die "docker-registry was not downloaded"; }
    dpkg-deb -x "$download"/docker-registry_*.deb "$download/unpacked"
    mv "$download/unpacked" "$home"
fi
printf '%s\n' "$program"
