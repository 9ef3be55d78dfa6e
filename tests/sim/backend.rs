//! A backend written from `api/README.md` alone: sessions, events by their ids, tokens, ends of two kinds, the order of contacts by
//! epoch, and each tab's account. It stores in memory and forgets nothing. It knows neither the tracker nor the reference server.
//! `backend/session.rs` is one session's life; this file is the door.

mod session;

use crate::lies::Lie;
use crate::network::problem;
use crate::said::{Said, SaidEvent};
use serde_json::json;
pub(crate) use session::{Account, Session};
use session_tracker::wire::Route;
use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::rc::Rc;
use uuid::Uuid;

const DAY: u64 = 24 * 60 * 60_000;
const BODY: usize = 524_288;
const SMALL_BODY: usize = 65_536;
const EVENTS: usize = 500;
/// Events whose type ends like this are at fault, each by itself.
const UNWELCOME: &str = "13";

/// Whose session, and which.
pub(crate) type Name = (Rc<str>, Rc<str>);

/// An event as stored.
#[derive(Clone, Debug)]
pub(crate) struct Row {
    pub(crate) session: Name,
    pub(crate) tab: Rc<str>,
    pub(crate) seq: u64,
    pub(crate) kind: Box<str>,
    /// How often it is stored. More than once is what must never be.
    pub(crate) copies: u32,
}

#[derive(Debug)]
pub(crate) struct Backend {
    pub(crate) sessions: BTreeMap<Name, Session>,
    pub(crate) rows: BTreeMap<Uuid, Row>,
    pub(crate) is_core: bool,
    /// How many heartbeats it took, by session.
    pub(crate) beats: BTreeMap<Name, u64>,
    keys: u32,
    lie: Option<Lie>,
}

/// What became of a request's events, by their indices.
#[derive(Default)]
struct Fates {
    accepted: Vec<usize>,
    duplicates: Vec<usize>,
    rejected: Vec<usize>,
}

impl Backend {
    pub(crate) fn new(is_core: bool, lie: Option<Lie>) -> Self {
        Self { sessions: BTreeMap::new(), rows: BTreeMap::new(), is_core, beats: BTreeMap::new(), keys: 0, lie }
    }

    /// No token that was given so far is good any longer.
    pub(crate) fn change_keys(&mut self) {
        self.keys += 1;
    }

    /// Somebody else ends every session of these subjects.
    pub(crate) fn end_all(&mut self, is_meant: impl Fn(&str) -> bool, now: u64) {
        for ((user, _), session) in &mut self.sessions {
            if is_meant(user) && session.end.is_none() {
                session.finish("manual", now);
            }
        }
    }

    /// Answers one request. `bearer` is whom the host's own login names.
    pub(crate) fn answer(
        &mut self,
        route: Route,
        bytes: usize,
        said: &Said,
        bearer: &Rc<str>,
        now: u64,
    ) -> (u16, String) {
        let answer = self.apply(route, bytes, said, bearer, now);
        answer.unwrap_or_else(|status| (status, problem(status)))
    }

    fn apply(
        &mut self,
        route: Route,
        bytes: usize,
        said: &Said,
        bearer: &Rc<str>,
        now: u64,
    ) -> Result<(u16, String), u16> {
        let takes_all = matches!(route, Route::Start | Route::Batch);
        if bytes > if takes_all { BODY } else { SMALL_BODY } || said.events.len() > EVENTS {
            return Err(413);
        }
        if self.is_core && matches!(route, Route::Batch | Route::Heartbeat) {
            return Ok((404, "<html>no such page</html>".into()));
        }
        let name = self.whose(said, route, bearer, now)?;
        let is_new = !self.sessions.contains_key(&name);
        if is_new && route != Route::Start {
            return Err(404);
        }
        let epoch = said.epoch.ok_or(422_u16)?;
        if is_new {
            self.begin(&name, said, now);
        }
        let session = self.sessions.get_mut(&name).ok_or(404_u16)?;
        session.expire(now);
        let is_presence_only = match route {
            Route::Update => true,
            Route::LogEvent | Route::End => false,
            Route::Start | Route::Batch | Route::Heartbeat => said.events.is_empty() && said.end.is_none(),
        };
        if is_presence_only && let Some(end) = session.end.as_ref().filter(|end| end.is_final(now)) {
            let problem =
                json!({ "type": "urn:session-tracker:problem:session-ended", "endReason": end.reason.as_ref() });
            return Ok((410, problem.to_string()));
        }
        if matches!(route, Route::Start | Route::Update) {
            session.touch(epoch, now);
        }
        session.account(said);
        let fates = self.store_all(&name, route, said)?;
        let session = self.sessions.get_mut(&name).ok_or(404_u16)?;
        if let Some(beat) = said.beat {
            if said.end.is_none() || session.end.is_none() {
                session.touch(epoch, now);
            }
            session.beat(beat);
            *self.beats.entry(name.clone()).or_default() += 1;
        }
        if let Some(end) = &said.end {
            session.leave(&end.reason, epoch, session.age(said.sent_at, end.at, now), now);
        }
        Ok((if is_new { 201 } else { 200 }, self.reply(route, &name, &fates)))
    }

