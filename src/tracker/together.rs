//! Several tabs, one session: what this tab learns of the others through storage, in which session they meet, and who of them beats.
//! What a dead one left undone is finished in `adoption.rs`.

use super::{Output, Page, Phase, Tracker};
use crate::flat::pairs;
use crate::id::Id;
use crate::limits::{CLAIMS, TAB_RENEWAL};
use crate::presence::Person;
use crate::record::{RECORDS, Record, events_name};
use crate::session::{EndReason, Ending, Session};
use crate::time::Now;
use crate::timers::Timer;
use std::rc::Rc;

impl Tracker {
    /// What storage holds under names that begin like this.
    pub(super) fn loaded(&mut self, prefix: &str, entries: &str, now: Now) {
        if prefix == events_name(&self.place) {
            return self.unkeep(&|held| held.starts_with(prefix) && !pairs(entries).any(|(name, _)| name == held));
        } else if prefix != RECORDS {
            return self.adopt(prefix, entries, now);
        }
        let is_missing = !self.tabs.learn(&self.tab, &self.place, entries, now);
        if self.looks_around {
            // Another tab thought that this one was dead, or somebody cleared the storage; or it is out of reach, and then nothing is known.
            self.record_due |= is_missing && self.is_running();
            if core::mem::replace(&mut self.is_missing, is_missing) && !is_missing {
                self.outputs.push(Output::Load(events_name(&self.place)));
            }
        }
        self.meet(now);
    }

    /// Asks for the other tabs' records.
    pub(super) fn look_around(&mut self) {
        if self.config.persistent {
            self.looks_around = true;
            self.outputs.push(Output::Load(RECORDS.into()));
        }
    }

    /// The browser profile has one name, which the first of its pages gave it, and is one visitor to the backend.
    pub(super) fn meet_profile(&mut self) {
        if !self.config.persistent {
            return;
        }
        for record in self.tabs.all() {
            if record.device.is_some() {
                self.device.clone_from(&record.device);
            }
            if !record.visitor.is_empty() {
                self.visitor.clone_from(&record.visitor);
            }
        }
    }

    /// Takes over from the records of the others what this tab has to know.
    pub(super) fn meet(&mut self, now: Now) {
        if self.page != Page::Open {
            return;
        }
        if self.is_running() {
            self.catch_up();
            self.follow(now);
        } else if !matches!(self.phase, Phase::Ended(_)) {
            return;
        }
        if self.timers.at(Timer::Renewal).is_none() {
            self.renew(now);
        }
        // When a tab goes all others hear of it at once; the one that leads is enough, and whoever looks by itself.
        if !core::mem::take(&mut self.looks_around) && !self.tabs.leads {
            return;
        }
        let unclaimed =
            self.tabs.orphans().filter(|record| !self.claims.iter().any(|(place, _)| *place == record.place));
        for record in unclaimed.take(CLAIMS.saturating_sub(self.claims.len())) {
            self.outputs.push(Output::Load(events_name(&record.place)));
        }
    }

    /// Takes over what other tabs of the session reached. Gives the one in which the person was last seen.
    pub(super) fn catch_up(&mut self) -> Option<Rc<Record>> {
        let session = self.sessions.last_mut().filter(|session| !session.is_past)?;
        let mut latest: Option<&Rc<Record>> = None;
        for record in self.tabs.all() {
            let Some(known) = record.current().filter(|current| current.id == session.id) else { continue };
            session.epoch = session.epoch.max(known.epoch);
            self.beaten = self.beaten.max(record.beaten);
            self.ran = self.ran.max(record.seen);
            self.presence.merge(record.activities, record.active);
            if latest.is_none_or(|latest| latest.seen < record.seen) {
                latest = Some(record);
            }
        }
        latest.cloned()
    }

