//! Which session the page is in: the one that an earlier page left, a new one, or the one that follows an end; and what the next page finds of it.

use super::{Phase, Tracker};
use crate::event::What;
use crate::id::Id;
use crate::ledger::DropReason;
use crate::limits::PAST_SESSIONS;
use crate::record::{Record, Succession};
use crate::section::Section;
use crate::session::{EndReason, Ending, Key, Session};
use crate::time::{Now, Wall};

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

    /// Whether the session's events are taken in. Its id alone decides, so that every page of it decides alike.
    pub(super) fn is_sampled(&self) -> bool {
        let id = self.current().map_or("", |session| session.id.as_str());
        // FNV-1a, 32 bits: ids that differ in one place are far apart.
        let hash = id.bytes().fold(0x811c_9dc5_u32, |hash, byte| (hash ^ u32::from(byte)).wrapping_mul(0x0100_0193));
        u64::from(hash) % 1_000 < self.config.sample
    }

    pub(super) fn find(&mut self, key: Key) -> Option<&mut Session> {
        self.sessions.iter_mut().find(|session| session.key == key)
    }

    /// Makes sure that there is a session: the one that another page is in or left, or a new one.
    pub(super) fn open(&mut self, now: Now) {
        if self.current().is_some() {
            return;
        }
        let latest = self.tabs.latest().filter(|record| record.ended.is_none()).cloned();
        let Some((record, session)) = latest.as_ref().and_then(|record| Some((record, record.current()?))) else {
            return self.begin(None, now);
        };
        let (resume, longest) = (self.settings.resume, self.settings.max_session);
        match record.succession(session, &self.config.user_id, now.wall, resume, longest) {
            Succession::Resume => self.take_up(record, now),
            Succession::Follow(ended) => self.begin(Some((session.name.clone(), ended)), now),
        }
    }

    pub(super) fn begin(&mut self, previous: Option<(Id, Option<EndReason>)>, now: Now) {
        let id = self.random.uuid(now.wall).into();
        let mut session = self.new_session(id, now.wall, self.sections.current().clone());
        session.user.clone_from(&self.config.user_id);
        session.previous = previous;
        self.presence.reset();
        self.sessions.push(session);
    }

    /// Goes on with the session that another tab is in or left.
    pub(super) fn take_up(&mut self, record: &Record, now: Now) {
        let Some(theirs) = record.current() else { return };
        let here = self.sections.current().clone();
        let mut session = self.inherit(theirs);
        // Nobody may give a number of this tab twice, though it has been in this session before.
        let counted = self.over.iter().find(|(id, _)| *id == session.id);
        session.last_seq = counted.map_or(0, |(_, last_seq)| *last_seq);
        session.entry = Section::parse(&record.section).unwrap_or_else(|| here.clone());
        let is_elsewhere = session.entry != here;
        self.config.user_id.clone_from(&session.user);
        // Two first pages at the same moment each gave the profile a name; without login the backend may tell visitors apart by it.
        if record.device.is_some() {
            self.device.clone_from(&record.device);
        }
        self.presence.reset();
        self.presence.merge(record.activities, record.active);
        self.sessions.push(session);
        if is_elsewhere {
            self.admit(What::Moved(here), now);
        }
    }

    /// A session of another tab, as one of this tab's.
    pub(super) fn inherit(&mut self, theirs: &Session) -> Session {
        let mut session = self.new_session(theirs.id.clone(), theirs.started, theirs.entry.clone());
        session.name = theirs.name.clone();
        session.epoch = theirs.epoch.saturating_add(1);
        session.user.clone_from(&theirs.user);
        session.token.clone_from(&theirs.token);
        session.previous.clone_from(&theirs.previous);
        session
    }

    pub(super) fn new_session(&mut self, id: Id, started: Wall, entry: Section) -> Session {
        self.last_key = Key(self.last_key.0.wrapping_add(1));
        Session::new(self.last_key, self.tab.clone(), id, started, entry)
    }

    /// The backend need not be told how the current session ended.
    pub(super) fn settle_ending(&mut self) {
        if let Some(session) = self.current_mut() {
            session.ending = Ending::Settled;
        }
    }

    /// The current session becomes a past one, which may still owe something.
    pub(super) fn retire(&mut self, now: Now) {
        if let Some(session) = self.current_mut() {
            session.is_past = true;
            let (id, last_seq) = (session.id.clone(), session.last_seq);
            self.over.retain(|(over, _)| *over != id);
            self.over.push((id, last_seq));
            self.over.drain(..self.over.len().saturating_sub(PAST_SESSIONS));
        }
        self.forget_settled(now);
        let own = |session: &Session| session.origin.is_none();
        if self.sessions.iter().filter(|session| own(session)).count() > PAST_SESSIONS
            && let Some(oldest) = self.sessions.iter().position(own)
        {
            let mut forgotten = self.sessions.remove(oldest);
            for event in forgotten.queue.clear() {
                self.ledger.give_up(DropReason::NoSession, 1);
                self.let_go(&event);
            }
        }
    }

    /// Past sessions that owe nothing are let go.
    pub(super) fn forget_settled(&mut self, now: Now) {
        self.sessions.retain(|session| !session.is_past || session.is_unread || session.owes());
        self.release_claims(now);
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
        let previous = self.session_id().cloned();
        self.settle_ending();
        self.finish(reason);
        if matches!(reason, EndReason::Timeout | EndReason::Crash | EndReason::AppClose) {
            self.retire(now);
            self.begin(previous.map(|id| (id, None)), now);
            self.phase = Phase::Starting;
        }
    }
}
