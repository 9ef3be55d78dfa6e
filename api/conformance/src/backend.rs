//! The backend that is judged: its URL, what it said of itself when it was first met, and one way to send it a request.

use crate::answer::Answer;
use crate::case::Stop;
use crate::clock::{new_id, now, text};
use serde_json::{Value, json};
use std::cell::{Cell, RefCell};
use std::time::Duration;
use ureq::Agent;
use ureq::http::{Method, Request};

/// How often a request that was told to come back is sent again.
const RETURNS: u32 = 3;

/// What an operator says of the backend.
#[derive(Clone, Debug)]
pub struct Settings {
    /// The URL under which `start` and the other routes are.
    pub api: String,
    /// The profile to judge by; otherwise the one that the backend announces.
    pub profile: Option<Profile>,
    /// A bearer token to start and to read with.
    pub token: Option<String>,
    /// Another user's bearer token.
    pub other_token: Option<String>,
    /// A page's origin that the backend allows.
    pub origin: Option<String>,
    /// How long an answer may take.
    pub timeout: Duration,
}

/// Which routes are owed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub enum Profile {
    /// `start`, `update`, `end`, `log-event` and `stats`.
    Core,
    /// All.
    Full,
}

/// How callers say who they are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Login {
    /// The request names its user.
    Claimed,
    /// Nobody needs to; a start hands out a token to come back with.
    Visitor,
    /// By the bearer tokens of the settings.
    Bearer,
}

/// One who uses an application.
#[derive(Clone, Debug)]
pub struct Person {
    /// The `userId` of their requests.
    pub user_id: Option<String>,
    /// The bearer of their starts and reads.
    pub bearer: Option<String>,
}

/// How a body is sent.
#[derive(Clone, Copy, Debug)]
pub enum Lane<'a> {
    /// As `text/plain`, which a beacon can.
    Text,
    /// As `application/json`, with a bearer if there is one.
    Json(Option<&'a str>),
}

/// A backend that has answered a first start.
#[derive(Debug)]
pub struct Backend {
    /// What the operator said.
    pub settings: Settings,
    /// What it replied to the first start.
    pub terms: Value,
    /// How its callers say who they are.
    pub login: Login,
    /// What it asked for when it had no time: its `Retry-After`, of each answer of 429 and 503.
    pub waits: RefCell<Vec<Option<String>>>,
    agent: Agent,
    profile: Profile,
    people: Cell<u32>,
}

impl Backend {
    /// Meets the backend: one start tells which profile it has and how it knows its callers.
    ///
    /// # Errors
    /// A sentence, if there is no answer, or none that is one to a start.
    pub fn meet(settings: Settings) -> Result<Self, String> {
        let agent = Agent::config_builder()
            .timeout_global(Some(settings.timeout))
            .http_status_as_error(false)
            .max_redirects(0)
            .user_agent("session-conformance")
            // A server may close a connection that waits for its next request in the moment in which that is sent (RFC 9112, section 9.6),
            // which says nothing of the API: each request has a connection of its own.
            .max_idle_connections(0)
            .build()
            .new_agent();
        let login = if settings.token.is_some() { Login::Bearer } else { Login::Claimed };
        let profile = settings.profile.unwrap_or(Profile::Core);
        let waits = RefCell::default();
        let mut backend = Self { settings, terms: Value::Null, login, waits, agent, profile, people: Cell::new(0) };
        backend.introduce()?;
        Ok(backend)
    }

    fn introduce(&mut self) -> Result<(), String> {
        let person = self.person();
        let answer = self.start(&person, json!({ "sessionId": new_id() })).map_err(|stop| match stop {
            Stop::Broken(why) | Stop::Unjudged(why) => why,
        })?;
        if answer.status == 401 {
            return Err("The backend wants a login: give a user's bearer token with --token.".into());
        }
        let reply = answer.ok().map_err(|_| {
            let text: String = answer.text.chars().take(200).collect();
            format!("There seems to be no session API: {} was answered with {} {text}", answer.asked, answer.status)
        })?;
        if self.login == Login::Claimed && reply["visitorToken"].is_string() {
            self.login = Login::Visitor;
        }
        if self.settings.profile.is_none() && reply["profile"] == "full" {
            self.profile = Profile::Full;
        }
        self.terms = reply.clone();
        Ok(())
    }

    /// Which routes it owes.
    #[must_use]
    pub fn profile(&self) -> Profile {
        self.profile
    }

    /// Whether it owes the full profile.
    #[must_use]
    pub fn is_full(&self) -> bool {
        self.profile == Profile::Full
    }

    /// Whether its starts hand out write tokens.
    #[must_use]
    pub fn has_tokens(&self) -> bool {
        self.terms["token"].is_string()
    }

    /// A limit of its start reply, or that of `api/README.md`.
    #[must_use]
    pub fn limit(&self, name: &str, usual: usize) -> usize {
        self.terms["limits"][name].as_u64().and_then(|limit| usize::try_from(limit).ok()).unwrap_or(usual)
    }

