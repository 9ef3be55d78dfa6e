//! Requests, and what comes back. Which request to send, when, and what an answer means is the core's; how a browser sends is here.

use super::Driver;
use crate::config::Config;
use crate::queue::RequestId;
use crate::time::Millis;
use crate::tracker::{Credential, Input, Request};
use crate::wire::{self, Fields, Verdict};
use js_sys::{Array, JSON, Object, Reflect};
use std::cell::{Cell, RefCell};
use std::rc::Rc;
use wasm_bindgen::prelude::*;
use wasm_bindgen_futures::{JsFuture, spawn_local};
use web_sys::{AbortController, Headers, RequestInit, Response};

/// The way to the backend.
pub(crate) struct Net {
    endpoint: String,
    same_origin: bool,
    bearer: RefCell<Option<String>>,
    awaited: RefCell<Option<(RequestId, AbortController)>>,
    is_asking: Cell<bool>,
}

impl Net {
    pub(crate) fn new(config: &Config) -> Self {
        let origin = web_sys::window().and_then(|window| window.location().origin().ok()).unwrap_or_default();
        Self {
            same_origin: config.endpoint.starts_with('/') || config.endpoint.starts_with(&origin),
            endpoint: config.endpoint.clone(),
            bearer: RefCell::new(None),
            awaited: RefCell::new(None),
            is_asking: Cell::new(false),
        }
    }

    /// Sends a request whose answer is awaited.
    pub(crate) fn send(&self, driver: &Rc<Driver>, request: Request) {
        let driver = driver.clone();
        let abort = AbortController::new().ok();
        *self.awaited.borrow_mut() = abort.clone().map(|abort| (request.id, abort));
        spawn_local(async move {
            let verdict = match driver.net.exchange(&driver, &request, abort.as_ref()).await {
                Ok(verdict) => verdict,
                Err(_) => Verdict::TryAgain { after: None },
            };
            driver.put(Input::Answered(request.id, verdict));
        });
    }

    /// Stops waiting for an answer.
    pub(crate) fn cancel(&self, id: RequestId) {
        if let Some((_, abort)) = self.awaited.borrow_mut().take_if(|(awaited, _)| *awaited == id) {
            abort.abort();
        }
    }

    /// Gives a request to the browser as the page leaves. False if the browser did not take it.
    pub(crate) fn hand_over(&self, request: Request) -> bool {
        let url = self.url(request.route.path());
        let bearer =
            self.bearer.borrow().clone().filter(|_| request.credential != Credential::InBody && self.same_origin);
        let Some(window) = web_sys::window() else { return false };
        let Some(bearer) = bearer else {
            // A text body travels as text/plain, which needs no preflight and so outlives the page.
            return window.navigator().send_beacon_with_opt_str(&url, Some(&request.body)).unwrap_or(false);
        };
        // A beacon carries no header. Within the origin a keepalive request can, and needs no preflight either.
        let Ok(init) = post(&request.body, true, Some(&bearer), None) else { return false };
        let sent = JsFuture::from(window.fetch_with_str_and_init(&url, &init));
        spawn_local(async move {
            let _nobody_listens = sent.await;
        });
        true
    }

    /// The caller's statistics as the backend gives them, or nothing.
    pub(crate) async fn stats(&self, driver: &Driver, days_back: u32) -> Option<JsValue> {
        let user = driver.look(|tracker| tracker.config().user_id.clone());
        let user = user.filter(|_| driver.host.has_no_bearer());
        let url = self.url(&wire::stats_path(days_back, user.as_deref()));
        let init = RequestInit::new();
        if let Some(bearer) = self.bearer(driver, false).await {
            init.set_headers(&authorization(&bearer).ok()?.into());
        }
        let response: Response =
            JsFuture::from(web_sys::window()?.fetch_with_str_and_init(&url, &init)).await.ok()?.into();
        let body = JsFuture::from(response.json().ok()?).await.ok()?;
        (response.ok() && body.is_object()).then_some(body)
    }

