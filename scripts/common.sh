# Words and measures that every script here shares; sourced, never run.
# Knows how to speak, fail, time a step, fingerprint files and ask for a Debian package;
# knows nothing of what is being built. Written for bash 3.2, which macOS still ships.
# shellcheck shell=bash
# shellcheck disable=SC2034 # what is set here is read by the scripts that source this file

project=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
cache=${XDG_CACHE_HOME:-$HOME/.cache}/session-tracker

# Where the built programs are found, whatever target folder a user's own cargo configuration names.
export CARGO_TARGET_DIR=${CARGO_TARGET_DIR:-$project/target}

wasm_pack_version=0.15.0
geckodriver_version=0.36.0
cargo_fuzz_version=0.13.2
cargo_mutants_version=27.1.0
schemathesis_version=4.32.5
schemathesis=$cache/schemathesis-$schemathesis_version/bin/schemathesis

# The command-line tool refuses a module made with any other version of the crate: the lock file names it once for both.
wasm_bindgen_version() { sed -n '/^name = "wasm-bindgen"$/{n;s/^version = "\(.*\)"$/\1/p;}' "$project/Cargo.lock"; }

say() { printf '%s\n' "$*" >&2; }

# One line on stderr that names what is missing and what to do about it.
fail() {
    say "error: $*"
    exit 1
}

have() { command -v "$1" >/dev/null 2>&1; }

need_rust() { have cargo || fail "Rust is missing: install it from https://rustup.rs"; }

# step NAME COMMAND…: names the work, shows every 15 s that it is alive, and prints its time at the end.
# COMMAND is a program rather than a shell function: `set -e` is void inside a tested function.
step_report=()
step() {
    local name=$1 began=$SECONDS status=0 ticker
    shift
    say "== $name"
    # The last sleep outlives the ticker by seconds, so it must not hold a caller's pipe open; and no ticker outlives its script.
    (while sleep 15 >/dev/null 2>&1 && kill -0 $$ 2>/dev/null; do say "   $name: $((SECONDS - began)) s"; done) </dev/null >/dev/null &
    ticker=$!
    "$@" || status=$?
    kill "$ticker" 2>/dev/null || true
    wait "$ticker" 2>/dev/null || true
    local line
    line=$(printf '%6d s  %s' "$((SECONDS - began))" "$name")
    step_report+=("$line")
    if [ "$status" -ne 0 ]; then
        say "== $name: failed after $((SECONDS - began)) s"
        exit "$status"
    fi
    say "== $name: $((SECONDS - began)) s"
}

print_step_report() {
    say ""
    say "steps:"
    printf '%s\n' "${step_report[@]}" >&2
    printf '%6d s  altogether\n' "$SECONDS" >&2
}

# A fingerprint of what the given files and folders contain and are called; git is there in any clone.
fingerprint() {
    local files
    files=$(cd "$project" && find "$@" -type f | LC_ALL=C sort)
    {
        printf '%s\n' "$files"
        printf '%s\n' "$files" | (cd "$project" && git hash-object --stdin-paths)
    } | git hash-object --stdin
}

# cargo_tool CRATE VERSION [FLAG…]: builds a program under its version into the cache that all clones share, once.
cargo_tool() {
    local crate=$1 version=$2 folder="$cache/$1-$2" work
    shift 2
    [ ! -d "$folder/bin" ] || return 0
    say "   building $crate $version, which takes some minutes, once"
    mkdir -p "$cache"
    work=$(mktemp -d "$cache/building-$crate.XXXXXX")
    # shellcheck disable=SC2064 # the folder is fixed at this moment
    trap "rm -rf '$work'" EXIT
    CARGO_TARGET_DIR=$work/target cargo install "$crate" --version "$version" --root "$work/root" "$@" ||
        fail "$crate $version could not be built: see above why cargo refused"
    # The move is what declares it installed: an interrupted build leaves nothing that could be taken for a tool.
    mv "$work/root" "$folder"
    rm -rf "$work"
}

# Installs Debian packages, or says in one line which ones somebody else has to install, and why.
debian_install() {
    local why=$1 as_root=()
    shift
    have apt-get || fail "$why is missing: install it with your system's package manager (on Debian: $*)"
    if [ "$(id -u)" -ne 0 ]; then
        if ! have sudo || { [ ! -t 0 ] && ! sudo -n true 2>/dev/null; }; then
            fail "$why is missing: run as root: apt-get install $*"
        fi
        as_root=(sudo)
    fi
    ${as_root[@]+"${as_root[@]}"} apt-get update -q >&2 || say "warning: the package lists could not be refreshed"
    ${as_root[@]+"${as_root[@]}"} env DEBIAN_FRONTEND=noninteractive \
        apt-get install -q -y --no-install-recommends "$@" >&2 || fail "$why could not be installed: see above why apt-get refused: $*"
}
