//! Requests on their way to the backend and answers on their way to a page.

use super::{Happening, World};
use crate::checks::{self, Lie};
use crate::network::{Fault, Hears, Way, problem, way};
use crate::page::{Life, Sent};
use session_tracker::time::Millis;
use session_tracker::tracker::Input;
use session_tracker::wire::{Verdict, read};
use std::rc::Rc;

type Outcome = Result<(), String>;

impl World {
    pub(super) fn happen(&mut self, happening: Happening) -> Outcome {
        match happening {
            Happening::Heard { .. } | Happening::Failed { .. } if self.is_deaf(&happening) => {
                self.held.push(happening);
                Ok(())
            }
            Happening::Arrives { sent, replies } => {
                let path = sent.route.path();
                self.count("requests arrived");
                let (status, body) = self.backend.answer(&sent, &self.pages[sent.page].user, self.clock);
                self.note(|| format!("  backend: {status} to page {} {path} {body}", sent.page));
                let refused = sent.events.iter().filter(|id| !self.backend.rows.contains_key(*id)).cloned();
                self.pages[sent.page].seen.lost_on_the_way.extend(refused);
                let Some((back, hears)) = replies else { return Ok(()) };
                let (status, body) = match hears {
                    Hears::Half => (status, body[..body.len() / 2].into()),
                    Hears::Page(status) => (status, "<html>sign in</html>".into()),
                    Hears::Answer | Hears::Problem(..) => (status, body),
                    Hears::Failure => {
                        self.come(self.clock + back, Happening::Failed { sent });
                        return Ok(());
                    }
                    Hears::Nothing => return Ok(()),
                };
                self.come(self.clock + back, Happening::Heard { sent, status, after: None, body });
                Ok(())
            }
            Happening::Heard { sent, status, after, body } => {
                let after = after.map(|seconds| Millis::from_seconds(u64::from(seconds)));
                let verdict = read(sent.route, status, after, &body);
                self.hear(&sent, status, verdict)
            }
            Happening::Failed { sent } => self.hear(&sent, 0, Verdict::TryAgain { after: None }),
        }
    }

    /// A frozen or sleeping page hears what it missed once it is there again.
    fn is_deaf(&self, happening: &Happening) -> bool {
        let (Happening::Arrives { sent, .. } | Happening::Heard { sent, .. } | Happening::Failed { sent }) = happening;
        let page = &self.pages[sent.page];
        page.life == Life::Left || self.visitors[page.visitor].asleep
    }

    pub(super) fn hear_again(&mut self) {
        for happening in std::mem::take(&mut self.held) {
            self.come(self.clock + 1, happening);
        }
    }

    fn hear(&mut self, sent: &Sent, status: u16, verdict: Verdict) -> Outcome {
        let page = &mut self.pages[sent.page];
        let is_awaited = page.awaited == Some(sent.id);
        if !is_awaited || page.life != Life::Open {
            return Ok(());
        }
        page.awaited = None;
        let mono = page.mono(self.clock);
        checks::heard(page, sent, &verdict, mono, self.clock);
        self.note(|| format!("  page {} hears {status} {verdict:?}", sent.page));
        let before = self.dropped(sent.page);
        self.put(sent.page, Input::Answered(sent.id, verdict.clone()))?;
        let dropped = self.dropped(sent.page) - before;
        checks::given_up(&mut self.pages[sent.page], sent, &verdict, dropped);
        Ok(())
    }

    fn dropped(&self, page: usize) -> u64 {
        self.pages[page].tracker.ledger().dropped().map(|(_, count)| count).sum()
    }

    pub(super) fn send(&mut self, sent: Rc<Sent>) {
        if !sent.taken {
            return;
        }
        let is_dark = self.clock < self.dark_until;
        let next = (!self.faults.is_empty()).then(|| self.faults.remove(0));
        let fault = if is_dark { Some(Fault::LostRequest) } else { next };
        if let Some(fault) = fault {
            self.count(if is_dark { "outage" } else { fault.name() });
        }
        let Way { arrives, back, hears } = way(fault, &mut self.dice);
        if !sent.parting {
            self.pages[sent.page].awaited = Some(sent.id);
        }
        if arrives.is_empty() {
            self.pages[sent.page].seen.lost_on_the_way.extend(sent.events.iter().cloned());
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
            Hears::Page(status) => self.come(at, heard(status, None, "<html>sign in</html>".into())),
            _ if self.lie == Some(Lie::NetworkAnswersForTheBackend) => {
                let all: Vec<String> = (0..sent.events.len()).map(|index| index.to_string()).collect();
                self.come(at, heard(200, None, format!(r#"{{"accepted":[{}]}}"#, all.join(","))))
            }
            _ => self.come(at, Happening::Failed { sent: sent.clone() }),
        }
    }
}
