//! Requests on their way to the backend and answers on their way to a page.

use super::{Happening, World};
use crate::checks::{self, Outcome};
use crate::lies::Lie;
use crate::network::{Fault, Hears, Way, problem, way};
use crate::page::{Life, Sent};
use crate::parsing::flat;
use session_tracker::ledger::DropReason;
use session_tracker::record::RECORDS;
use session_tracker::time::Millis;
use session_tracker::tracker::Input;
use session_tracker::wire::{Route, Verdict, read};
use std::rc::Rc;

/// What stands in an answer's place when somebody else gives it.
const PORTAL: &str = "<html>sign in</html>";

impl World {
    pub(super) fn happen(&mut self, happening: Happening) -> Outcome {
        match happening {
            _ if self.is_deaf(&happening) => {
                self.held.push(happening);
                Ok(())
            }
            Happening::Arrives { sent, replies } => {
                self.reach(sent, replies);
                Ok(())
            }
            Happening::Heard { sent, status, after, body } => {
                let after = after.map(|seconds| Millis::from_seconds(u64::from(seconds)));
                let verdict = read(sent.route, status, after, &flat(&body));
                self.hear(&sent, status, verdict)
            }
            Happening::Failed { sent } => self.hear(&sent, 0, Verdict::TryAgain { after: None }),
            Happening::Stored { page } if self.pages[page].life == Life::Open => {
                self.count("records read");
                let input = self.pages[page].load(RECORDS.into(), self.clock);
                self.put(page, input)
            }
            Happening::Led { page, leads } if matches!(self.pages[page].life, Life::Open | Life::Left) => {
                self.pages[page].seen.asked_to_lead -= 1;
                self.put(page, Input::Led(leads))
            }
            Happening::Stored { .. } | Happening::Led { .. } => Ok(()),
        }
    }

    fn reach(&mut self, sent: Rc<Sent>, replies: Option<(u64, Hears)>) {
        self.count("requests arrived");
        let user = sent.said.user.clone().unwrap_or_else(|| sent.bearer.clone());
        let (status, body) = self.backend.answer(sent.route, sent.body.len(), &sent.said, &user, self.clock);
        self.note(|| format!("  backend: {status} to page {} {} {body}", sent.page, sent.route.path()));
        self.stray(&sent);
        let Some((back, hears)) = replies else { return };
        let (status, body) = match hears {
            Hears::Half => (status, body[..body.len() / 2].into()),
            Hears::Page(status) => (status, PORTAL.into()),
            Hears::Answer | Hears::Problem(..) => (status, body),
            Hears::Failure => return self.come(self.clock + back, Happening::Failed { sent }),
            Hears::Nothing => return,
        };
        self.come(self.clock + back, Happening::Heard { sent, status, after: None, body });
    }

    /// Notes what the backend does not have though it was sent.
    fn stray(&mut self, sent: &Sent) {
        for event in &sent.said.events {
            if !self.backend.rows.contains_key(&event.id) {
                self.book.mark(event.id, |known| known.has_strayed = true);
            }
        }
    }

    /// A frozen or sleeping page hears what it missed once it is there again.
    fn is_deaf(&self, happening: &Happening) -> bool {
        let page = match happening {
            Happening::Arrives { .. } => return false,
            Happening::Heard { sent, .. } | Happening::Failed { sent } => sent.page,
            Happening::Stored { page } | Happening::Led { page, .. } => *page,
        };
        let page = &self.pages[page];
        page.life == Life::Left || self.visitors[page.visitor].is_asleep
    }

    pub(super) fn hear_again(&mut self) {
        for happening in std::mem::take(&mut self.held) {
            self.come(self.clock + 1, happening);
        }
    }

    fn hear(&mut self, sent: &Sent, status: u16, verdict: Verdict) -> Outcome {
        let mono = self.pages[sent.page].mono(self.clock);
        let page = &mut self.pages[sent.page];
        if page.awaited != Some(sent.id) || page.life != Life::Open {
            return Ok(());
        }
        page.awaited = None;
        let acknowledged = page.seen.acknowledged;
        checks::heard(&mut self.book, page, sent, &verdict, mono, self.clock);
        self.note(|| format!("  page {} hears {status} {verdict:?}", sent.page));
        let before = self.dropped(sent.page);
        self.put(sent.page, Input::Answered(sent.id, verdict.clone()))?;
        let dropped = self.dropped(sent.page) - before;
        self.heard += u64::from(dropped > 0 || self.pages[sent.page].seen.acknowledged > acknowledged);
        checks::given_up(&mut self.book, sent, &verdict, dropped);
        let visitor = &self.visitors[self.pages[sent.page].visitor];
        checks::let_go(&self.book, &self.pages[sent.page], sent, &visitor.storage.borrow())?;
        let hurries = self.lie == Some(Lie::PageHurries) && matches!(verdict, Verdict::TryAgain { .. });
        if hurries { self.put(sent.page, Input::Online) } else { Ok(()) }
    }

    /// How many events the page gave up that it had: not those for which there was no room, nor those that only a dead page's memory held.
    pub(super) fn dropped(&self, page: usize) -> u64 {
        let never_had = [DropReason::QueueFull.name(), DropReason::NotStored.name()];
        let dropped = self.pages[page].tracker.ledger().dropped();
        dropped.filter(|(reason, _)| !never_had.contains(reason)).map(|(_, count)| count).sum()
    }

    pub(super) fn send(&mut self, sent: Rc<Sent>) {
        if !sent.taken {
            return;
        }
        let Way { arrives, back, hears } = self.way(&sent);
        if !sent.parting {
            self.pages[sent.page].awaited = Some(sent.id);
        }
        if arrives.is_empty() {
            self.stray(&sent);
        }
        for (nth, after) in arrives.iter().enumerate() {
            let replies = (nth == 0 && !sent.parting).then_some((back, hears));
            self.come(self.clock + after, Happening::Arrives { sent: sent.clone(), replies });
        }
        if !arrives.is_empty() || sent.parting {
            return;
        }
        let at = self.clock + back;
        let heard = |status, after, body| Happening::Heard { sent: sent.clone(), status, after, body };
        match hears {
            Hears::Problem(status, after) => self.come(at, heard(status, after, problem(status))),
            Hears::Page(status) => self.come(at, heard(status, None, PORTAL.into())),
            Hears::Answer => self.come(at, heard(200, None, "{}".into())),
            _ if self.lie == Some(Lie::NetworkAnswersForTheBackend) => {
                let all: Vec<usize> = (0..sent.said.events.len()).collect();
                self.come(at, heard(200, None, format!(r#"{{"accepted":{all:?}}}"#)));
            }
            _ => self.come(at, Happening::Failed { sent: sent.clone() }),
        }
    }

    fn way(&mut self, sent: &Sent) -> Way {
        let is_dark = self.clock < self.dark_until;
        let next = (!self.faults.is_empty()).then(|| self.faults.remove(0));
        let fault = if is_dark { Some(Fault::LostRequest) } else { next };
        if let Some(fault) = fault {
            self.count(if is_dark { "outage" } else { fault.name() });
        }
        let way = way(fault, &mut self.dice);
        let is_swallowed = self.lie == Some(Lie::NetworkSwallowsHeartbeats) && sent.route == Route::Heartbeat;
        if is_swallowed { Way { arrives: vec![], back: 50, hears: Hears::Answer } } else { way }
    }
}
