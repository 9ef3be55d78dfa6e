# Where the three browsers and their drivers are; sourced, never run. The variables that are asked first override the search.
# shellcheck shell=bash
# shellcheck disable=SC2034,SC2154 # read by the scripts that source this file, and given by common.sh, which they source first

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

find_firefox() {
    firefox=$(first_program "${FIREFOX-}" firefox-esr firefox /Applications/Firefox.app/Contents/MacOS/firefox) &&
        geckodriver=$(first_program "${GECKODRIVER-}" geckodriver "$cache/geckodriver-$geckodriver_version/bin/geckodriver")
}

# WebKitGTK's small browser and, as it has no headless mode, a display that nobody sees (xvfb-run, which needs xauth).
find_webkit() {
    minibrowser=$(first_program "${MINIBROWSER-}" /usr/lib*/webkit2gtk-4.*/MiniBrowser /usr/lib/*/webkit2gtk-4.*/MiniBrowser \
        /usr/libexec/webkit2gtk-4.*/MiniBrowser) &&
        webkit_driver=$(first_program "${WEBKIT_DRIVER-}" WebKitWebDriver) &&
        have xauth && xvfb_run=$(first_program xvfb-run)
}

# find_engine chromium|firefox|webkit
find_engine() {
    case $1 in
    chromium) find_browser ;;
    firefox) find_firefox ;;
    webkit) find_webkit ;;
    *) fail "there is no engine called $1: chromium, firefox or webkit" ;;
    esac
}

# The engines whose browser and driver are here. One that is not is named; where nobody reads that (CI), it is an error.
engines_here() {
    local engine
    for engine in chromium firefox webkit; do
        if find_engine "$engine"; then
            printf '%s\n' "$engine"
        elif [ -n "${CI-}" ]; then
            fail "$engine or its driver is missing: run scripts/setup --tests"
        else
            say "warning: $engine or its driver is missing, so nothing is tested in it: run scripts/setup --tests"
        fi
    done
}
