//! How an event gets in: refused with a reason, dropped because the queue is full, or given an id, a number and a place in the queue of its
//! session. Does not know when it is sent.

use super::{Notice, Output, Phase, Tracker};
use crate::event::{Event, EventData, EventType, What};
use crate::ledger::{DropReason, Refusal};
use crate::limits::{FLUSH_BURST, FLUSH_COUNT, QUEUE_BYTES, QUEUE_EVENTS};
use crate::time::{Millis, Now};
use crate::timers::Timer;
use crate::wire;
use uuid::Uuid;

impl Tracker {
    /// Takes in an event of the application. Gives its id, or nothing if the queue is full (the event is then counted as dropped).
    ///
    /// # Errors
    /// A [`Refusal`], which the ledger has counted.
    pub fn log(&mut self, kind: String, data: Option<String>, now: Now) -> Result<Option<Uuid>, Refusal> {
        self.presence.count(now.mono, self.settings.longest_interval());
        self.obey_limits(now);
        self.wake(now);
        let what = self.parse(kind, data).inspect_err(|refusal| self.ledger.refuse(*refusal))?;
        self.open(false, now);
        self.act(now);
        if !self.is_sampled() {
            self.ledger.refuse(Refusal::Sampled);
            return Err(Refusal::Sampled);
        }
        Ok(self.admit(what, now))
    }

    fn parse(&self, kind: String, data: Option<String>) -> Result<What, Refusal> {
        if matches!(self.phase, Phase::Ended(_) | Phase::Inert(_)) {
            return Err(Refusal::Ended);
        }
        Ok(What::Logged {
            kind: EventType::parse(kind)?,
            data: data.map(EventData::parse).transpose()?,
            section: self.sections.current().clone(),
        })
    }

    /// Gives an event its id and its number, and a place in the queue if there is one.
    pub(super) fn admit(&mut self, what: What, now: Now) -> Option<Uuid> {
        self.open(false, now);
        let (mut events, mut bytes) = (0, 0);
        for session in &self.sessions {
            events += session.queue.len();
            bytes += session.queue.bytes();
        }
        let id = self.random.uuid(now.wall);
        let session = self.sessions.last_mut()?;
        session.last_seq += 1;
        self.ledger.accept(1);
        let (seq, is_move) = (session.last_seq, matches!(what, What::Moved(..)));
        let event = Event { seq, is_move, text: wire::spell(id, seq, now.wall, &what), kept: None };
        if events >= QUEUE_EVENTS || bytes + event.bytes() > QUEUE_BYTES {
            session.losses.add(DropReason::QueueFull, event.seq);
            self.ledger.give_up(DropReason::QueueFull, 1);
            self.outputs.push(Output::Notify(Notice::Dropped));
            return None;
        }
        if is_move {
            self.presence.dwell(Millis(0));
        }
        self.gathered = (self.gathered.0 + 1, self.gathered.1 + event.bytes());
        session.queue.push(event);
        self.events_due = true;
        self.schedule_flush(now);
        Some(id)
    }

    pub(super) fn schedule_flush(&mut self, now: Now) {
        let (events, _) = self.gathered;
        self.timers.set_by(Timer::Flush, now.mono.after(self.settings.flush));
        if events >= FLUSH_COUNT {
            self.timers.set_by(Timer::Flush, now.mono.after(FLUSH_BURST));
        }
    }
}
