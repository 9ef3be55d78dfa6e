//! What kind of device this is, as coarsely as serves: the family of its system and browser, the class of its screen, its time zone and
//! language. Nothing here, alone or together, is meant to tell one visitor from another.

use js_sys::{Array, Intl, Object, Reflect};
use serde::Serialize;

#[derive(Serialize)]
struct DeviceInfo<'a> {
    os: &'a str,
    browser: &'a str,
    screen: &'a str,
    mobile: bool,
}

#[derive(Serialize)]
struct LocationInfo {
    timezone: Option<String>,
    locale: Option<String>,
}

pub(crate) fn device_info() -> Option<String> {
    let window = web_sys::window()?;
    let agent = window.navigator().user_agent().ok()?;
    let width = window.screen().ok().and_then(|screen| screen.width().ok()).unwrap_or_default();
    to_json(&DeviceInfo {
        os: os(&agent),
        browser: &browser(&agent),
        screen: match width {
            0..600 => "small",
            600..1_200 => "medium",
            _ => "large",
        },
        mobile: agent.contains("Mobi"),
    })
}

pub(crate) fn location_info() -> Option<String> {
    let options = Intl::DateTimeFormat::new(&Array::new(), &Object::new()).resolved_options();
    to_json(&LocationInfo {
        timezone: Reflect::get(&options, &"timeZone".into()).ok()?.as_string(),
        locale: web_sys::window()?.navigator().language(),
    })
}

fn to_json(value: &impl Serialize) -> Option<String> {
    super::net::stringify(&super::views::to_js(value)).ok().flatten()
}

/// The system's family. The order matters: Android says Linux too, and an iPhone says "like Mac OS X".
fn os(agent: &str) -> &'static str {
    const FAMILIES: [(&str, &str); 7] = [
        ("Android", "Android"),
        ("iPhone", "iOS"),
        ("iPad", "iOS"),
        ("Windows", "Windows"),
        ("Mac OS X", "macOS"),
        ("CrOS", "ChromeOS"),
        ("Linux", "Linux"),
    ];
    FAMILIES.into_iter().find(|(mark, _)| agent.contains(mark)).map_or("other", |(_, name)| name)
}

/// The browser's family and major version. The order matters: nearly every browser says Chrome or Safari as well.
fn browser(agent: &str) -> String {
    const FAMILIES: [(&str, &str); 6] = [
        ("Edg/", "Edge "),
        ("OPR/", "Opera "),
        ("Firefox/", "Firefox "),
        ("FxiOS/", "Firefox "),
        ("Chrome/", "Chromium "),
        ("Version/", "Safari "),
    ];
    for (mark, name) in FAMILIES {
        if let Some((_, version)) = agent.split_once(mark) {
            let major: String = version.chars().take_while(char::is_ascii_digit).take(4).collect();
            return [name, &major].concat();
        }
    }
    "other".into()
}
