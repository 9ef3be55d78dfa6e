//! What `page.js` hands over, made in Rust, for here is no browser: JSON that it has parsed (`flat.json` says of both what they have to make of it), and what
//! storage holds.

use serde_json::Value;
use session_tracker::config::Config;
use session_tracker::flat::Flat;

/// What a host chose. Its metadata travel as they were written, and so are one text.
pub(crate) fn config_of(mut options: Value) -> Config {
    if let Some(metadata) = options.get_mut("metadata") {
        *metadata = metadata.to_string().into();
    }
    Config::read(Flat::object(&flat(&options.to_string())).expect("the options are an object"))
}

/// What storage holds, as the page hands it over.
pub(crate) fn joined(entries: Vec<(String, String)>) -> String {
    entries.into_iter().map(|(name, text)| name + "\0" + &text + "\0").collect()
}

/// JSON as the core reads it.
pub(crate) fn flat(json: &str) -> String {
    let mut said = String::new();
    if let Ok(value) = serde_json::from_str(json) {
        add(&mut said, "", &value);
    }
    said
}

fn add(said: &mut String, path: &str, value: &Value) {
    let (what, inner) = match value {
        Value::String(text) => (format!("\"{}", text.replace('\0', "")), Vec::new()),
        Value::Number(number) => (thousandths(number.as_f64().expect("a float")), Vec::new()),
        Value::Null | Value::Bool(_) => (value.to_string(), Vec::new()),
        Value::Array(list) => ("[]".into(), list.iter().map(|inner| ("[]".into(), inner)).collect()),
        Value::Object(object) => (".".into(), object.iter().map(|(name, inner)| (format!(".{name}"), inner)).collect()),
    };
    said.extend([path, "\0", &what, "\0"]);
    for (step, inner) in inner.into_iter().take(1_000) {
        let at = format!("{path}{step}");
        let is_word =
            |name: &str| name.bytes().all(|byte| byte == b'_' || byte.is_ascii_alphanumeric()) && !name.is_empty();
        if at.len() <= 32 && (step == "[]" || is_word(&step[1..])) {
            add(said, &at, inner);
        }
    }
}

/// As JavaScript spells it: without a sign at zero, and with an exponent from 1e21 on.
fn thousandths(number: f64) -> String {
    let number = (number * 1_000.0).round() + 0.0;
    if number.abs() < 1e21 { number.to_string() } else { format!("{number:e}").replace('e', "e+") }
}
