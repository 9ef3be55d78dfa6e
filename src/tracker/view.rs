//! What can be seen of the machine. Looking changes nothing.

use super::{Phase, Tracker};
use crate::config::Config;
use crate::id::Id;
use crate::ledger::Ledger;
use crate::session::{Here, Session, State};

impl Tracker {
    /// What the application may know.
    #[must_use]
    pub fn state(&self) -> State {
        let here = |session: &Session| Here {
            id: session.id.clone(),
            started: session.started,
            section: self.sections.current().clone(),
        };
        match (self.phase, self.current()) {
            (Phase::Inert(why), _) => State::Inert(why),
            (Phase::Ended(reason), session) => State::Ended(session.map(|session| session.id.clone()), reason),
            (Phase::Starting, Some(session)) => State::Starting(here(session)),
            (Phase::Live, Some(session)) => State::Live(here(session), self.presence.person()),
            (Phase::Idle | Phase::Starting | Phase::Live, _) => State::Idle,
        }
    }

    /// The session's id, if there is one.
    #[must_use]
    pub fn session_id(&self) -> Option<&Id> {
        self.current().map(|session| &session.id)
    }

    /// Whose session it is: as the backend said, for it may know better than the host; else as the host did.
    #[must_use]
    pub fn user(&self) -> &str {
        let said = self.current().map_or("", |session| &session.user);
        if said.is_empty() { &self.config.user_id } else { said }
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
