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
        if core::mem::take(&mut self.events_due) {
            for session in self.sessions.iter_mut().filter(|session| session.origin.is_none()) {
                self.outputs.extend(keep_events(session, &self.place, &mut self.outbox));
                self.record_due |= session.queue.events().next_back().is_some_and(|event| event.kept.is_none());
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
        Record {
            place: self.place.clone(),
            device: self.device.clone(),
            visitor: self.visitor.clone(),
            seen: now.wall,
            beaten: self.beaten,
            left: self.page != Page::Open,
            person: self.presence.person(),
            section: self.sections.current().as_str().into(),
            dwelt: self.presence.dwelt(),
            activities,
            active,
            ended: if let Phase::Ended(reason) = self.phase { Some(reason) } else { None },
            claims: self.claims.clone(),
            over: self.over.iter().map(|(id, _)| id.clone()).collect(),
            sessions: Vec::new(),
        }
    }

    /// An event is settled, whatever became of it: storage need not hold it.
    pub(super) fn let_go(&mut self, event: &Event) {
        if let Some(name) = event.kept.and_then(|number| self.outbox.settle(number)) {
            self.outputs.push(Output::Erase(name));
        }
    }

    /// A page that was away does not know what another one does with its entries: it begins them anew, in a place where nobody else will erase.
    pub(super) fn keep_anew(&mut self, now: Now) {
        self.outputs.push(Output::Erase(record_name(&self.place)));
        self.place = self.random.uuid(now.wall).into();
        for session in self.sessions.iter_mut().filter(|session| session.origin.is_none()) {
            for event in session.queue.events_mut() {
                let name = event.kept.take().and_then(|number| self.outbox.settle(number));
                self.outputs.extend(name.map(Output::Erase));
            }
        }
        self.events_due = true;
        self.record_due = true;
    }

    /// The records of dead tabs whose business is done are erased.
    pub(super) fn release_claims(&mut self, now: Now) {
        let (sessions, outputs, tabs) = (&self.sessions, &mut self.outputs, &self.tabs);
        let before = self.claims.len();
        self.claims.retain(|tab| {
            let is_open =
                sessions.iter().any(|session| session.origin.as_ref().is_some_and(|(origin, _)| origin == tab));
            // A tab that is back has its record written anew, and needs it.
            if !is_open && !tabs.living(now.wall).any(|record| record.place == *tab) {
                outputs.push(Output::Erase(record_name(tab)));
            }
            is_open
        });
        self.record_due |= self.claims.len() < before;
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
    let mut lines = Lines::default();
    lines.number(&mut session.key.0.into());
    for event in session.queue.events_mut().skip(kept).take(count) {
        event.carry(&mut lines);
        event.kept = Some(number);
    }
    outbox.keep(number, name.clone(), count, bytes, true);
    Some(Output::Write(name, lines.close(VERSION)))
}
