#!/usr/bin/env bash
# The container image that the end-to-end tests run steps in: Debian's python3.11 with pip, a
# shell and coreutils, as much like the official python image as matters here.
#
#   base_image.sh [TAG]        make sure that TAG (flowc-python:3.11) exists
#
# Made from .deb files, because a machine without an image registry is the rule in our CI. The
# result is kept as a tarball in the cache, under the digest of this file.
set -euo pipefail

tag=${1:-flowc-python:3.11}
cache=${FLOWC_DEV_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/flowc-dev}
export DOCKER_HOST=unix:///var/run/docker.sock

packages=(
    base-files bash ca-certificates coreutils dash grep media-types openssl sed tzdata
    python3.11 python3.11-minimal libpython3.11-minimal libpython3.11-stdlib
    python3-distutils python3-lib2to3 python3-pip python3-pkg-resources python3-setuptools
    python3-wheel
    gcc-12-base libacl1 libattr1 libbz2-1.0 libc6 libcom-err2 libcrypt1 libdb5.3 libexpat1
    libffi8 libgcc-s1 libgmp10 libgssapi-krb5-2 libk5crypto3 libkeyutils1 libkrb5-3
    libkrb5support0 liblzma5 libncursesw6 libnsl2 libpcre2-8-0 libreadline8 libselinux1
    libsqlite3-0 libssl3 libstdc++6 libtinfo6 libtirpc3 libuuid1 zlib1g
)

say() { printf '%s\n' "$*" >&2; }
die() { say "base_image.sh: $*"; exit 1; }

recipe=$(sha256sum "${BASH_SOURCE[0]}" | cut -c1-16)
tarball=$cache/images/python-$recipe.tar.gz

present() {
    [ "$(docker image inspect --format '{{index .Config.Labels "flowc.recipe"}}' "$tag" \
        2>/dev/null)" = "$recipe" ]
}

download() {
    if ! command -v apt-get >/dev/null || ! command -v dpkg-deb >/dev/null; then
        die "this needs Debian's tools; or set FLOWC_E2E_IMAGE to an image with Python 3.10 or newer"
    fi
    # A fresh machine has no package lists, and old ones may name packages that are gone.
    (cd "$1" && apt-get download -qq "${packages[@]}" >apt.log 2>&1) || {
        apt-get update -qq
        (cd "$1" && apt-get download -qq "${packages[@]}" >apt.log 2>&1) || {
            cat "$1/apt.log" >&2
            die "the packages could not be downloaded"
        }
    }
}

unpack() {
    local debs=$1 root=$2 directory deb
    # Debian's merged /usr: the links come first, so that /bin/sh lands in /usr/bin.
    mkdir -p "$root"/usr/{bin,sbin,lib,lib64} "$root"/{dev,etc,proc,root,run,sys,tmp,var/tmp}
    for directory in bin sbin lib lib64; do ln -s "usr/$directory" "$root/$directory"; done
    for deb in "$debs"/*.deb; do
        dpkg-deb --fsys-tarfile "$deb" | tar -C "$root" -x --keep-directory-symlink \
            --exclude=./usr/share/doc --exclude=./usr/share/man --exclude=./usr/share/locale
    done
}

# What the packages' install scripts would have done, as far as a step can see it.
configure() {
    local root=$1
    ln -sf python3.11 "$root/usr/bin/python3"
    ln -sf python3 "$root/usr/bin/python"
    ln -sf dash "$root/usr/bin/sh"
    # pip installs into this image as it does into the official one.
    rm -f "$root/usr/lib/python3.11/EXTERNALLY-MANAGED"
    # The machine's own certificates, so that pip in a build trusts what pip outside trusts.
    mkdir -p "$root/etc/ssl/certs"
    if [ -s /etc/ssl/certs/ca-certificates.crt ]; then
        cp -L /etc/ssl/certs/ca-certificates.crt "$root/etc/ssl/certs/ca-certificates.crt"
    else
        cat "$root"/usr/share/ca-certificates/*/*.crt >"$root/etc/ssl/certs/ca-certificates.crt"
    fi
    printf 'root:x:0:0:root:/root:/bin/sh\nnobody:x:65534:65534:nobody:/:/bin/false\n' \
        >"$root/etc/passwd"
    printf 'root:x:0:\nnogroup:x:65534:\n' >"$root/etc/group"
    printf 'hosts: files dns\npasswd: files\ngroup: files\n' >"$root/etc/nsswitch.conf"
    chmod 1777 "$root/tmp" "$root/var/tmp"
    # Only root may change the root folder. Both lines save time and add nothing else: what an
    # unpacked python lacks is its bytecode, which every new container would compile again.
    if [ "$(id -u)" = 0 ]; then
        ldconfig -r "$root"
        chroot "$root" /usr/bin/python3 -m compileall -q /usr/lib/python3.11 /usr/lib/python3 \
            >/dev/null 2>&1 || true
    fi
}

build() {
    local work
    say "making the base image from Debian's packages"
    work=$(mktemp -d)
    # shellcheck disable=SC2064  # the folder's name is fixed now
    trap "rm -rf '$work'" EXIT
    mkdir "$work/debs" "$work/root"
    download "$work/debs"
    unpack "$work/debs" "$work/root"
    configure "$work/root"
    tar -C "$work/root" --numeric-owner --owner=0 --group=0 -c . | docker import \
        --change 'ENV PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin' \
        --change 'CMD ["python3"]' --change "LABEL flowc.recipe=$recipe" - "$tag" >/dev/null
    mkdir -p "$(dirname "$tarball")"
    docker save "$tag" | gzip -1 >"$tarball.$$"
    mv "$tarball.$$" "$tarball"
}

load() {
    local name
    # A tarball carries the tag it was saved under.
    name=$(gzip -dc "$tarball" | docker load --quiet | sed -n 's/^Loaded image: //p')
    [ "$name" = "$tag" ] || docker tag "$name" "$tag"
}

mkdir -p "$cache/images"
exec 9>"$cache/images/lock"
flock 9
present && exit 0
[ ! -s "$tarball" ] || load
present || build
