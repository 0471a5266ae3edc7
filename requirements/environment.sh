#!/usr/bin/env bash
# Makes virtual environments from the locks in this folder.
#
#   environment.sh uv             print the path of uv, installing it when needed
#   environment.sh dev  DIR       DIR holds dev.txt and an editable flowc
#   environment.sh demo DIR       DIR holds demo.txt and an editable flowc
#   environment.sh engine NAME    print the python of the cached environment of NAME.txt
#   environment.sh lock [NAME…]   resolve the locks again
#
# What can be made again lies outside the checkout, in
# ${FLOWC_DEV_CACHE:-${XDG_CACHE_HOME:-~/.cache}/flowc-dev}, so that several checkouts share it.
set -euo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
root=$(dirname "$here")
cache=${FLOWC_DEV_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/flowc-dev}

say() { printf '%s\n' "$*" >&2; }
die() { say "environment.sh: $*"; exit 2; }

# A shim of a version switcher can be on PATH without a Python behind it: ask, do not look.
find_python() {
    local candidate
    for candidate in ${PYTHON:-} python3.11 python3 python3.12 python3.13 python3.10; do
        if "$candidate" -c 'import sys, ensurepip; sys.exit(sys.version_info < (3, 10))' \
            >/dev/null 2>&1; then
            # Of an activated environment the Python that it was made from.
            "$candidate" -c 'import sys; print(getattr(sys, "_base_executable", sys.executable))'
            return
        fi
    done
    die "no Python 3.10 or newer with venv on PATH (Debian: apt-get install python3-venv)"
}

digest() { cat "$@" | git hash-object --stdin | cut -c1-16; }

# Two commands at once must not install into one folder. Held until this process ends.
lock_out_others() {
    mkdir -p "$cache"
    exec 9>"$cache/$1.lock"
    if command -v flock >/dev/null; then flock 9; fi
}

# uv does not read pip's configuration. Whoever pointed pip at a mirror means uv as well; uv's own
# variables win. Extra indexes are left out: uv would prefer their versions to the locked ones.
adopt_pip_settings() {
    local python=$1 settings name value
    settings=$("$python" -m pip config list 2>/dev/null) || settings=
    # Later lines win, as they do for pip: files first, then the environment.
    while IFS='=' read -r name value; do
        value=${value#\'} value=${value%\'}
        case $name in
            global.index-url | :env:.index-url)
                index_url=$value ;;
            global.find-links | :env:.find-links)
                find_links=$value ;;
            global.no-index | :env:.no-index)
                no_index=$value ;;
        esac
    done < <(sort -r <<<"$settings")
    if [ -z "${UV_DEFAULT_INDEX:-}${UV_INDEX_URL:-}" ] && [ -n "${index_url:-}" ]; then
        export UV_DEFAULT_INDEX=$index_url
    fi
    if [ -z "${UV_FIND_LINKS:-}" ] && [ -n "${find_links:-}" ]; then
        # pip separates by blanks, uv by commas.
        export UV_FIND_LINKS=${find_links// /,}
    fi
    if [ -z "${UV_NO_INDEX:-}" ]; then
        case ${no_index:-} in
            1 | true | True | yes | on) export UV_NO_INDEX=1 ;;
        esac
    fi
}

# Sets $python and $uv.
prepare() {
    local home temporary
    python=$(find_python)
    home=$cache/uv-$(digest "$here/uv.txt")
    uv=$home/bin/uv
    if [ ! -x "$uv" ]; then
        say "installing uv"
        mkdir -p "$cache"
        temporary=$(mktemp -d "$cache/new.XXXXXX")
        "$python" -m venv "$temporary"
        "$temporary/bin/python" -m pip install -qq --disable-pip-version-check \
            --require-hashes --only-binary :all: -r "$here/uv.txt"
        publish "$temporary" "$home"
    fi
    adopt_pip_settings "$python"
    # Beside the environments, so that an installed file is a link into it.
    export UV_CACHE_DIR=${UV_CACHE_DIR:-$cache/uv-cache} UV_PYTHON_DOWNLOADS=never
}

