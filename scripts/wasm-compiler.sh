# Which compiler builds for wasm32, and with which standard library; sourced, never run.
# Two compilers will do: the user's own where it has the target, else Debian's web packages, whose
# standard library comes as source and is built into the cache. Nothing outside the cache is written.
# shellcheck shell=bash
# shellcheck disable=SC2034,SC2154 # common.sh is sourced before; what is set here is read by whoever sources this

wasm_target=wasm32-unknown-unknown

# The standard library rebuilt for size has no unwinding, no panic text and no source positions.
# Inlining before LLVM sees the code, which a build for size leaves out, makes it 3 % smaller.
# What links against it is compiled with the same flags, or the panic strategies would clash.
small_flags=(-Zunstable-options -Cpanic=immediate-abort -Zlocation-detail=none -Zinline-mir=yes)

# Sets wasm_rustc, wasm_cargo, wasm_path (to be put before PATH), wasm_linker (empty: the compiler's own)
# and wasm_has_std (whether the compiler carries a standard library for the target).
find_wasm_compiler() {
    if have rustc && have_std "$(rustc --print target-libdir --target "$wasm_target")"; then
        wasm_rustc=rustc wasm_cargo=cargo wasm_path='' wasm_linker='' wasm_has_std=yes
    elif [ -x /usr/bin/rustc ] && [ -x /usr/bin/cargo ] && have wasm-ld-22 && have_source /usr/bin/rustc; then
        wasm_rustc=/usr/bin/rustc wasm_cargo=/usr/bin/cargo wasm_path=$cache/debian-rust wasm_linker=wasm-ld-22 wasm_has_std=no
    else
        return 1
    fi
}

have_std() { compgen -G "$1/libcore-*.rlib" >/dev/null; }

have_source() { [ -f "$("$1" --print sysroot)/lib/rustlib/src/rust/library/Cargo.lock" ]; }

# The folder of the standard library built here, KIND being stock or small. Its name holds the compiler
# and the recipe, so that a new compiler never meets an old library.
std_folder() {
    local recipe
    recipe=$({ "$wasm_rustc" -vV; printf '%s\n' "${small_flags[@]}"; cat "$project/scripts/build-std"; } | git hash-object --stdin)
    printf '%s/std-%s-%s-%s\n' "$cache" "$("$wasm_rustc" -V | cut -d' ' -f2)" "${recipe:0:12}" "$1"
}

# Whether the package can be, and is, built with the standard library of KIND.
std_is_ready() {
    if [ "$1" = stock ] && [ "$wasm_has_std" = yes ]; then return 0; fi
    have_std "$(std_folder "$1")/lib/rustlib/$wasm_target/lib"
}
