# Where Chromium and its driver are; sourced, never run. CHROMIUM and CHROMEDRIVER override the search.
# shellcheck shell=bash
# shellcheck disable=SC2034 # read by the scripts that source this file

first_program() {
    local candidate
    for candidate in "$@"; do
        if [ -n "$candidate" ] && have "$candidate"; then
            command -v "$candidate"
            return 0
        fi
    done
    return 1
}

find_browser() {
    chromium=$(first_program "${CHROMIUM-}" chromium chromium-browser google-chrome-stable google-chrome \
        '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome' /Applications/Chromium.app/Contents/MacOS/Chromium) &&
        chromedriver=$(first_program "${CHROMEDRIVER-}" chromedriver chromium.chromedriver)
}