# Renames a finished folder into place; whoever comes second keeps the first one's.
publish() {
    if [ -e "$2" ]; then rm -rf "$1"; else mv "$1" "$2"; fi
}

install_lock() {
    local name=$1 interpreter=$2
    shift 2
    "$uv" pip sync --quiet --require-hashes --python "$interpreter" "$@" "$here/$name.txt"
}

checkout_environment() {
    local name=$1 directory=$2 stamp
    stamp=$(digest "$here/$name.txt" "$root/pyproject.toml")
    is_current() {
        [ -x "$directory/bin/flowc" ] && [ "$(cat "$directory/.stamp" 2>/dev/null)" = "$stamp" ]
    }
    ! is_current || return 0
    lock_out_others checkout
    ! is_current || return 0
    prepare
    say "making $(basename "$directory") from requirements/$name.txt"
    [ -x "$directory/bin/python" ] || "$uv" venv --quiet --python "$python" "$directory"
    install_lock "$name" "$directory/bin/python"
    "$uv" pip install --quiet --python "$directory/bin/python" --no-deps --no-build-isolation \
        --editable "$root"
    printf '%s\n' "$stamp" >"$directory/.stamp"
}

engine_environment() {
    local name=$1 home temporary
    [ -f "$here/$name.txt" ] || die "there is no lock $name.txt"
    python=$(find_python)
    home=$cache/engines/$name-$(digest "$here/$name.txt" "$python")
    [ -x "$home/bin/python" ] || lock_out_others "engine-$name"
    if [ ! -x "$home/bin/python" ]; then
        prepare
        say "installing the engine environment $name"
        mkdir -p "$cache/engines"
        temporary=$(mktemp -d "$cache/engines/new.XXXXXX")
        # Programs in bin/ carry the path of their Python, and this folder will be renamed:
        # --relocatable makes them look beside themselves.
        "$uv" venv --quiet --relocatable --allow-existing --python "$python" "$temporary"
        # Several processes of an engine start at once: each would compile the same modules.
        install_lock "$name" "$temporary/bin/python" --compile-bytecode
        publish "$temporary" "$home"
    fi
    printf '%s\n' "$home/bin/python"
}

resolve() {
    local name=$1
    shift
    say "resolving requirements/$name.txt"
    (
        cd "$root"
        "$uv" pip compile --quiet --universal --generate-hashes --no-emit-index-url --upgrade \
            --no-emit-find-links --custom-compile-command 'make lock' \
            --output-file "requirements/$name.txt" "$@"
    )
}

# One resolution of the libraries that steps import: the container image of the example and the
# demo follow dev, so that all of them compute the same bytes.
resolve_one() {
    case $1 in
        uv) resolve uv --python-version 3.10 requirements/uv.in ;;
        dev) resolve dev --python-version 3.10 pyproject.toml requirements/dev.in ;;
        demo) resolve demo --python-version 3.10 -c requirements/dev.txt pyproject.toml requirements/demo.in ;;
        digits-image) resolve digits-image --python-version 3.10 -c requirements/dev.txt requirements/digits-image.in ;;
        docker | kubeflow | kubeflow-2.14 | airflow3 | airflow2 | prefect | prefect-3.4)
            resolve "$1" --python-version 3.11 "requirements/$1.in" ;;
        *) die "unknown lock $1" ;;
    esac
}

lock() {
    prepare
    [ $# -gt 0 ] || set -- uv dev demo digits-image docker kubeflow kubeflow-2.14 airflow3 airflow2 \
        prefect prefect-3.4
    local name
    for name; do resolve_one "$name"; done
    if grep -nE 'https?://|file://|(^|[ =])/' "$here"/*.txt >&2; then
        die "a lock names a host or a path of this machine"
    fi
}

[ $# -gt 0 ] || die "no command; see the head of this file"
command=$1
shift
case $command in
    uv) prepare && printf '%s\n' "$uv" ;;
    dev | demo) checkout_environment "$command" "$1" ;;
    engine) engine_environment "$1" ;;
    lock) lock "$@" ;;
    *) die "unknown command $command" ;;
esac
