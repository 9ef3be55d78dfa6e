//! How a page runs its tracker: it tells it what happens, and does what the tracker says until that sleeps, as the browser's driver does. Where a lie
//! is to be told to the tracker or about it, it is told here.

use super::{Did, Page, Sent, read};
use crate::book::OUTBOX;
use crate::lies::{self, Lie};
use crate::parsing::joined;
use session_tracker::ledger::DropReason;
use session_tracker::record::RECORDS;
use session_tracker::time::Now;
use session_tracker::tracker::{Input, Output};
use std::rc::Rc;
use uuid::Uuid;

/// What one input may make the tracker do.
const STEPS: usize = 2_000;

impl Page {
    pub(crate) fn put(&mut self, page: usize, input: Input, now: Now, clock: u64) -> Result<Vec<Did>, String> {
        let now = lies::told(self.lie, &input, now);
        let again = self.said.again(self.lie, &input);
        if let Some(input) = lies::heard(self.lie, input) {
            if self.tracker.config().persistent
                && matches!(input, Input::Start | Input::Leaving | Input::Returned | Input::Close)
            {
                self.tracker.handle(self.load(RECORDS.into(), clock), now);
            }
            self.tracker.handle(input, now);
        }
        let mut did = self.pump(page, now, clock)?;
        did.extend(again);
        Ok(did)
    }

    /// Gives the event's id, if it got one. The tracker acts on it at the end of the task.
    pub(crate) fn log(&mut self, kind: &str, bytes: usize, now: Now) -> Option<Uuid> {
        let data = (bytes > 0).then(|| format!("\"{}\"", "x".repeat(bytes)));
        let before = self.forgets().then(|| self.tracker.clone());
        let id = self.tracker.log(kind.into(), data, now).ok().flatten();
        if let Some(before) = before {
            self.tracker = before;
        }
        id
    }

    /// What storage holds under all names that begin so, as the tracker hears it.
    pub(crate) fn load(&self, prefix: String, clock: u64) -> Input {
        let mut entries = read(self.lie, &self.storage.borrow(), &prefix, clock, self.tab, self.late);
        if self.lie == Some(Lie::PageOverlooksTheDead) && prefix.starts_with(OUTBOX) {
            // It does see its own.
            entries.retain(|(name, _)| name.starts_with(&format!("{OUTBOX}{}:", self.seen.place)));
        }
        Input::Loaded(prefix, joined(entries))
    }

    fn write(&mut self, name: String, text: Option<String>, now: Now, clock: u64) -> Did {
        let taken = self.storage.borrow_mut().write(clock, self.tab, &name, text.clone());
        if !taken && text.is_some() {
            self.tracker.handle(Input::Unkept(name.clone()), now);
        }
        Did::Wrote { name, text, taken }
    }

    fn forgets_to_keep(&self) -> bool {
        match self.lie {
            Some(Lie::PageKeepsNothing) => true,
            Some(Lie::PageGivesStorageUp) => self.seen.refused.is_some(),
            _ => false,
        }
    }

    /// Whether the event that is logged now is to be forgotten.
    fn forgets(&mut self) -> bool {
        let given_up = self.tracker.ledger().dropped().filter(|(reason, _)| *reason == DropReason::NoSession.name());
        match self.lie {
            Some(Lie::PageForgetsAnEvent) => true,
            Some(Lie::PageForgetsForEachThatItGivesUp)
                if given_up.map(|(_, count)| count).sum::<u64>() > self.forgotten =>
            {
                self.forgotten += 1;
                true
            }
            _ => false,
        }
    }

    fn pump(&mut self, page: usize, now: Now, clock: u64) -> Result<Vec<Did>, String> {
        let mut did = Vec::new();
        for _ in 0..STEPS {
            match self.tracker.poll(now) {
                Output::Send(request) => {
                    let taken = !request.parting || request.body.len() <= self.quota;
                    if request.parting {
                        self.quota -= if taken { request.body.len() } else { 0 };
                        self.tracker.handle(Input::Handed(request.id, taken), now);
                    }
                    let sent = Rc::new(lies::sent(self.lie, &self.seen, Sent::of(page, request, self.user(), taken)?));
                    self.said.remember(&sent);
                    if self.lie == Some(Lie::PageSendsTwice) && !sent.parting {
                        did.push(Did::Sent(sent.clone()));
                    }
                    did.push(Did::Sent(sent));
                }
                Output::Cancel => did.push(Did::Cancelled),
                Output::Write(name, _) if self.forgets_to_keep() && name.starts_with(OUTBOX) => {}
                Output::Write(name, text) => did.push(self.write(name, Some(text), now, clock)),
                Output::Erase(name) => did.push(self.write(name, None, now, clock)),
                Output::Load(prefix) => {
                    let input = self.load(prefix, clock);
                    self.seen.look(&input);
                    self.tracker.handle(input, now);
                }
                Output::Lead => did.push(Did::Lead),
                Output::Unlead => did.push(Did::Unlead),
                Output::Later(_, body) if body.is_empty() && self.lie == Some(Lie::PageKeepsItsHand) => {}
                Output::Later(route, body) => self.held = (!body.is_empty()).then_some((route, body)),
                Output::Notify(notice) => did.push(Did::Told(notice)),
                Output::Sleep(_) if self.lie == Some(Lie::PageNeverRests) => self.tracker.handle(Input::Wake, now),
                Output::Sleep(alarm) => {
                    self.alarm = alarm.map(|(at, _)| at);
                    return Ok(did);
                }
            }
        }
        Err(format!("the tracker does not come to rest in {STEPS} steps"))
    }
}
