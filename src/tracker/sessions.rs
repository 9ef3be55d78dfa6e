//! Which session the page is in: the one that an earlier page left, a new one, or the one that follows an end; and what the next page finds of it.

use super::{Counted, Notice, Output, Phase, Tracker};
use crate::event::What;
use crate::id::Id;
use crate::ledger::DropReason;
use crate::limits::{EXPIRY_WARNING, LEFT_SESSIONS, PAST_SESSIONS};
use crate::record::{Record, Succession, events_name};
use crate::section::Section;
use crate::session::{EndReason, Ending, Key, Session, Standing};
use crate::time::{Millis, Now, Wall};

impl Tracker {
    // Called so often that it is half a kilobyte where it is inlined.
    #[inline(never)]
    pub(super) fn current(&self) -> Option<&Session> {
        self.sessions.last().filter(|session| !session.is_past)
    }

    pub(super) fn current_mut(&mut self) -> Option<&mut Session> {
        self.sessions.last_mut().filter(|session| !session.is_past)
    }

    pub(super) fn is_current(&self, key: Key) -> bool {
        self.current().is_some_and(|session| session.key == key)
    }

    /// Whether it is the session that the page is in, be it the part of another tab that is gone.
    pub(super) fn is_here(&self, key: Key) -> bool {
        let known = self.sessions.iter().find(|session| session.key == key);
        self.current().zip(known).is_some_and(|(current, known)| current.id == known.id)
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

    /// Makes sure that there is a session: the one that another page is in or left, or a new one. `anew` asks again about one that was begun here
    /// before the records could be read.
    pub(super) fn open(&mut self, anew: bool, now: Now) {
        if self.current().is_some_and(|session| !anew || session.epoch > 1) {
            return;
        }
        let latest = self.tabs.latest().filter(|record| record.ended.is_none()).cloned();
        let found = latest.as_ref().and_then(|record| Some((record, record.current()?)));
        if let Some((record, session)) = found.filter(|(_, session)| !self.is_over(&session.id)) {
            let (resume, longest) = (self.settings.resume, self.settings.max_session);
            match record.succession(session, &self.config.user_id, now.wall, resume, longest) {
                Succession::Resume => return self.take_up(record, now),
                // The browser that throws a page away to save memory has not crashed.
                Succession::Follow(ended) => {
                    self.previous = Some((session.name.clone(), ended.filter(|_| !self.config.was_discarded)));
                }
            }
        }
        self.begin(now);
    }

    /// Whether this tab was in the session, and knows that it is over.
    pub(super) fn has_left(&self, id: &Id) -> bool {
        self.over.iter().any(|counted| counted.session == *id)
    }

    fn begin(&mut self, now: Now) {
        if self.current().is_none() {
            let id = self.random.uuid(now.wall).into();
            let session = self.new_session(id, now.wall, self.sections.current().clone());
            self.sessions.push(session);
            self.presence.reset(now.mono);
        }
        if let Some(session) = self.sessions.last_mut() {
            session.user.clone_from(&self.config.user_id);
            session.previous = self.previous.take();
        }
    }

    /// Goes on with the session that another tab is in or left, and takes along what was logged before that was known.
    pub(super) fn take_up(&mut self, record: &Record, now: Now) {
        let Some(theirs) = record.current() else { return };
        // A goodbye that a tab which is gone still owed is taken back by this tab's being there.
        for part in self.sessions.iter_mut().filter(|session| session.is_past && session.id == theirs.id) {
            if let Ending::Owed(EndReason::AppClose | EndReason::Replaced, _) = part.ending {
                part.ending = Ending::None;
            }
        }
        let before = self.over.iter().find(|counted| counted.session == theirs.id);
        let (last_seq, activities, active) =
            before.map_or_else(Default::default, |before| (before.last_seq, before.activities, before.active));
        if self.current().is_none() {
            let left = self.sessions.iter().position(|session| session.origin.is_none() && session.id == theirs.id);
            let mut session = match left {
                Some(at) => self.sessions.remove(at),
                None => self.new_session(theirs.id.clone(), theirs.started, theirs.entry.clone()),
            };
            session.is_past = false;
            session.ending = Ending::None;
            session.standing = Standing::Unannounced;
            // Nobody may give a number of this tab twice, though it has been in this session before.
            session.last_seq = session.last_seq.max(last_seq);
            self.sessions.push(session);
        }
        let Some(session) = self.sessions.last_mut() else { return };
        session.inherit(theirs);
        session.is_heard = record.is_elsewhere();
        if let Some(section) = Section::parse(&record.section) {
            session.entry = section;
        }
        self.config.user_id.clone_from(&session.user);
        // Two first pages at the same moment each gave the profile a name; without login the backend may tell visitors apart by it.
        if record.device.is_some() {
            self.device.clone_from(&record.device);
        }
        self.presence.reset(now.mono);
        self.presence.merge(record.activities, record.active);
        self.presence.merge(activities, active);
        self.arrive(record, now);
    }

    /// The backend does not let this page go on with a session that another origin told of. What was logged in it was never that session's: it
    /// is the beginning of one of this page's own. True if that is how it is.
    pub(super) fn disown(&mut self, key: Key, now: Now) -> bool {
        let id = Id::from(self.random.uuid(now.wall));
        let is_current = self.is_current(key);
        let Some(session) = self.find(key).filter(|session| session.is_heard) else { return false };
        let told = core::mem::replace(&mut session.id, id.clone());
        session.is_heard = false;
        session.name = id;
        session.started = now.wall;
        session.epoch = 1;
        if is_current {
            self.presence.reset(now.mono);
        }
        self.hear_over(told);
        self.record_due = true;
        true
    }

    /// The person comes from another page of the session.
    pub(super) fn arrive(&mut self, from: &Record, now: Now) {
        // In a tab that is still open they are still there.
        self.presence.dwell(if from.left { from.dwelt } else { Millis(0) });
        let here = self.sections.current().clone();
        if from.section != here.as_str() {
            self.admit(What::Moved(here, self.presence.dwelt()), now);
        }
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

    /// The backend says that a session which this tab is not in, or not any more, is over.
    pub(super) fn hear_over(&mut self, session: Id) {
        let mut counted = self.take_counted(session);
        counted.is_final = true;
        self.over.push(counted);
    }

    /// Takes out how far this tab counted in a session that is over, or nothing at all, and makes room for it as the latest.
    #[inline(never)]
    fn take_counted(&mut self, session: Id) -> Counted {
        if let Some(at) = self.over.iter().position(|over| over.session == session) {
            return self.over.remove(at);
        }
        if self.over.len() >= LEFT_SESSIONS {
            self.over.remove(0);
        }
        Counted { session, is_final: false, last_seq: 0, activities: 0, active: Millis(0) }
    }

    /// The current session becomes a past one, which may still owe something.
    pub(super) fn retire(&mut self, is_final: bool) {
        let (activities, active) = self.presence.own();
        if let Some(session) = self.current_mut() {
            session.is_past = true;
            let previous = Some((session.name.clone(), None));
            let (id, last_seq) = (session.id.clone(), session.last_seq);
            self.previous = previous;
            let mut counted = self.take_counted(id);
            counted.is_final |= is_final;
            (counted.last_seq, counted.activities, counted.active) = (last_seq, activities, active);
            self.over.push(counted);
        }
        self.forget_settled();
        let own = |session: &Session| session.origin.is_none();
        if self.sessions.iter().filter(|session| own(session)).count() > PAST_SESSIONS
            && let Some(oldest) = self.sessions.iter().position(own)
        {
            let mut forgotten = self.sessions.remove(oldest);
            for (event, _) in forgotten.queue.clear() {
                self.ledger.give_up(DropReason::NoSession, 1);
                self.let_go(&event);
            }
        }
    }

    /// Past sessions that owe nothing are let go.
    pub(super) fn forget_settled(&mut self) {
        self.sessions.retain(|session| !session.is_past || session.owes());
        // Whoever seemed dead may have stored more.
        let mut loads = Vec::new();
        for (place, _) in &self.claims {
            if !self.is_open(place) {
                loads.push(Output::Load(events_name(place)));
            }
        }
        self.outputs.append(&mut loads);
    }

    /// Limits are comparisons at every use, for no timer is sure to fire in a sleeping page.
    pub(super) fn obey_limits(&mut self, now: Now) {
        let ran = self.ran;
        // A calendar that was set back and is right again has not slept meanwhile.
        self.ran = ran.max(now.wall);
        let started = self.current().map_or(now.wall, |session| session.started);
        if self.phase != Phase::Live {
            return;
        }
        let oldest = started.after(self.settings.max_session);
        let unused = self.acted.after(self.config.inactivity);
        if now.wall >= oldest.min(ran.after(self.settings.timeout)) {
            // What this tab knows of the others is from before it slept.
            self.look_around();
            self.over(EndReason::Timeout, now);
        } else if now.wall >= unused {
            self.end(EndReason::Timeout, Now { wall: unused, ..now });
        } else {
            let end = oldest.min(unused).min(self.beaten.after(self.settings.timeout));
            let is_near = now.wall.after(EXPIRY_WARNING) >= end;
            if is_near && !self.is_expiring {
                self.outputs.push(Output::Notify(Notice::Expiring));
            }
            self.is_expiring = is_near;
        }
    }

    /// Somebody is there again: after an end for want of input, another session begins.
    pub(super) fn wake(&mut self, now: Now) {
        if self.phase == Phase::Ended(EndReason::Timeout) {
            self.start(now);
        }
    }

    /// The person is somebody else from here on. Before the start nobody was there yet.
    pub(super) fn identify(&mut self, user: String, now: Now) {
        if self.config.user_id == user {
            return;
        }
        self.config.user_id = user;
        // It is that of whoever was there before.
        self.bearer_refused = true;
        if self.is_running() {
            self.end(EndReason::Replaced, now);
            self.start(now);
        } else if self.phase == Phase::Idle && self.current().is_some_and(|session| session.epoch > 1) {
            self.retire(true);
        }
    }

    /// The host's bearer is for this subject, and about to speak for the session.
    pub(super) fn bear(&mut self, subject: String, now: Now) {
        let is_running = self.is_running();
        let Some(session) = self.current_mut() else { return };
        if session.subject.is_empty() || session.subject == subject || !is_running {
            session.subject = subject;
            return;
        }
        // The bearer shall not speak for what is left of it.
        session.user = core::mem::take(&mut session.subject);
        self.recall(usize::MAX);
        self.end(EndReason::Replaced, now);
        self.start(now);
        if let Some(session) = self.current_mut() {
            session.subject = subject;
        }
    }

    /// The session is over because the backend, or a limit, says so. After an end that nobody wished for, another one follows.
    pub(super) fn over(&mut self, reason: EndReason, now: Now) {
        self.settle_ending();
        self.finish(reason);
        if matches!(reason, EndReason::Timeout | EndReason::Crash | EndReason::AppClose) {
            self.retire(true);
            self.begin(now);
            self.phase = Phase::Starting;
        }
    }
}
