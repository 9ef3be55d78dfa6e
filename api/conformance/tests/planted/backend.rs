//! A small backend of the whole API, in memory, into which one fault can be planted. It is the third reading of `api/README.md`, and good for
//! nothing but to be judged. Here a request arrives and an answer leaves; who is asking is found in `callers`, and writes are done in `writes`.

mod callers;
mod writes;

use crate::fault::Fault::{self, *};
use crate::fault::Login;
use crate::session::Session;
use crate::views;
use axum::http::Method;
use flate2::read::GzDecoder;
use serde_json::{Value, json};
use std::collections::{BTreeMap, HashMap};
use std::io::Read;
use std::sync::Mutex;
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

/// Why something was not done.
#[derive(Debug)]
pub(crate) struct Problem {
    pub(crate) status: u16,
    pub(crate) kind: &'static str,
    pub(crate) detail: String,
    pub(crate) pointer: Option<String>,
    pub(crate) end_reason: Option<String>,
}

impl Problem {
    pub(crate) fn new(status: u16, kind: &'static str, detail: impl ToString) -> Self {
        Self { status, kind, detail: detail.to_string(), pointer: None, end_reason: None }
    }

    pub(crate) fn invalid(name: &str, detail: impl ToString) -> Self {
        Self { pointer: Some(format!("/{name}")), ..Self::new(422, "invalid-request", detail) }
    }

    fn not_found() -> Self {
        Self::new(404, "session-not-found", "Session not found or inactive")
    }
}

/// A request as it came.
pub(crate) struct Call {
    pub(crate) method: Method,
    pub(crate) path: String,
    pub(crate) query: HashMap<String, String>,
    pub(crate) headers: BTreeMap<String, String>,
    pub(crate) body: Vec<u8>,
}

/// An answer's status, headers and body.
pub(crate) type Reply = (u16, Vec<(&'static str, String)>, String);

pub(crate) struct Backend {
    pub(crate) fault: Option<Fault>,
    pub(crate) is_full: bool,
    pub(crate) login: Login,
    state: Mutex<State>,
}

#[derive(Default)]
pub(crate) struct State {
    pub(crate) sessions: Vec<Session>,
    /// Whose session each write token is for.
    tokens: HashMap<String, (String, String)>,
    /// Who each bearer is.
    bearers: HashMap<String, String>,
    calls: u64,
}

impl Backend {
    pub(crate) fn new(is_full: bool, login: Login, fault: Option<Fault>) -> Self {
        let bearers = [("bearer-of-ada", "ada"), ("bearer-of-bob", "bob")];
        let bearers = bearers.map(|(bearer, user)| (bearer.to_owned(), user.to_owned())).into();
        Self { fault, is_full, login, state: Mutex::new(State { bearers, ..State::default() }) }
    }

    pub(crate) fn has(&self, fault: Fault) -> bool {
        self.fault == Some(fault)
    }

    pub(crate) fn answer(&self, call: &Call) -> Reply {
        let mut state = self.state.lock().unwrap();
        state.calls += 1;
        let id = format!("request-{}", state.calls);
        let mut headers = vec![("x-request-id", id.clone())];
        if let Some(origin) = call.headers.get("origin").filter(|_| !self.has(AllowsNoPageToRead)) {
            headers.push(("access-control-allow-origin", origin.clone()));
            headers.push((
                "access-control-expose-headers",
                if self.has(ExposesNothing) { "" } else { "retry-after" }.into(),
            ));
        }
        if call.method == Method::OPTIONS {
            let allowed = if self.has(AllowsNoHeaders) { "content-type" } else { "authorization, content-type" };
            headers.push(("access-control-allow-headers", allowed.into()));
            return (204, headers, String::new());
        }
        let waits = self.has(LosesRetryAfter) && state.calls == 5;
        let busy = Problem::new(503, "unavailable", "Come back.");
        match if waits { Err(busy) } else { self.route(&mut state, call) } {
            Ok((status, body)) => {
                headers.push(("content-type", "application/json".into()));
                (status, headers, body)
            }
            Err(problem) => {
                let mut body = json!({
                    "type": format!("https://backend.example/problems/{}", problem.kind), "title": problem.kind,
                    "status": problem.status, "detail": problem.detail, "instance": id, "endReason": problem.end_reason,
                });
                if let Some(pointer) = problem.pointer {
                    body["errors"] = json!([{ "pointer": pointer, "detail": "is at fault" }]);
                }
                let plain = self.has(AnswersPlainProblems);
                headers
                    .push(("content-type", if plain { "application/json" } else { "application/problem+json" }.into()));
                if problem.status == 405 {
                    headers.push(("allow", "POST".into()));
                }
                (problem.status, headers, body.to_string())
            }
        }
    }

    fn route(&self, state: &mut State, call: &Call) -> Result<(u16, String), Problem> {
        let route = call.path.strip_prefix("/api/sessions/").unwrap_or_default();
        let core = ["start", "update", "end", "log-event"].contains(&route);
        let is_write = core || (self.is_full && ["batch", "heartbeat"].contains(&route));
        let is_read = route == "stats" || (self.is_full && (route == "active" || route.ends_with("/events")));
        match (is_write, is_read, call.method == Method::POST) {
            (true, _, true) => self.write(state, route, call),
            (_, true, false) if call.method == Method::GET => {
                let caller = self.reader(state, call)?;
                views::read(self, state, route, &caller, &call.query).map(|body| (200, body))
            }
            (false, false, _) => Err(Problem::new(404, "not-found", "There is nothing here.")),
            _ => Err(Problem::new(405, "method-not-allowed", "Not so.")),
        }
    }

    fn text(&self, call: &Call, route: &str) -> Result<String, Problem> {
        let media_type = call.headers.get("content-type").map(String::as_str).unwrap_or_default();
        let media_type = media_type.split(';').next().unwrap_or_default();
        let is_beacon = media_type == "text/plain";
        let is_taken = match media_type {
            "text/plain" => !(self.has(RefusesTextGoodbyes) && route == "end"),
            "application/json" => !self.has(RefusesJson),
            _ => self.has(TakesAnyMediaType),
        };
        if !is_taken {
            return Err(Problem::new(415, "unsupported-media-type", "Send JSON."));
        }
        let is_small = is_beacon && !["start", "batch"].contains(&route);
        let most = if is_small { 65_536 } else { 524_288 };
        let bytes = match call.query.get("encoding").map(String::as_str) {
            Some("gzip") if !self.has(InflatesNothing) => {
                let mut bytes = Vec::new();
                let inflated = GzDecoder::new(&call.body[..]).read_to_end(&mut bytes);
                inflated.map_err(|error| Problem::new(400, "invalid-json", error))?;
                bytes
            }
            None | Some("gzip") => call.body.clone(),
            Some(_) => return Err(Problem::new(415, "unsupported-media-type", "Only gzip.")),
        };
        if bytes.len() > most && !self.has(TakesAnyBody) {
            return Err(Problem::new(413, "payload-too-large", "Halve it."));
        }
        String::from_utf8(bytes).map_err(|error| Problem::new(400, "invalid-json", error))
    }
}

pub(crate) fn now() -> i64 {
    (OffsetDateTime::now_utc().unix_timestamp_nanos() / 1_000_000) as i64
}

pub(crate) fn time(value: &Value) -> Option<i64> {
    let parsed = OffsetDateTime::parse(value.as_str()?, &Rfc3339).ok()?;
    Some((parsed.unix_timestamp_nanos() / 1_000_000) as i64)
}
