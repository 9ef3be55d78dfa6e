//! What a write does: it finds its session or begins one, makes room for it, and is applied in the order in which a page would have said it.

use super::{Backend, Call, Problem, State, now, time};
use crate::body::{self, Body};
use crate::fault::Fault::*;
use crate::session::{Ended, Fates, Session, new_id};
use crate::views;
use serde_json::{Value, json};

impl Backend {
    pub(super) fn write(&self, state: &mut State, route: &str, call: &Call) -> Result<(u16, String), Problem> {
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
            other.ended = Some(Ended { reason: reason.into(), at: other.contact, epoch: other.epoch });
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
