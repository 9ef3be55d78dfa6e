//! Reads the host's options object: member by member, each in its one right type. Values are `config.rs`'s to judge; what cannot be
//! right in JavaScript already (an unknown name, a number in a text's place) is refused here.

use super::host::{Callbacks, Host};
use super::net;
use crate::config::{Config, OptionError, RawOptions};
use crate::section::Section;
use js_sys::{Array, Function, Object, Reflect};
use wasm_bindgen::prelude::*;

const KNOWN: [&str; 15] = [
    "endpoint",
    "userId",
    "getToken",
    "platform",
    "section",
    "pathToSection",
    "replace",
    "metadata",
    "heartbeatSeconds",
    "debounceMilliseconds",
    "flushSeconds",
    "namespace",
    "persistence",
    "logger",
    "onError",
];

/// Reads and checks all options.
pub(crate) fn read(options: &JsValue) -> Result<(Config, Host), OptionError> {
    if !options.is_object() {
        return Err(OptionError::new("options", "an object with at least an `endpoint`", &shown(options)));
    }
    refuse_unknown(options)?;
    let reader = Reader(options);
    let raw = RawOptions {
        endpoint: reader.text("endpoint")?,
        user_id: reader.text("userId")?,
        platform: reader.text("platform")?,
        section: section(&reader)?,
        replace: reader.text("replace")?,
        namespace: reader.text("namespace")?,
        persistence: reader.text("persistence")?,
        metadata: reader.json("metadata")?,
        heartbeat_seconds: reader.number("heartbeatSeconds")?,
        debounce_milliseconds: reader.number("debounceMilliseconds")?,
        flush_seconds: reader.number("flushSeconds")?,
    };
    let callbacks = Callbacks {
        get_token: reader.function("getToken")?,
        logger: reader.value("logger", "an object with a debug(message) method", JsValue::is_object)?,
        on_error: reader.function("onError")?,
    };
    let config = Config::parse(raw).map_err(|error| OptionError {
        given: if reader.get(&error.option).is_undefined() { error.given } else { shown(&reader.get(&error.option)) },
        ..error
    })?;
    Ok((config, Host::new(callbacks)))
}

/// A misspelt option would otherwise be silently without effect.
fn refuse_unknown(options: &JsValue) -> Result<(), OptionError> {
    for name in Object::keys(options.unchecked_ref::<Object>()).iter().filter_map(|name| name.as_string()) {
        if !KNOWN.contains(&name.as_str()) {
            return Err(OptionError::new(&name, "one of the documented options", "unknown; is it misspelt?"));
        }
    }
    Ok(())
}

/// Where the person is at the start: as said, else what the host's rule (or the built-in one) makes of the page's path.
fn section(reader: &Reader<'_>) -> Result<Option<String>, OptionError> {
    let rule = reader.function("pathToSection")?;
    if let Some(section) = reader.text("section")? {
        return Ok(Some(section));
    }
    let path = web_sys::window().and_then(|window| window.location().pathname().ok()).unwrap_or_default();
    let Some(rule) = rule else {
        return Ok(Some(Section::of_path(&path).as_str().into()));
    };
    let named = rule.call1(&JsValue::UNDEFINED, &path.into()).ok().and_then(|name| name.as_string());
    named
        .map(Some)
        .ok_or_else(|| OptionError::new("pathToSection", "a function from a path to a text", "one that gave none"))
}

struct Reader<'a>(&'a JsValue);

impl Reader<'_> {
    fn get(&self, name: &str) -> JsValue {
        Reflect::get(self.0, &name.into()).unwrap_or(JsValue::UNDEFINED)
    }

    fn value(
        &self,
        name: &str,
        expected: &'static str,
        fits: impl FnOnce(&JsValue) -> bool,
    ) -> Result<Option<JsValue>, OptionError> {
        let value = self.get(name);
        if value.is_undefined() || value.is_null() {
            Ok(None)
        } else if fits(&value) {
            Ok(Some(value))
        } else {
            Err(OptionError::new(name, expected, &shown(&value)))
        }
    }

    fn text(&self, name: &str) -> Result<Option<String>, OptionError> {
        Ok(self.value(name, "a text", JsValue::is_string)?.and_then(|value| value.as_string()))
    }

    fn number(&self, name: &str) -> Result<Option<f64>, OptionError> {
        Ok(self.value(name, "a number", |value| value.as_f64().is_some())?.and_then(|value| value.as_f64()))
    }

    fn function(&self, name: &str) -> Result<Option<Function>, OptionError> {
        Ok(self.value(name, "a function", JsValue::is_function)?.map(JsCast::unchecked_into))
    }

    fn json(&self, name: &str) -> Result<Option<String>, OptionError> {
        let is_plain = |value: &JsValue| value.is_object() && !Array::is_array(value);
        let Some(value) = self.value(name, "an object", is_plain)? else { return Ok(None) };
        net::stringify(&value).map_err(|()| OptionError::new(name, "an object that has a JSON form", "without one"))
    }
}

/// A value as its host would write it, shortened.
fn shown(value: &JsValue) -> String {
    if let Some(text) = value.as_string() {
        return ["\"", &text, "\""].concat();
    }
    net::stringify(value).ok().flatten().unwrap_or_else(|| value.js_typeof().as_string().unwrap_or_default())
}
