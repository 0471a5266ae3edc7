#!/usr/bin/env bash
# Docker's daemon for the end-to-end tests.
#
#   docker_engine.sh start     leave a daemon that answers alone, else install and start one
#   docker_engine.sh status    say whether one answers; exit status 1 when none does
#   docker_engine.sh stop      stop the daemon that `start` started, and no other
#
# One daemon a machine: a second one in the same network namespace, above all with --bridge=none,
# takes the first one's bridge down.
set -euo pipefail

cache=${FLOWC_DEV_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/flowc-dev}
state=$cache/docker
log=$state/dockerd.log
pid_file=$state/dockerd.pid
socket=/var/run/docker.sock
export DOCKER_HOST=unix://$socket

say() { printf '%s\n' "$*" >&2; }
die() { say "docker_engine.sh: $*"; exit 1; }

answers() { timeout 10 docker version --format '{{.Server.Version}}' >/dev/null 2>&1; }

# The process that `start` started, if it still runs: a pid alone may belong to another by now.
ours() {
    local pid
    pid=$(cat "$pid_file" 2>/dev/null) || return 1
    [ "$(cat "/proc/$pid/comm" 2>/dev/null)" = dockerd ] || return 1
    printf '%s\n' "$pid"
}

install_docker() {
    command -v apt-get >/dev/null || die "no dockerd; install Docker and start it, then try again"
    say "installing docker.io"
    export DEBIAN_FRONTEND=noninteractive
    { apt-get update -qq && apt-get install -y -qq --no-install-recommends docker.io; } \
        >"$state/apt.log" 2>&1 || { tail -n 20 "$state/apt.log" >&2; die "docker.io did not install"; }
}

# The bridge must not be wider than the way out, or downloads inside containers stall.
uplink_mtu() {
    local device
    device=$(awk '$2 == "00000000" {print $1; exit}' /proc/net/route 2>/dev/null) || device=
    cat "/sys/class/net/${device:-none}/mtu" 2>/dev/null || echo 1500
}

start() {
    mkdir -p "$state"
    exec 9>"$state/lock"
    flock 9
    answers && return
    [ "$(id -u)" = 0 ] || die "no daemon answers at $socket and only root can start one"
    command -v dockerd >/dev/null || install_docker
    mountpoint -q /sys/fs/cgroup || mount -t cgroup2 none /sys/fs/cgroup
    # A daemon that was killed leaves its pid file, and the number may be in use again.
    rm -f "$pid_file"
    # No lock, ours or a caller's, must live on in the daemon.
    (
        for descriptor in /proc/self/fd/*; do
            descriptor=${descriptor##*/}
            [ "$descriptor" -le 2 ] || eval "exec $descriptor>&-"
        done
        exec setsid nohup dockerd --host "$DOCKER_HOST" --pidfile "$pid_file" \
            --mtu "$(uplink_mtu)"
    ) >"$log" 2>&1 </dev/null &
    local child=$! _
    for _ in $(seq 150); do
        answers && return
        kill -0 "$child" 2>/dev/null || break
        sleep 0.2
    done
    tail -n 20 "$log" >&2
    kill "$child" 2>/dev/null || true
    die "dockerd did not come up; its log is $log"
}

stop() {
    local pid _
    pid=$(ours) || return 0
    kill "$pid"
    for _ in $(seq 100); do
        ours >/dev/null || return 0
        sleep 0.2
    done
    kill -KILL "$pid" 2>/dev/null || true
    rm -f "$pid_file"
}

case ${1:-} in
    start) start ;;
    status) answers ;;
    stop) stop ;;
    *) die "say start, status or stop" ;;
esac