    /// Where another tab ended the session, or went on to the next one, this tab does the same; but not into another
    /// person's, who takes this one's place.
    fn follow(&mut self, now: Now) {
        let Some(current) = self.current() else { return };
        let mut ended = None;
        let mut next: Option<&Rc<Record>> = None;
        let mut is_replaced = false;
        let mut best = &current.id;
        // A tab that slept does not know yet that its session is over.
        let is_late = |record: &Record| now.wall.since(record.seen) >= self.settings.timeout;
        for record in self.tabs.living() {
            let Some(theirs) = record.current() else { continue };
            if theirs.id == current.id {
                ended = ended.or(record.ended);
            } else if theirs.user != current.user {
                // Of two people in one profile the later one is there.
                is_replaced |= record.ended.is_none() && is_older(&current.id, &theirs.id);
            } else if record.ended.is_none() && !is_late(record) && self.goes_before(&theirs.id, best) {
                (next, best) = (Some(record), &theirs.id);
            }
        }
        if is_replaced {
            return self.end(EndReason::Replaced, now);
        }
        match (next.cloned(), ended) {
            (Some(record), _) => self.join(&record, now),
            (None, Some(reason)) => {
                self.settle_ending();
                self.finish(reason);
            }
            (None, None) => {}
        }
    }

    /// In which of two sessions all tabs meet: not in one that is over for any of them, and of those that began at the same moment in the one
    /// with the lower id. Where both were left by somebody, the younger one is more likely to go on, unless it was ended for good.
    fn goes_before(&self, one: &Id, other: &Id) -> bool {
        let is_older = is_older(one, other);
        match (self.is_over(one), self.is_over(other)) {
            (false, false) => is_older,
            (true, true) => {
                let is_final = self.over.iter().any(|counted| counted.is_final && counted.session == *one);
                !is_older && !is_final && !self.tabs.have_ended(one)
            }
            (is_over, _) => !is_over,
        }
    }

    /// Whether any tab, this one included, knows that the session is over.
    #[inline(never)]
    pub(super) fn is_over(&self, id: &Id) -> bool {
        self.has_left(id) || self.tabs.have_left(id)
    }

    /// Leaves the session for another tab's.
    fn join(&mut self, record: &Record, now: Now) {
        // Of the two that began at the same moment, the backend shall keep one; of one that was over, it knows.
        let is_news = self.current().is_some_and(|current| !self.is_over(&current.id));
        if let Some(session) = self.current_mut() {
            session.ending = if is_news { Ending::Owed(EndReason::Replaced, now.wall) } else { Ending::Settled };
        }
        self.retire(false);
        self.take_up(record, now);
        self.phase = Phase::Starting;
        self.record_due = true;
    }

    /// What the person does, in whichever tab of the session they are.
    pub(super) fn person(&self) -> Person {
        let own = self.presence.person();
        self.current().map_or(own, |session| own.min(self.tabs.elsewhere(&session.id)))
    }

    /// This tab runs: it says so, and leads if nobody does. Only a page in view leads; nobody waits for it, for a lock that is held or waited for
    /// keeps a page out of the back/forward cache.
    pub(super) fn renew(&mut self, now: Now) {
        self.retry_keeping();
        let has_business = self.is_running() || self.sessions.iter().any(Session::owes);
        self.record_due |= has_business;
        if has_business || self.tabs.all().next().is_some() {
            // The lead shall pass within a beat, however short that is; and no interval of active time may be longer than two beats, however
            // long the backend makes the page wait to send.
            let often = self.settings.heartbeat.at_most(TAB_RENEWAL);
            self.timers.set_by(Timer::Renewal, now.mono.after(often));
        }
        if !self.config.persistent {
            // Tabs that know nothing of each other have a session each.
            return self.led(true, now);
        }
        if self.may_lead() && !self.tabs.leads {
            self.outputs.push(Output::Lead);
        }
    }

    /// The lead was free, or not.
    pub(super) fn led(&mut self, leads: bool, now: Now) {
        if !leads || self.tabs.leads {
            return;
        }
        if !self.may_lead() {
            return self.outputs.push(Output::Unlead);
        }
        self.tabs.leads = true;
        let rest = self.settings.heartbeat.less(now.wall.since(self.beaten));
        self.timers.set(Timer::Heartbeat, now.mono.after(rest));
    }

    /// Another tab may lead.
    pub(super) fn stop_leading(&mut self) {
        self.timers.stop(Timer::Heartbeat);
        if core::mem::take(&mut self.tabs.leads) {
            self.outputs.push(Output::Unlead);
        }
    }

    fn may_lead(&self) -> bool {
        self.phase == Phase::Live && self.page == Page::Open && self.presence.person() != Person::Hidden
    }
}

/// Ids begin with the time at which they were made.
#[inline(never)]
fn is_older(one: &Id, other: &Id) -> bool {
    one.as_str() < other.as_str()
}
