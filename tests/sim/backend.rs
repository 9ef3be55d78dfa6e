//! A backend written from `api/README.md` alone: sessions, events by their ids, tokens, ends of two kinds, and the order of contacts
//! by epoch. It stores in memory and forgets nothing. It knows neither the tracker nor the reference server.

use crate::checks::Lie;
use crate::network::problem;
use crate::page::Sent;
use serde_json::{Value, json};
use std::collections::BTreeMap;

const MINUTE: u64 = 60_000;
const RESUME: u64 = 30 * MINUTE;
const TIMEOUT: u64 = 60 * MINUTE;
const LONGEST: u64 = 24 * 60 * MINUTE;
const BODY: usize = 524_288;
/// Events whose type ends like this are at fault, each by itself.
const UNWELCOME: &str = "13";
const SMALL_BODY: usize = 65_536;

/// Whose session, and which.
pub(crate) type Name = (String, String);

#[derive(Clone, Debug)]
pub(crate) struct Session {
    pub(crate) started: u64,
    pub(crate) contact: u64,
    pub(crate) epoch: u64,
    pub(crate) device: Option<String>,
    /// How it ended, when, and at which epoch.
    pub(crate) end: Option<(String, u64, u64)>,
}

impl Session {
    fn is_over(&self, now: u64) -> bool {
        self.end.as_ref().is_some_and(|(reason, at, _)| reason != "app_close" || now > at + RESUME)
    }

    /// A sign of life: it revives a session that ended provisionally, if it was made after that.
    fn touch(&mut self, epoch: u64, now: u64) {
        match &self.end {
            Some((_, _, ended)) if epoch > *ended && !self.is_over(now) => self.end = None,
            Some(_) => return,
            None => {}
        }
        self.contact = now;
        self.epoch = self.epoch.max(epoch);
    }

    fn leave(&mut self, reason: &str, epoch: u64, now: u64) {
        let is_provisional = reason == "app_close";
        let stands = match &self.end {
            Some((_, _, ended)) => self.is_over(now) || (is_provisional && epoch <= *ended),
            None => is_provisional && epoch < self.epoch,
        };
        if !stands {
            self.epoch = self.epoch.max(epoch);
            self.end = Some((reason.into(), now, self.epoch));
        }
    }
}

/// An event as stored.
#[derive(Clone, Debug)]
pub(crate) struct Row {
    pub(crate) session: Name,
    pub(crate) tab: String,
    pub(crate) seq: u64,
    pub(crate) kind: String,
    /// How often it is stored. More than once is what must never be.
    pub(crate) copies: u32,
}

#[derive(Debug)]
pub(crate) struct Backend {
    pub(crate) sessions: BTreeMap<Name, Session>,
    pub(crate) rows: BTreeMap<String, Row>,
    pub(crate) is_core: bool,
    keys: u32,
    lie: Option<Lie>,
}

impl Backend {
    pub(crate) fn new(is_core: bool, lie: Option<Lie>) -> Self {
        Self { sessions: BTreeMap::new(), rows: BTreeMap::new(), is_core, keys: 0, lie }
    }

    /// No token that was given so far is good any longer.
    pub(crate) fn change_keys(&mut self) {
        self.keys += 1;
    }

    /// Somebody else ends every session of these subjects.
    pub(crate) fn end_all(&mut self, users: &[String], now: u64) {
        for ((user, _), session) in &mut self.sessions {
            if users.contains(user) && session.end.is_none() {
                session.end = Some(("manual".into(), now, session.epoch));
            }
        }
    }

    /// The id under which a session is stored: its own, unless that claims to be made more than 7 days ago or 1 day ahead.
    pub(crate) fn stored_id(id: &str, now: u64) -> String {
        let digits: String = id.chars().filter(char::is_ascii_hexdigit).take(12).collect();
        let made = u64::from_str_radix(&digits, 16).unwrap_or_default();
        let is_timely = now < made + 7 * 24 * 60 * MINUTE && made < now + 24 * 60 * MINUTE;
        if is_timely || id.starts_with("mapped-") { id.into() } else { format!("mapped-{id}") }
    }

    /// Answers one request. `bearer` is whom the host's own login names.
    pub(crate) fn answer(&mut self, sent: &Sent, bearer: &str, now: u64) -> (u16, String) {
        match self.apply(sent, bearer, now) {
            Ok(reply) => reply,
            Err(status) => (status, problem(status)),
        }
    }

