//! One session, as the page that has it speaks of it.

use crate::answer::Answer;
use crate::backend::{Backend, Lane, Login, Person, merge};
use crate::case::Stop;
use crate::clock::{new_id, now, text};
use serde_json::{Value, json};

/// A session that was started.
#[derive(Debug)]
pub struct Visit<'a> {
    /// Where.
    pub backend: &'a Backend,
    /// Whose.
    pub person: Person,
    /// Its id, as the reply has it.
    pub session: String,
    /// The page.
    pub tab: String,
    /// Its write token, if there are any.
    pub token: Option<String>,
    /// The reply to its start.
    pub reply: Value,
}

impl<'a> Visit<'a> {
    /// A new session in the section `home`.
    ///
    /// # Errors
    /// [`Stop::Broken`] if it cannot be started.
    pub fn begin(backend: &'a Backend) -> Result<Self, Stop> {
        Self::begin_with(backend, backend.person(), json!({}))
    }

    /// A new session that began a minute ago, so that somebody can have been active in it.
    ///
    /// # Errors
    /// [`Stop::Broken`] if it cannot be started.
    pub fn begin_a_minute_ago(backend: &'a Backend) -> Result<Self, Stop> {
        Self::begin_with(backend, backend.person(), json!({ "startedAt": text(now() - 60_000) }))
    }

    /// A new session of this person's, whose start has these members too.
    ///
    /// # Errors
    /// [`Stop::Broken`] if it cannot be started.
    pub fn begin_with(backend: &'a Backend, mut person: Person, members: Value) -> Result<Self, Stop> {
        let tab = new_id();
        let mut body = json!({ "sessionId": new_id(), "tabId": tab, "epoch": 1, "section": "home" });
        merge(&mut body, members);
        let reply = backend.start(&person, body)?.ok()?.clone();
        let word = |name: &str| reply[name].as_str().map(str::to_owned);
        let session = word("sessionId").ok_or(Stop::Broken("The reply to a start has no sessionId.".into()))?;
        if backend.login == Login::Visitor && person.bearer.is_none() {
            person.bearer = word("visitorToken");
        }
        Ok(Self { backend, person, session, tab, token: word("token"), reply })
    }

    /// A body that speaks of this session, with these members.
    #[must_use]
    pub fn says(&self, members: Value) -> Value {
        let mut body = json!({ "sessionId": self.session, "tabId": self.tab, "epoch": 1, "sentAt": text(now()) });
        // Without a token the tracker has nothing else to show in a body: the session's id, and a bearer beside it, must do.
        if let Some(token) = &self.token {
            body["token"] = json!(token);
        }
        merge(&mut body, members);
        body
    }

    /// A write with these members, on the lane that the page would take.
    ///
    /// # Errors
    /// [`Stop::Broken`] if no answer comes.
    pub fn post(&self, route: &str, members: Value) -> Result<Answer, Stop> {
        self.backend.post(route, &self.says(members), self.lane())
    }

    /// A write that must succeed.
    ///
    /// # Errors
    /// [`Stop::Broken`] if it does not.
    pub fn ok(&self, route: &str, members: Value) -> Result<Value, Stop> {
        Ok(self.post(route, members)?.ok()?.clone())
    }

    /// The lane of its writes: beacons with the token, or else JSON with whatever its person has.
    #[must_use]
    pub fn lane(&self) -> Lane<'_> {
        match (&self.token, &self.person.bearer) {
            (Some(_), _) | (None, None) => Lane::Text,
            (None, bearer) => Lane::Json(bearer.as_deref()),
        }
    }

    /// The start again, with these members instead.
    ///
    /// # Errors
    /// [`Stop::Broken`] if no answer comes.
    pub fn start_again(&self, members: Value) -> Result<Answer, Stop> {
        let mut body = json!({
            "sessionId": self.session, "tabId": self.tab, "epoch": 1, "section": "home", "token": self.token
        });
        merge(&mut body, members);
        self.backend.start(&self.person, body)
    }

    /// What its person's figures are.
    ///
    /// # Errors
    /// [`Stop::Broken`] if they cannot be had.
    pub fn stats(&self) -> Result<Value, Stop> {
        Ok(self.backend.get("stats?daysBack=30", &self.person)?.ok_as(200)?.clone())
    }

    /// What is stored of it.
    ///
    /// # Errors
    /// [`Stop::Broken`] if it cannot be had.
    pub fn trail(&self) -> Result<Value, Stop> {
        Ok(self.backend.get(&format!("{}/events", self.session), &self.person)?.ok_as(200)?.clone())
    }

    /// The events that clients sent for it, as they are stored: the server's own left out.
    ///
    /// # Errors
    /// [`Stop::Broken`] if they cannot be had.
    pub fn stored(&self) -> Result<Vec<Value>, Stop> {
        let trail = self.trail()?;
        let events = trail["events"].as_array().cloned().unwrap_or_default();
        let own = |event: &Value| event["eventType"] == "session_start" || event["eventType"] == "session_end";
        Ok(events.into_iter().filter(|event| !own(event)).collect())
    }

    /// Its row among the sessions of its person that go on.
    ///
    /// # Errors
    /// [`Stop::Broken`] if the list cannot be had.
    pub fn listed(&self) -> Result<Option<Value>, Stop> {
        let list = self.backend.get("active", &self.person)?.ok_as(200)?.clone();
        let sessions = list["sessions"].as_array().cloned().unwrap_or_default();
        Ok(sessions.into_iter().find(|session| session["sessionId"] == self.session.as_str()))
    }
}

/// A click with a sequence number.
#[must_use]
pub fn click(seq: u64) -> Value {
    json!({
        "eventId": new_id(), "seq": seq, "eventType": "button_click", "eventData": { "name": "buy" },
        "section": "home", "occurredAt": text(now())
    })
}

/// A change of section.
#[must_use]
pub fn change(section: &str, occurred_at: i64) -> Value {
    json!({ "eventId": new_id(), "seq": 1, "section": section, "occurredAt": text(occurred_at) })
}