    async fn exchange(
        &self,
        driver: &Driver,
        request: &Request,
        abort: Option<&AbortController>,
    ) -> Result<Verdict, JsValue> {
        let bearer = match request.credential {
            Credential::InBody => None,
            Credential::Bearer => self.bearer(driver, false).await,
            Credential::FreshBearer => self.bearer(driver, true).await,
        };
        let init = post(&request.body, request.keepalive, bearer.as_deref(), abort)?;
        let window = web_sys::window().ok_or(JsValue::UNDEFINED)?;
        let response = JsFuture::from(window.fetch_with_str_and_init(&self.url(request.route.path()), &init)).await?;
        let response: Response = response.into();
        let body = match response.json() {
            Ok(body) => JsFuture::from(body).await.ok(),
            Err(_) => None,
        };
        let body = body.filter(|body| body.is_object() && !Array::is_array(body)).map(Parsed);
        Ok(wire::read(request.route, response.status(), retry_after(&response.headers()), body.as_ref()))
    }

    /// The host's bearer: as last given, or asked for.
    async fn bearer(&self, driver: &Driver, fresh: bool) -> Option<String> {
        if driver.host.has_no_bearer() {
            return None;
        }
        let known = self.bearer.borrow().clone().filter(|_| !fresh);
        if known.is_some() || self.is_asking.replace(true) {
            return known;
        }
        let given = driver.host.bearer().await;
        self.is_asking.set(false);
        self.bearer.borrow_mut().clone_from(&given);
        given
    }

    fn url(&self, path: &str) -> String {
        [&self.endpoint, path].concat()
    }
}

fn post(
    body: &str,
    keepalive: bool,
    bearer: Option<&str>,
    abort: Option<&AbortController>,
) -> Result<RequestInit, JsValue> {
    let init = RequestInit::new();
    init.set_method("POST");
    init.set_body(&body.into());
    // Older bindings lack a setter for it; the member is the same.
    Reflect::set(&init, &"keepalive".into(), &keepalive.into())?;
    if let Some(bearer) = bearer {
        let headers = authorization(bearer)?;
        headers.set("content-type", "application/json")?;
        init.set_headers(&headers);
    }
    if let Some(abort) = abort {
        init.set_signal(Some(&abort.signal()));
    }
    Ok(init)
}

fn authorization(bearer: &str) -> Result<Headers, JsValue> {
    let headers = Headers::new()?;
    headers.set("authorization", &["Bearer ", bearer].concat())?;
    Ok(headers)
}

/// `Retry-After` in either of its forms, seconds or a date (RFC 9110, section 10.2.3).
fn retry_after(headers: &Headers) -> Option<Millis> {
    let text = headers.get("retry-after").ok().flatten()?;
    let milliseconds = match text.trim().parse::<u32>() {
        Ok(seconds) => return Some(Millis::from_seconds(u64::from(seconds))),
        Err(_) => js_sys::Date::parse(&text) - js_sys::Date::now(),
    };
    #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "what is not a date is not above zero")]
    (milliseconds > 0.0).then_some(Millis(milliseconds as u64))
}

/// JSON as the browser parsed it.
struct Parsed(JsValue);

impl Parsed {
    fn get(&self, name: &str) -> Option<JsValue> {
        Reflect::get(&self.0, &name.into()).ok()
    }

    fn list(&self, name: &str) -> Option<Array> {
        self.get(name)?.dyn_into().ok()
    }
}

impl Fields for Parsed {
    fn text(&self, name: &str) -> Option<String> {
        self.get(name)?.as_string()
    }

    fn number(&self, name: &str) -> Option<f64> {
        self.get(name)?.as_f64()
    }

    fn object(&self, name: &str) -> Option<Self> {
        self.get(name).filter(JsValue::is_object).map(Self)
    }

    #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "an index that is none matches nothing")]
    fn numbers(&self, name: &str) -> Option<Vec<usize>> {
        Some(self.list(name)?.iter().filter_map(|item| item.as_f64()).map(|number| number as usize).collect())
    }

    fn objects(&self, name: &str) -> Option<Vec<Self>> {
        Some(self.list(name)?.iter().map(Self).collect())
    }
}

/// What the host passes with an event, as JSON. `undefined` is no data; a cycle, a BigInt, a function or a throwing `toJSON` has no JSON.
pub(crate) fn stringify(value: &JsValue) -> Result<Option<String>, ()> {
    if value.is_undefined() {
        return Ok(None);
    }
    match JSON::stringify(value).map(JsValue::from) {
        Ok(text) => text.as_string().map(Some).ok_or(()),
        Err(_) => Err(()),
    }
}

/// An empty object, for what is built member by member.
pub(crate) fn object() -> Object {
    Object::new()
}