    fn apply(&mut self, sent: &Sent, bearer: &str, now: u64) -> Result<(u16, String), u16> {
        let (path, said) = (sent.route.path(), &sent.said);
        let most = if matches!(path, "/start" | "/batch") { BODY } else { SMALL_BODY };
        if sent.body.len() > most {
            return Err(413);
        }
        if self.is_core && matches!(path, "/batch" | "/heartbeat") {
            return Ok((404, "<html>no such page</html>".into()));
        }
        let events = said["events"].as_array().map(Vec::as_slice).unwrap_or_default();
        if events.len() > 500 {
            return Err(413);
        }
        let given = said["sessionId"].as_str().ok_or(422_u16)?;
        let name = self.whose(said, path, given, bearer, now)?;
        let is_new = !self.sessions.contains_key(&name);
        if is_new && path != "/start" {
            return Err(404);
        }
        let epoch = said["epoch"].as_u64().ok_or(422_u16)?;
        if is_new {
            self.begin(&name, said, now);
        }
        let session = self.sessions.get_mut(&name).ok_or(404_u16)?;
        expire(session, now);
        let is_presence_only = match path {
            "/update" => true,
            "/log-event" | "/end" => false,
            _ => events.is_empty() && said["end"].is_null(),
        };
        if is_presence_only && session.is_over(now) {
            let reason = session.end.as_ref().map(|(reason, ..)| reason.as_str());
            let problem = json!({ "type": "urn:session-tracker:problem:session-ended", "endReason": reason });
            return Ok((410, problem.to_string()));
        }
        if path == "/start" || path == "/update" {
            session.touch(epoch, now);
        }
        let mut fates = (vec![], vec![]);
        let mut rejected = vec![];
        let single = said["eventId"].is_string().then_some(said);
        for (index, event) in events.iter().chain(single).enumerate() {
            if event["eventType"].as_str().is_some_and(|kind| kind.ends_with(UNWELCOME)) {
                if path == "/log-event" {
                    return Err(422);
                }
                rejected.push(json!({ "index": index, "type": "urn:session-tracker:problem:invalid-request" }));
                continue;
            }
            let is_duplicate = self.store(&name, said, event)?;
            if is_duplicate { fates.1.push(index) } else { fates.0.push(index) }
        }
        let session = self.sessions.get_mut(&name).ok_or(404_u16)?;
        let end = if path == "/end" { said } else { &said["end"] };
        let ends_here = end["reason"].is_string();
        if said["heartbeat"].is_object() && !(ends_here && session.end.is_some()) {
            session.touch(epoch, now);
        }
        if let Some(reason) = end["reason"].as_str() {
            session.leave(reason, epoch, now);
        }
        let reply = self.reply(path, &name, fates, &rejected);
        Ok((if is_new { 201 } else { 200 }, reply))
    }

    /// The subject and the session: as the write token says, else as the host's login does.
    fn whose(&self, said: &Value, path: &str, given: &str, bearer: &str, now: u64) -> Result<Name, u16> {
        let mut id = Self::stored_id(given, now);
        // An id that was timely when the session began stays what it was.
        if self.sessions.keys().any(|(_, known)| known == given) {
            id = given.into();
        }
        let Some(token) = said["token"].as_str() else { return Ok((bearer.into(), id)) };
        let parts: Vec<&str> = token.split('|').collect();
        let &[user, session, keys] = parts.as_slice() else { return Err(401) };
        if keys != self.keys.to_string() {
            // A start with the host's login does not need the token that it wants renewed.
            return if path == "/start" { Ok((bearer.into(), id)) } else { Err(401) };
        }
        if session != id { Err(403) } else { Ok((user.into(), id)) }
    }

    fn begin(&mut self, name: &Name, said: &Value, now: u64) {
        let device = said["deviceId"].as_str().map(String::from);
        for ((user, id), other) in &mut self.sessions {
            if *user != name.0 || other.end.is_some() {
                continue;
            }
            let is_previous = said["previousId"].as_str() == Some(id);
            if is_previous && said["previousEnd"] == "crash" {
                other.end = Some(("crash".into(), other.contact, other.epoch));
            } else if said["replace"] == "device" && device.is_some() && other.device == device {
                other.end = Some(("replaced".into(), now, other.epoch));
            }
        }
        let epoch = said["epoch"].as_u64().unwrap_or(1);
        self.sessions.insert(name.clone(), Session { started: now, contact: now, epoch, device, end: None });
    }

    fn store(&mut self, name: &Name, said: &Value, event: &Value) -> Result<bool, u16> {
        let id = event["eventId"].as_str().ok_or(422_u16)?;
        if let Some(row) = self.rows.get_mut(id) {
            row.copies += u32::from(self.lie == Some(Lie::BackendForgetsKeys));
            return Ok(true);
        }
        let mut session = name.clone();
        if self.lie == Some(Lie::BackendMixesUsers) {
            session.0 = format!("not-{}", session.0);
        }
        let row = Row {
            session,
            tab: said["tabId"].as_str().ok_or(422_u16)?.into(),
            seq: event["seq"].as_u64().ok_or(422_u16)?,
            kind: event["eventType"].as_str().unwrap_or("section_change").into(),
            copies: 1,
        };
        self.rows.insert(id.into(), row);
        Ok(false)
    }

    fn reply(
        &self,
        path: &str,
        name: &Name,
        (accepted, duplicates): (Vec<usize>, Vec<usize>),
        rejected: &[Value],
    ) -> String {
        if self.is_core {
            return if path == "/start" { json!({ "sessionId": name.1 }).to_string() } else { "{}".into() };
        }
        let mut reply = json!({ "sessionId": name.1, "status": "active" });
        if let Some((reason, ..)) = self.sessions.get(name).and_then(|session| session.end.as_ref()) {
            reply["status"] = json!("ended");
            reply["endReason"] = json!(reason);
        }
        if path == "/start" {
            reply["userId"] = json!(name.0);
            reply["token"] = json!(format!("{}|{}|{}", name.0, name.1, self.keys));
            reply["profile"] = json!("full");
            reply["limits"] = json!({ "batchEvents": 500, "batchBytes": BODY });
        }
        if path == "/start" || path == "/batch" {
            reply["accepted"] = json!(accepted);
            reply["duplicates"] = json!(duplicates);
            reply["rejected"] = json!(rejected);
        }
        reply.to_string()
    }
}

/// Ends a session that nothing was heard of for the timeout, or that has lasted its longest.
fn expire(session: &mut Session, now: u64) {
    let is_due = now >= session.contact + TIMEOUT || now >= session.started + LONGEST;
    if session.end.is_none() && is_due {
        session.end = Some(("timeout".into(), session.contact, session.epoch));
    }
}
