//! What the page says of itself. Leaving is `pagehide` or `freeze`, never `unload` or `beforeunload`: those are not fired on phones and cost a page its
//! back/forward cache (web.dev, "Back/forward cache").

use super::{Driver, clock};
use crate::limits::INPUT_THROTTLE;
use crate::time::Mono;
use crate::tracker::Input;
use std::cell::Cell;
use std::rc::Weak;
use wasm_bindgen::prelude::*;
use web_sys::{AbortController, AddEventListenerOptions, Event, EventTarget, VisibilityState};

const ON_DOCUMENT: [&str; 3] = ["visibilitychange", "freeze", "resume"];
const ON_WINDOW: [&str; 9] =
    ["pagehide", "pageshow", "online", "focus", "blur", "pointerdown", "keydown", "scroll", "touchstart"];

/// The listeners, for as long as the tracker lives.
pub(crate) struct Page {
    abort: Option<AbortController>,
    _listener: Closure<dyn Fn(Event)>,
}

impl Page {
    pub(crate) fn listen(driver: Weak<Driver>) -> Self {
        let last_input = Cell::new(Mono(0));
        let listener = Closure::<dyn Fn(Event)>::new(move |event: Event| {
            if let (Some(driver), Some(input)) = (driver.upgrade(), meaning(&event, &last_input)) {
                driver.put(input);
            }
        });
        let abort = AbortController::new().ok();
        let options = AddEventListenerOptions::new();
        options.set_passive(true);
        // Scrolling does not bubble from what scrolls, and a page may stop an event on its way up.
        options.set_capture(true);
        if let Some(abort) = &abort {
            options.set_signal(&abort.signal());
        }
        if let Some(window) = web_sys::window() {
            let add = |target: &EventTarget, name| {
                let callback = listener.as_ref().unchecked_ref();
                let _added =
                    target.add_event_listener_with_callback_and_add_event_listener_options(name, callback, &options);
            };
            ON_WINDOW.iter().for_each(|name| add(&window, name));
            if let Some(document) = window.document() {
                ON_DOCUMENT.iter().for_each(|name| add(&document, name));
            }
        }
        Self { abort, _listener: listener }
    }

    /// Takes every listener away.
    pub(crate) fn stop(&self) {
        if let Some(abort) = &self.abort {
            abort.abort();
        }
    }
}

fn meaning(event: &Event, last_input: &Cell<Mono>) -> Option<Input> {
    match event.type_().as_str() {
        "visibilitychange" => Some(Input::Visible(is_visible())),
        "pagehide" | "freeze" => Some(Input::Leaving),
        "resume" => Some(Input::Returned),
        // A page that was merely loaded is shown too, but has not been away.
        "pageshow" => js_sys::Reflect::get(event, &"persisted".into()).ok()?.is_truthy().then_some(Input::Returned),
        "online" => Some(Input::Online),
        // An element's focus is captured on its way down as well; only the window's own counts.
        "focus" | "blur" if event.target()? != event.current_target()? => None,
        "focus" => Some(Input::Focused(true)),
        "blur" => Some(Input::Focused(false)),
        _ => {
            let now = clock::now().mono;
            let is_apart = now.since(last_input.get()) >= INPUT_THROTTLE;
            is_apart.then(|| {
                last_input.set(now);
                Input::Activity
            })
        }
    }
}

pub(crate) fn is_visible() -> bool {
    let document = web_sys::window().and_then(|window| window.document());
    document.is_some_and(|document| document.visibility_state() == VisibilityState::Visible)
}

pub(crate) fn is_focused() -> bool {
    let document = web_sys::window().and_then(|window| window.document());
    document.and_then(|document| document.has_focus().ok()).unwrap_or(false)
}