    fn store_all(&mut self, name: &Name, route: Route, said: &Said) -> Result<Fates, u16> {
        let mut fates = Fates::default();
        for (index, event) in said.events.iter().enumerate() {
            if event.kind.ends_with(UNWELCOME) {
                if route == Route::LogEvent {
                    return Err(422);
                }
                fates.rejected.push(index);
            } else if self.store(name, said, event) {
                fates.duplicates.push(index);
            } else {
                fates.accepted.push(index);
            }
        }
        Ok(fates)
    }

    /// True if it is stored already.
    fn store(&mut self, name: &Name, said: &Said, event: &SaidEvent) -> bool {
        if let Some(row) = self.rows.get_mut(&event.id) {
            row.copies += u32::from(self.lie == Some(Lie::BackendForgetsKeys));
            return true;
        }
        let mut session = name.clone();
        if self.lie == Some(Lie::BackendMixesUsers) {
            session.0 = format!("not-{}", session.0).into();
        }
        let row = Row { session, tab: said.tab.clone(), seq: event.seq, kind: event.kind.clone(), copies: 1 };
        self.rows.insert(event.id, row);
        if let Some(session) = self.sessions.get_mut(name) {
            session.account_of(&said.tab).received.insert(event.seq);
        }
        false
    }

    /// The subject and the session: as the write token says, else as the host's login does.
    fn whose(&self, said: &Said, route: Route, bearer: &Rc<str>, now: u64) -> Result<Name, u16> {
        let id = self.stored_id(&said.session, now);
        let Some(token) = said.token.as_deref() else { return Ok((bearer.clone(), id)) };
        let parts: Vec<&str> = token.split('|').collect();
        let &[user, session, keys] = parts.as_slice() else { return Err(401) };
        if keys != self.keys.to_string() {
            // A start with the host's login does not need the token that it wants renewed.
            return if route == Route::Start { Ok((bearer.clone(), id)) } else { Err(401) };
        }
        if session != &*id { Err(403) } else { Ok((user.into(), id)) }
    }

    /// The id under which a session is stored: its own, unless that claims to be made more than 7 days ago or 1 day ahead. One that
    /// was timely when the session began stays what it was.
    fn stored_id(&self, id: &Rc<str>, now: u64) -> Rc<str> {
        let digits: String = id.chars().filter(char::is_ascii_hexdigit).take(12).collect();
        let made = u64::from_str_radix(&digits, 16).unwrap_or_default();
        let is_timely = now < made + 7 * DAY && made < now + DAY;
        if is_timely || id.starts_with("mapped-") || self.sessions.keys().any(|(_, known)| known == id) {
            return id.clone();
        }
        format!("mapped-{id}").into()
    }

    fn begin(&mut self, name: &Name, said: &Said, now: u64) {
        for ((user, id), other) in &mut self.sessions {
            if *user != name.0 || other.end.is_some() {
                continue;
            }
            if said.previous_crashed && said.previous.as_deref() == Some(id) {
                other.finish("crash", other.contact);
            } else if said.replaces_device && said.device.is_some() && other.device == said.device {
                other.finish("replaced", now);
            }
        }
        self.sessions.insert(name.clone(), Session::new(said, now));
    }

    fn reply(&self, route: Route, name: &Name, fates: &Fates) -> String {
        if self.is_core {
            return if route == Route::Start {
                json!({ "sessionId": name.1.as_ref() }).to_string()
            } else {
                "{}".into()
            };
        }
        let mut reply = format!(r#"{{"sessionId":"{}","status":""#, name.1);
        let end = self.sessions.get(name).and_then(|session| session.end.as_ref());
        match end {
            Some(end) => write(&mut reply, format_args!(r#"ended","endReason":"{}""#, end.reason)),
            None => reply.push_str(r#"active""#),
        }
        if route == Route::Start {
            write(&mut reply, format_args!(r#","userId":"{0}","token":"{0}|{1}|{2}""#, name.0, name.1, self.keys));
            let limits = format_args!(r#"{{"batchEvents":{EVENTS},"batchBytes":{BODY}}}"#);
            write(&mut reply, format_args!(r#","profile":"full","limits":{limits}"#));
        }
        if matches!(route, Route::Start | Route::Batch) {
            write(&mut reply, format_args!(r#","accepted":{:?},"duplicates":{:?}"#, fates.accepted, fates.duplicates));
            let problem =
                |index| format!(r#"{{"index":{index},"type":"urn:session-tracker:problem:invalid-request"}}"#);
            let rejected: Vec<_> = fates.rejected.iter().map(problem).collect();
            write(&mut reply, format_args!(r#","rejected":[{}]"#, rejected.join(",")));
        }
        reply.push('}');
        reply
    }
}

fn write(text: &mut String, more: std::fmt::Arguments<'_>) {
    text.write_fmt(more).expect("a text takes what it is given");
}
