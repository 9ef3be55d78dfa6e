//! A small backend of the whole API, in memory, into which one fault can be planted. It is the third reading of `api/README.md`, and good for
//! nothing but to be judged.

use crate::body::{self, Body};
use crate::fault::Fault::{self, *};
use crate::fault::Login;
use crate::session::{Fates, Session, new_id};
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

    fn bearer(&self, state: &State, call: &Call) -> Result<Option<String>, Problem> {
        let Some(bearer) = call.headers.get("authorization").filter(|_| self.login != Login::None) else {
            return Ok(None);
        };
        let known = state.bearers.get(bearer.trim_start_matches("Bearer ")).cloned();
        let known = known.or_else(|| self.has(BelievesAnyBearer).then(|| "anybody".into()));
        known.map(Some).ok_or(Problem::new(401, "token-invalid", "This is nobody's token."))
    }

    fn reader(&self, state: &State, call: &Call) -> Result<String, Problem> {
        let asked = call.query.get("userId").cloned();
        match self.bearer(state, call)? {
            Some(user) if asked.as_ref().is_none_or(|asked| *asked == user) => Ok(user),
            Some(_) if self.has(BelievesUserIdsInQueries) => Ok(asked.unwrap_or_default()),
            Some(_) => Err(Problem::new(403, "forbidden", "Ask for yourself.")),
            None if self.login == Login::None => asked.ok_or(Problem::invalid("?userId", "is missing")),
            None => Err(Problem::new(401, "token-missing", "Who asks?")),
        }
        .or_else(|problem| if self.has(WelcomesNobody) { Ok("nobody".into()) } else { Err(problem) })
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

    fn write(&self, state: &mut State, route: &str, call: &Call) -> Result<(u16, String), Problem> {
        let now = now();
        let body = body::parse(route, &self.text(call, route)?, self.fault).map_err(|problem| {
            let fails = self.has(FailsOnStrangeBodies) && problem.kind == "invalid-request";
            if fails { Problem::new(500, "internal-error", "TypeError") } else { problem }
        })?;
        if self.has(RefusesUnknownMembers) && !body.members["colour"].is_null() {
            return Err(Problem::invalid("colour", "is unknown"));
        }
        let start = match route {
            "start" => body.members.clone(),
            "batch" => body.members["start"].clone(),
            _ => Value::Null,
        };
        let (user, is_visitor) = self.subject(state, call, &body, &start)?;
        let found = self.find(state, &user, &body, now);
        let is_new = found.is_none();
        let index = match found {
            Some(index) => index,
            None if start.is_null() => return Err(Problem::not_found()),
            None => {
                state.sessions.push(Session::begin(user.clone(), &body, &start, now, self.fault));
                state.sessions.len() - 1
            }
        };
        if !start.is_null() {
            self.make_room(state, index, &start);
        }
        let fates = self.apply(&mut state.sessions[index], route, &body, &start, is_new, now)?;
        let mut reply = views::session(self, &state.sessions[index], now);
        if !start.is_null() {
            let token = if self.has(SharesTokens) { "token".into() } else { new_id() };
            state.tokens.insert(token.clone(), (user.clone(), state.sessions[index].id.clone()));
            views::tell_terms(self, &mut reply, &state.sessions[index], &token);
            if is_visitor {
                let visitor = new_id();
                state.bearers.insert(visitor.clone(), user);
                reply["visitorToken"] = json!(visitor);
            }
        }
        views::tell_events(self, &mut reply, &state.sessions[index], route, &body, &fates);
        let stored = !fates.duplicates.contains(&0) || self.has(AnswersAlways201);
        let created = (route == "start" && (is_new || self.has(AnswersAlways201))) || (route == "log-event" && stored);
        Ok((if created { 201 } else { 200 }, reply.to_string()))
    }

    fn subject(&self, state: &State, call: &Call, body: &Body, start: &Value) -> Result<(String, bool), Problem> {
        let named = |members: &Value| members["userId"].as_str().map(str::to_owned);
        if !start.is_null() {
            let known = self.bearer(state, call)?;
            let anybody = || {
                let device = start["deviceId"]
                    .as_str()
                    .filter(|_| !self.has(ForgetsDevices))
                    .or(body.members["sessionId"].as_str());
                format!("anon:{}", device.map_or_else(new_id, str::to_owned))
            };
            return match (known, self.login) {
                (Some(user), _) if self.has(ForgetsVisitors) && user.starts_with("anon:") => {
                    Ok((format!("anon:{}", new_id()), true))
                }
                (Some(user), _) => Ok((user, false)),
                (None, Login::None) => Ok((named(start).unwrap_or_else(anybody), false)),
                (None, Login::Optional) => {
                    let token = body.members["token"].as_str().and_then(|token| state.tokens.get(token));
                    Ok((token.map_or_else(|| format!("anon:{}", new_id()), |(user, _)| user.clone()), true))
                }
                (None, Login::Required) if self.has(WelcomesNobody) => Ok(("nobody".into(), false)),
                (None, Login::Required) => Err(Problem::new(401, "token-missing", "Who asks?")),
            };
        }
        let asked = body.members["sessionId"].as_str().ok_or(Problem::invalid("sessionId", "is missing"))?;
        if let Some(token) = body.members["token"].as_str() {
            let Some((user, id)) = state.tokens.get(token) else {
                let believed = self.has(BelievesAnyToken).then(|| self.whose(state, asked)).flatten();
                return believed.ok_or(Problem::new(401, "token-invalid", "Not ours.")).map(|user| (user, false));
            };
            let is_it = state.sessions.iter().any(|one| one.id == *id && (one.id == asked || one.given == asked));
            if let Some(claimed) = named(&body.members).filter(|_| self.has(BelievesUserIdsBesideTokens)) {
                return Ok((claimed, false));
            }
            if is_it || self.has(SharesTokens) {
                return Ok((user.clone(), false));
            }
            return Err(Problem::new(403, "forbidden", "The token is for another session."));
        }
        let user = match self.bearer(state, call)? {
            None if self.login == Login::None => named(&body.members),
            known => known,
        };
        user.map(|user| (user, false)).ok_or(Problem::new(401, "token-missing", "Who writes?"))
    }

    fn whose(&self, state: &State, asked: &str) -> Option<String> {
        state.sessions.iter().find(|session| session.id == asked).map(|session| session.user.clone())
    }

    fn find(&self, state: &mut State, user: &str, body: &Body, now: i64) -> Option<usize> {
        let asked = body.members["sessionId"].as_str()?;
        let is_it = |session: &Session| {
            (session.user == user || self.has(OpensEverySession)) && (session.id == asked || session.given == asked)
        };
        let found = state.sessions.iter().position(is_it);
        if found.is_none() && self.has(KnowsEverySession) {
            let start = body.members.clone();
            state.sessions.push(Session::begin(user.into(), body, &start, now, self.fault));
            return Some(state.sessions.len() - 1);
        }
        found
    }

    fn make_room(&self, state: &mut State, index: usize, start: &Value) {
        let (user, id) = (state.sessions[index].user.clone(), state.sessions[index].id.clone());
        for other in
            state.sessions.iter_mut().filter(|other| other.user == user && other.id != id && other.ended.is_none())
        {
            let same_device = !start["deviceId"].is_null() && other.start["deviceId"] == start["deviceId"];
            let replace = start["replace"].as_str().unwrap_or("device");
            let crashed = start["previousEnd"] == "crash" && start["previousId"] == other.id.as_str();
            let reason = if crashed && !self.has(IgnoresPreviousEnd) {
                "crash"
            } else if !self.has(ForgetsWhoReplaces) && (replace == "user" || (replace == "device" && same_device)) {
                "replaced"
            } else {
                continue;
            };
            other.ended = Some(crate::session::Ended { reason: reason.into(), at: other.contact, epoch: other.epoch });
        }
    }

    fn apply(
        &self,
        session: &mut Session,
        route: &str,
        body: &Body,
        start: &Value,
        is_new: bool,
        now: i64,
    ) -> Result<Fates, Problem> {
        let end = if route == "end" { &body.members } else { &body.members["end"] };
        let is_presence = body.events.is_empty() && end.is_null();
        let is_presence = is_presence || (route == "update" && self.has(RefusesLateSectionChanges));
        if session.is_over() && is_presence && !self.has(TakesPresenceAfterTheEnd) {
            let end_reason = session.ended.as_ref().map(|ended| ended.reason.clone());
            return Err(Problem { end_reason, ..Problem::new(410, "session-ended", "It is over.") });
        }
        let merged = merged(&session.metadata, &body.members["metadata"]);
        if route == "update" && merged.to_string().len() > 8_192 {
            return Err(Problem::invalid("metadata", "is too large"));
        }
        if !start.is_null() && !is_new {
            session.contact(body, false, now, self.fault);
            if self.has(RepeatsResetTheStart) {
                session.section = start["section"].clone();
            }
        }
        session.account(body);
        let fates = session.store(body, now, self.fault);
        if route == "update" {
            session.metadata = merged;
            let at = time(&body.members["occurredAt"]).unwrap_or(now);
            if session.section != body.members["section"] {
                session.enter(&body.members["section"], at, self.fault);
            }
            session.contact(body, false, now, self.fault);
        }
        let beat = &body.members["heartbeat"];
        if route == "heartbeat" || !beat.is_null() {
            session.hear(beat, self.fault);
            if end.is_null() || session.ended.is_none() {
                session.contact(body, ["idle", "hidden"].iter().any(|one| beat["activity"] == *one), now, self.fault);
            }
        }
        if !end.is_null() {
            session.leave(body, end, now, self.fault);
        }
        Ok(fates)
    }
}

fn merged(old: &Value, new: &Value) -> Value {
    let mut merged = if old.is_object() { old.clone() } else { json!({}) };
    if let (Some(merged), Some(new)) = (merged.as_object_mut(), new.as_object()) {
        merged.extend(new.clone());
    }
    merged
}

pub(crate) fn now() -> i64 {
    (OffsetDateTime::now_utc().unix_timestamp_nanos() / 1_000_000) as i64
}

pub(crate) fn time(value: &Value) -> Option<i64> {
    let parsed = OffsetDateTime::parse(value.as_str()?, &Rfc3339).ok()?;
    Some((parsed.unix_timestamp_nanos() / 1_000_000) as i64)
}
