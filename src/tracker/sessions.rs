//! Which session the page is in: the one that an earlier page left, a new one, or the one that follows an end; and what the next page finds of it.

use super::{Output, Page, Phase, Tracker};
use crate::event::What;
use crate::id::Id;
use crate::ledger::DropReason;
use crate::limits::{CLOCK_TOLERANCE, PAST_SESSIONS};
use crate::record::{StoredSession, Succession};
use crate::section::Section;
use crate::session::{EndReason, Ending, Key, Session};
use crate::time::{Millis, Now, Wall};

impl Tracker {
    pub(super) fn current(&self) -> Option<&Session> {
        self.sessions.last().filter(|session| !session.is_past)
    }

    pub(super) fn current_mut(&mut self) -> Option<&mut Session> {
        self.sessions.last_mut().filter(|session| !session.is_past)
    }

    pub(super) fn is_current(&self, key: Key) -> bool {
        self.current().is_some_and(|session| session.key == key)
    }

    /// Whether there is a session for the application, whatever the backend knows of it.
    pub(super) fn is_running(&self) -> bool {
        matches!(self.phase, Phase::Starting | Phase::Live)
    }

    pub(super) fn find(&mut self, key: Key) -> Option<&mut Session> {
        self.sessions.iter_mut().find(|session| session.key == key)
    }

    /// Makes sure that there is a session: the one that an earlier page left, or a new one.
    pub(super) fn open(&mut self, now: Now) {
        if self.current().is_some() {
            return;
        }
        let Some(stored) = self.record.session.take() else { return self.begin(None, now) };
        let (resume, longest) = (self.settings.resume, self.settings.max_session);
        match stored.succession(&self.config.user_id, now.wall, resume, longest, CLOCK_TOLERANCE) {
            Succession::Resume => self.take_up(stored, now),
            Succession::Follow(ended) => self.begin(Some((stored.id, ended)), now),
        }
    }

    pub(super) fn begin(&mut self, previous: Option<(Id, Option<EndReason>)>, now: Now) {
        let id = self.random.uuid(now.wall).into();
        let mut session = self.new_session(id, now.wall, self.sections.current().clone());
        session.previous = previous;
        self.presence.resume(0, Millis::default());
        self.sessions.push(session);
    }

    pub(super) fn take_up(&mut self, stored: StoredSession, now: Now) {
        let here = self.sections.current().clone();
        let there = Section::parse(&stored.section).unwrap_or_else(|| here.clone());
        let mut session = self.new_session(stored.id, stored.started, there.clone());
        session.epoch = stored.epoch.saturating_add(1);
        session.token = stored.token;
        self.presence.resume(stored.activities, stored.active);
        self.sessions.push(session);
        if here != there {
            self.admit(What::Moved(here), now);
        }
    }

    pub(super) fn new_session(&mut self, id: Id, started: Wall, entry: Section) -> Session {
        self.last_key = Key(self.last_key.0.wrapping_add(1));
        Session::new(self.last_key, id, started, entry)
    }

    /// The current session becomes a past one, which may still owe something.
    pub(super) fn retire(&mut self) {
        if let Some(session) = self.current_mut() {
            session.is_past = true;
        }
        self.forget_settled();
        if self.sessions.len() > PAST_SESSIONS {
            let forgotten = self.sessions.remove(0);
            (0..forgotten.queue.len()).for_each(|_| self.ledger.drop_one(DropReason::NoSession));
        }
    }

    /// Past sessions that owe nothing are let go.
    pub(super) fn forget_settled(&mut self) {
        self.sessions.retain(|session| !session.is_past || session.owes());
    }

    /// The longest duration is a comparison at every use, for no timer is sure to fire in a sleeping page.
    pub(super) fn retire_if_too_old(&mut self, now: Now) {
        let started = self.current().map_or(now.wall, |session| session.started);
        if self.phase == Phase::Live && now.wall.since(started) >= self.settings.max_session {
            self.over(EndReason::Timeout, now);
        }
    }

    /// The session is over because the backend, or a limit, says so. After an end that nobody wished for, another one follows.
    pub(super) fn over(&mut self, reason: EndReason, now: Now) {
        let previous = self.session_id().map(|id| (id.clone(), None));
        if let Some(session) = self.current_mut() {
            session.ending = Ending::Settled;
        }
        self.finish(reason);
        if matches!(reason, EndReason::Timeout | EndReason::Crash | EndReason::AppClose) {
            self.retire();
            self.begin(previous, now);
            self.phase = Phase::Starting;
            self.save(now);
        }
    }

    /// Leaves word for the next page.
    pub(super) fn save(&mut self, now: Now) {
        if !self.is_running() {
            return;
        }
        let Some(session) = self.current() else { return };
        let stored = StoredSession {
            id: session.id.clone(),
            user: self.config.user_id.clone(),
            epoch: session.epoch,
            started: session.started,
            contact: now.wall,
            left: self.page != Page::Open,
            section: self.sections.current().as_str().into(),
            activities: self.presence.activities(),
            active: self.presence.active(),
            token: session.token.clone(),
        };
        self.record.session = Some(stored);
        self.save_record();
    }

    pub(super) fn save_record(&mut self) {
        if self.config.persistent {
            self.outputs.push(Output::Save(self.record.write()));
        }
    }
}
