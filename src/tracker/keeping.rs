//! What this tab keeps in storage, at the end of each task that changed it: its record, and the events that are not acknowledged. Nothing is
//! kept before the start, nor where the host allows nothing.

use super::{Output, Page, Phase, Tracker};
use crate::event::Event;
use crate::id::Id;
use crate::lines::Lines;
use crate::outbox::Outbox;
use crate::record::{Record, VERSION, events_name, record_name};
use crate::session::Session;
use crate::time::Now;
use crate::wire::push_number;

impl Tracker {
    /// Writes down what is not written down yet. True if that gave the driver anything to do.
    pub(super) fn keep(&mut self, now: Now) -> bool {
        if self.presence.take_touched() {
            self.acted = now.wall;
        }
        self.arm_due |= self.events_due || self.record_due;
        if !self.config.persistent || self.phase == Phase::Idle {
            (self.events_due, self.record_due) = (false, false);
            return false;
        }
        if core::mem::take(&mut self.events_due) && !self.is_full {
            for session in self.sessions.iter_mut().filter(|session| session.origin.is_none()) {
                self.outputs.extend(keep_events(session, &self.place, &mut self.outbox));
                self.record_due |= session.queue.events().next_back().is_some_and(|event| event.kept.is_none());
            }
        }
        while let Some((number, name)) = self.outbox.next_cut() {
            for session in &mut self.sessions {
                if session.queue.events().any(|event| event.kept == Some(number)) {
                    self.outputs.push(Output::Write(name.clone(), entry(session, number)));
                }
            }
        }
        if core::mem::take(&mut self.record_due) && !self.has_last_word {
            // What an answer says to a tracker that is done with changes nothing for the other tabs.
            self.has_last_word = matches!(self.phase, Phase::Inert(_));
            let mut record = self.record(now);
            let text = record.write(self.sessions.iter_mut().filter(|session| session.origin.is_none()));
            self.outputs.push(Output::Write(record_name(&self.place), text));
        }
        !self.outputs.is_empty()
    }

    fn record(&self, now: Now) -> Record {
        let (activities, active) = self.presence.own();
        let (mut claims, mut over) = (Vec::new(), Vec::new());
        for (place, _) in &self.claims {
            claims.push(place.clone());
        }
        for counted in &self.over {
            over.push(counted.session.clone());
        }
        Record {
            place: self.place.clone(),
            device: self.device.clone(),
            visitor: self.visitor.clone(),
            seen: now.wall,
            beaten: self.beaten,
            left: self.page != Page::Open || matches!(self.phase, Phase::Inert(_)),
            person: self.presence.person(),
            section: self.sections.current().as_str().into(),
            dwelt: self.presence.dwelt(),
            activities,
            active,
            ended: if let Phase::Ended(reason) = self.phase { Some(reason) } else { None },
            claims,
            over,
            sessions: Vec::new(),
        }
    }

    /// An event is settled, whatever became of it: storage need not hold it.
    pub(super) fn let_go(&mut self, event: &Event) {
        if let Some(name) = event.kept.and_then(|number| self.outbox.settle(number, event.bytes())) {
            self.outputs.push(Output::Erase(name));
        }
    }

    /// Storage did not take an entry: what it was to hold is only in memory.
    pub(super) fn unkept(&mut self, name: &str) {
        self.is_full = true;
        self.record_due |= self.outbox.has(name);
        self.unkeep(&|entry| entry == name);
    }

    /// Storage does not hold these entries.
    pub(super) fn unkeep(&mut self, is_meant: &dyn Fn(&str) -> bool) {
        let forgotten = self.outbox.forget(is_meant);
        for event in self.sessions.iter_mut().flat_map(|session| session.queue.events_mut()) {
            event.kept = event.kept.filter(|kept| !forgotten.contains(kept));
        }
        self.events_due |= !forgotten.is_empty();
    }

    /// Storage may have room again.
    pub(super) fn retry_keeping(&mut self) {
        self.events_due |= core::mem::take(&mut self.is_full);
    }

    /// A page that was away does not know what became of what it stored: another one may have sent it. It leaves that where it is, as a
    /// dead tab does, begins anew in another place, and takes over what is still there as anybody would.
    pub(super) fn move_on(&mut self) {
        self.recall(usize::MAX);
        let mut left = 0;
        for session in &mut self.sessions {
            left += session.queue.leave_kept();
        }
        self.ledger.hand_back(left);
        self.sessions.retain(|session| session.origin.is_none());
        self.claims.clear();
        self.outbox = Outbox::default();
        let mut place = String::from(self.tab.as_str());
        place.push('-');
        push_number(&mut place, self.random.bits());
        self.place = Id::parse(&place).unwrap_or_else(|| self.tab.clone());
        self.look_around();
        self.events_due = true;
        self.record_due = true;
    }
}

/// The youngest events are the ones that are not kept; as many of them as there is room for go into one entry, oldest first.
fn keep_events(session: &mut Session, tab: &Id, outbox: &mut Outbox) -> Option<Output> {
    let fresh = session.queue.events().rev().take_while(|event| event.kept.is_none()).count();
    let kept = session.queue.len() - fresh;
    let (mut count, mut bytes) = (0, 0);
    for event in session.queue.events().skip(kept) {
        if !outbox.has_room(bytes + event.bytes()) {
            break;
        }
        count += 1;
        bytes += event.bytes();
    }
    if count == 0 {
        return None;
    }
    let number = outbox.next_number();
    let mut name = events_name(tab);
    push_number(&mut name, u64::from(number));
    for event in session.queue.events_mut().skip(kept).take(count) {
        event.kept = Some(number);
    }
    outbox.keep(number, name.clone(), count, bytes, true);
    Some(Output::Write(name, entry(session, number)))
}

/// What the entry of this number holds of a session.
fn entry(session: &mut Session, number: u32) -> String {
    let mut lines = Lines::default();
    lines.number(&mut session.key.0.into());
    for event in session.queue.events_mut() {
        if event.kept == Some(number) {
            event.carry(&mut lines);
        }
    }
    lines.close(VERSION)
}