    /// Somebody; where callers name themselves, somebody who was never here before.
    #[must_use]
    pub fn person(&self) -> Person {
        self.people.set(self.people.get() + 1);
        let name = format!("conformance-{}-{}", self.people.get(), new_id());
        let user_id = (self.login != Login::Bearer).then_some(name);
        Person { user_id, bearer: self.settings.token.clone() }
    }

    /// Somebody else.
    ///
    /// # Errors
    /// [`Stop::Unjudged`] if there is nobody else.
    pub fn somebody_else(&self) -> Result<Person, Stop> {
        let person = self.person();
        match (self.login, &self.settings.other_token) {
            (Login::Bearer, None) => Err(Stop::Unjudged("needs another user's bearer: --other-token".into())),
            (Login::Bearer, other) => Ok(Person { bearer: other.clone(), ..person }),
            _ => Ok(person),
        }
    }

    /// A start of this person's with these members.
    ///
    /// # Errors
    /// [`Stop::Broken`] if no answer comes.
    pub fn start(&self, person: &Person, members: Value) -> Result<Answer, Stop> {
        let mut body = json!({ "userId": person.user_id, "replace": "none", "sentAt": text(now()) });
        merge(&mut body, members);
        match &person.bearer {
            Some(bearer) => self.post("start", &body, Lane::Json(Some(bearer))),
            None => self.post("start", &body, Lane::Text),
        }
    }

    /// A `POST` of JSON.
    ///
    /// # Errors
    /// [`Stop::Broken`] if no answer comes.
    pub fn post(&self, route: &str, body: &Value, lane: Lane<'_>) -> Result<Answer, Stop> {
        self.post_bytes(route, body.to_string().as_bytes(), lane)
    }

    /// A `POST` of anything.
    ///
    /// # Errors
    /// [`Stop::Broken`] if no answer comes.
    pub fn post_bytes(&self, route: &str, body: &[u8], lane: Lane<'_>) -> Result<Answer, Stop> {
        let mut headers = Vec::new();
        match lane {
            Lane::Text => headers.push(("content-type", "text/plain;charset=UTF-8".to_owned())),
            Lane::Json(bearer) => {
                headers.push(("content-type", "application/json".to_owned()));
                headers.extend(bearer.map(|bearer| ("authorization", format!("Bearer {bearer}"))));
            }
        }
        self.send(&Method::POST, route, &headers, body)
    }

    /// A `GET` of this person's; where callers name themselves, with their `userId`.
    ///
    /// # Errors
    /// [`Stop::Broken`] if no answer comes.
    pub fn get(&self, path: &str, person: &Person) -> Result<Answer, Stop> {
        let bearer = person.bearer.as_ref().map(|bearer| ("authorization", format!("Bearer {bearer}")));
        let mark = if path.contains('?') { '&' } else { '?' };
        let path = match (&person.user_id, &bearer) {
            (Some(user_id), None) => format!("{path}{mark}userId={user_id}"),
            _ => path.to_owned(),
        };
        self.send(&Method::GET, &path, bearer.as_slice(), b"")
    }

    /// Any request. An answer that asks to come back is noted and obeyed.
    ///
    /// # Errors
    /// [`Stop::Broken`] if no answer comes.
    pub fn send(&self, method: &Method, path: &str, headers: &[(&str, String)], body: &[u8]) -> Result<Answer, Stop> {
        let mut answer = self.send_once(method, path, headers, body)?;
        for _ in 0..RETURNS {
            if ![429, 503].contains(&answer.status) {
                break;
            }
            let wait = answer.header("retry-after").map(str::to_owned);
            let seconds = wait.as_deref().and_then(|wait| wait.parse().ok()).unwrap_or(1).min(10);
            self.waits.borrow_mut().push(wait);
            std::thread::sleep(Duration::from_secs(seconds));
            answer = self.send_once(method, path, headers, body)?;
        }
        Ok(answer)
    }

    fn send_once(&self, method: &Method, path: &str, headers: &[(&str, String)], body: &[u8]) -> Result<Answer, Stop> {
        // An address without a query, for a report may be shown to anybody.
        let asked = format!("{method} {}", path.split('?').next().unwrap_or_default());
        let no_answer = |error: &dyn std::fmt::Display| Stop::Broken(format!("{asked}: no answer: {error}"));
        let mut request = Request::builder().method(method).uri(format!("{}/{path}", self.settings.api));
        for (name, value) in headers {
            request = request.header(*name, value);
        }
        let sent = if *method == Method::POST {
            self.agent.run(request.body(body).map_err(|error| no_answer(&error))?)
        } else {
            self.agent.run(request.body(()).map_err(|error| no_answer(&error))?)
        };
        let mut response = sent.map_err(|error| no_answer(&error))?;
        let text = response.body_mut().read_to_string().map_err(|error| no_answer(&error))?;
        let json = serde_json::from_str(&text).unwrap_or_default();
        Ok(Answer { asked, status: response.status().as_u16(), headers: response.headers().clone(), text, json })
    }
}

/// Sets each member of `members` in `body`.
pub fn merge(body: &mut Value, members: Value) {
    if let (Value::Object(body), Value::Object(members)) = (body, members) {
        body.extend(members);
    }
}
