//! What can be seen of the machine. Looking changes nothing.

use super::{Phase, Tracker};
use crate::config::Config;
use crate::id::Id;
use crate::ledger::Ledger;
use crate::presence::Person;
use crate::queue::RequestId;
use crate::session::{Here, Key, Session, State};
use crate::wire::{Json, Route};

/// As much of the state as tells one from the next: it is compared after every input, so it is made of numbers alone.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Glimpse {
    phase: Phase,
    session: Option<Key>,
    renamings: u32,
    moves: u32,
    person: Option<Person>,
}

impl Tracker {
    /// What tells the present state from others: as long as two of these are equal, so are the states.
    #[must_use]
    pub fn glimpse(&self) -> Glimpse {
        Glimpse {
            phase: self.phase,
            session: self.current().map(|session| session.key),
            renamings: self.renamings,
            moves: self.sections.moves(),
            person: (self.phase == Phase::Live).then(|| self.presence.person()),
        }
    }

    /// The state as JSON.
    #[must_use]
    pub fn describe_state(&self) -> String {
        let mut json = Json::open();
        let (status, reason) = match self.phase {
            Phase::Idle => ("idle", ""),
            Phase::Starting => ("starting", ""),
            Phase::Live => ("live", ""),
            Phase::Ended(reason) => ("ended", reason.name()),
            Phase::Inert(reason) => ("inert", reason),
        };
        json.text("status", status);
        json.text_if_any("reason", reason);
        if let (Phase::Starting | Phase::Live | Phase::Ended(_), Some(session)) = (self.phase, self.current()) {
            json.text("sessionId", session.name.as_str());
            if self.is_running() {
                json.number("startedAt", session.started.0);
                json.text("section", self.sections.current().as_str());
            }
        }
        if self.phase == Phase::Live {
            json.text("person", self.presence.person().name());
        }
        json.close()
    }

    /// The ledger as JSON.
    #[must_use]
    pub fn describe_ledger(&self) -> String {
        let (queued, in_flight) = self.pending();
        let mut json = Json::open();
        json.number("accepted", self.ledger.accepted());
        json.number("delivered", self.ledger.delivered());
        json.number("queued", queued as u64);
        json.number("inFlight", in_flight as u64);
        json.object("dropped", |json| self.ledger.dropped().for_each(|(reason, count)| json.number(reason, count)));
        json.object("refused", |json| self.ledger.refused().for_each(|(reason, count)| json.number(reason, count)));
        json.close()
    }

    /// Where a request went whose answer is awaited.
    #[must_use]
    pub fn route_of(&self, id: RequestId) -> Option<Route> {
        self.flights.find(id).map(|flight| flight.route)
    }

    /// What the application may know.
    #[must_use]
    pub fn state(&self) -> State {
        let here = |session: &Session| Here {
            id: session.name.clone(),
            started: session.started,
            section: self.sections.current().clone(),
        };
        match (self.phase, self.current()) {
            (Phase::Inert(why), _) => State::Inert(why),
            (Phase::Ended(reason), session) => State::Ended(session.map(|session| session.name.clone()), reason),
            (Phase::Starting, Some(session)) => State::Starting(here(session)),
            (Phase::Live, Some(session)) => State::Live(here(session), self.presence.person()),
            (Phase::Idle | Phase::Starting | Phase::Live, _) => State::Idle,
        }
    }

    /// The session's id, if there is one.
    #[must_use]
    pub fn session_id(&self) -> Option<&Id> {
        self.current().map(|session| &session.name)
    }

    /// Whether an earlier page began the session.
    #[must_use]
    pub fn is_resumed(&self) -> bool {
        self.current().is_some_and(|session| session.epoch > 1)
    }

    /// Whether the backend did not answer when it was last asked.
    #[must_use]
    pub fn is_down(&self) -> bool {
        self.retry.is_down()
    }

    /// Whose session it is: as the backend said, for it may know better than the host; else as the host did.
    #[must_use]
    pub fn user(&self) -> &str {
        let said = self.current().map_or("", |session| &session.subject);
        if said.is_empty() { &self.config.user_id } else { said }
    }

    /// By what the backend knows an anonymous visitor again; empty if it gave nothing.
    #[must_use]
    pub fn visitor(&self) -> &str {
        &self.visitor
    }

    /// The random name of the browser profile; empty if nothing may be stored.
    #[must_use]
    pub fn device(&self) -> &str {
        self.device.as_ref().map_or("", Id::as_str)
    }

    /// What became of the events.
    #[must_use]
    pub fn ledger(&self) -> &Ledger {
        &self.ledger
    }

    /// Events that wait, and events that travel.
    #[must_use]
    pub fn pending(&self) -> (usize, usize) {
        let (mut all, mut leased) = (0, 0);
        for session in &self.sessions {
            all += session.queue.len();
            leased += session.queue.leased();
        }
        (all - leased, leased)
    }

    /// The options in force.
    #[must_use]
    pub fn config(&self) -> &Config {
        &self.config
    }
}
