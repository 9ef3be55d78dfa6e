# Where PostgreSQL's programs are; sourced, never run. PG_BIN overrides the search.
# shellcheck shell=bash
# shellcheck disable=SC2034 # read by the scripts that source this file

# Views that run with their reader's rights came with this version.
oldest_postgres=15

# Sets postgres_bin to the folder of initdb and pg_ctl: distributions keep them off the PATH, for users need neither.
find_postgres() {
    local folder
    for folder in "${PG_BIN-}" /usr/lib/postgresql/*/bin /opt/homebrew/opt/postgresql@*/bin /usr/local/opt/postgresql@*/bin /usr/pgsql-*/bin \
        "$(dirname "$(command -v initdb || printf /nowhere/initdb)")"; do
        if [ -x "$folder/initdb" ] && [ -x "$folder/pg_ctl" ] && [ "$(postgres_version "$folder")" -ge "$oldest_postgres" ]; then
            postgres_bin=$folder
            return 0
        fi
    done
    return 1
}

fail_without_postgres() {
    fail "PostgreSQL $oldest_postgres or newer is missing: install it with your system's package manager (on Debian: postgresql), or name the folder of initdb in PG_BIN"
}

postgres_version() { "$1/initdb" --version | sed 's/[^0-9]*\([0-9]*\).*/\1/'; }

# Whether the extension that checks functions is installed beside the programs that were found.
has_function_checker() { [ -e "$("$postgres_bin/pg_config" --sharedir)/extension/plpgsql_check.control" ]; }
