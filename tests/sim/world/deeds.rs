//! What each operation does to the world: it picks the page or visitor that is meant, and lets it happen to it.

use super::World;
use crate::checks::{self, Lie};
use crate::ops::{Harm, Op};
use crate::page::{Life, NOON, Page};
use session_tracker::section::Section;
use session_tracker::session::EndReason;
use session_tracker::tracker::Input;
use std::ops::Range;

type Outcome = Result<(), String>;

pub(super) const VISITORS: usize = 3;
/// So many pages are open at once in one world at most.
const PAGES: usize = 6;
/// The world ends before the seven days for which an ended session takes events.
const LONGEST: u64 = 6 * 24 * 60 * 60_000;

impl World {
    pub(super) fn carry_out(&mut self, op: Op) -> Outcome {
        match op {
            Op::Open { visitor, user } => self.open(usize::from(visitor) % VISITORS, user),
            Op::Start { page } => self.to(page, Input::Start),
            Op::Log { page, bytes } => self.log(page, 1, bytes),
            Op::Burst { page, count, bytes } => self.log(page, count, bytes),
            Op::Go { page, section, at_once } => self.go(page, section, at_once),
            Op::Flush { page } => self.to(page, Input::Flush),
            Op::End { page, logout } => {
                self.to(page, Input::End(if logout { EndReason::Logout } else { EndReason::Manual }))
            }
            Op::Show { page, visible } => self.show(page, visible),
            Op::Focus { page, focused } => self.to(page, Input::Focused(focused)),
            Op::Act { page } => self.to(page, Input::Activity),
            Op::Online { page } => self.to(page, Input::Online),
            Op::Leave { page, quota } => self.leave(page, quota, Life::Left),
            Op::Return { page } => self.come_back(page),
            Op::Navigate { page, quota } => self.navigate(page, quota),
            Op::Crash { page } => self.crash(page),
            Op::Close { page } => self.close(page),
            Op::Pass { millis } if self.clock < NOON + LONGEST => self.pass(u64::from(millis)),
            Op::Pass { .. } => Ok(()),
            Op::Sleep { visitor, minutes } => {
                let visitor = usize::from(visitor) % VISITORS;
                self.sleep(visitor..visitor + 1, u64::from(minutes) * 60_000)
            }
            Op::Night { hours } => self.sleep(0..VISITORS, u64::from(hours) * 3_600_000),
            Op::Jump { visitor, seconds } => {
                self.count("clock set");
                self.visitors[usize::from(visitor) % VISITORS].skew += i64::from(seconds) * 1_000;
                Ok(())
            }
            Op::Meet(fault) => {
                self.faults.push(fault);
                Ok(())
            }
            Op::Outage { seconds } => {
                self.dark_until = self.clock + u64::from(seconds) * 1_000;
                Ok(())
            }
            Op::Storage { visitor, harm } => {
                self.harm(usize::from(visitor) % VISITORS, harm);
                Ok(())
            }
            Op::NewKeys => {
                self.count("tokens void");
                self.backend.change_keys();
                Ok(())
            }
            Op::EndElsewhere { visitor } => {
                self.count("ended elsewhere");
                let users = [0, 1].map(|user| user_name(usize::from(visitor) % VISITORS, user));
                self.backend.end_all(&users, self.clock);
                Ok(())
            }
        }
    }

    fn open(&mut self, visitor: usize, user: u8) -> Outcome {
        if self.pages.iter().filter(|page| matches!(page.life, Life::Open | Life::Left)).count() >= PAGES {
            return Ok(());
        }
        let stored = self.visitors[visitor].storage.clone().filter(|_| !self.visitors[visitor].blocked);
        let seed = self.dice.bits();
        let user = user_name(visitor, user);
        self.pages.push(Page::load(visitor, user, stored, self.clock, self.wall(visitor), seed));
        self.put(self.pages.len() - 1, Input::Start)
    }

    fn log(&mut self, page: u8, count: u8, bytes: u16) -> Outcome {
        let Some(index) = self.pick(page, Life::Open) else { return Ok(()) };
        for _ in 0..count {
            self.named += 1;
            let kind = format!("k{}", self.named);
            let now = self.now(index);
            let lie = self.lie;
            let page = &mut self.pages[index];
            let (id, did) = page.log(index, &kind, usize::from(bytes), now, lie)?;
            if let Some(id) = id {
                let session = page.tracker.session_id().map(|id| id.as_str().to_string()).unwrap_or_default();
                page.seen.logged.insert(id, (session, kind));
            }
            self.follow(index, did)?;
        }
        Ok(())
    }

    fn go(&mut self, page: u8, section: u8, at_once: bool) -> Outcome {
        let Some(index) = self.pick(page, Life::Open) else { return Ok(()) };
        let name = ["home", "docs", "pricing", "about", "team"][usize::from(section)];
        let section = Section::parse(name).expect("a name");
        let mono = self.pages[index].mono(self.clock);
        self.pages[index].seen.proposed = Some((name.into(), mono));
        self.put(index, Input::Section { section, at_once })
    }

    fn show(&mut self, page: u8, visible: bool) -> Outcome {
        let Some(index) = self.pick(page, Life::Open) else { return Ok(()) };
        self.pages[index].visible = visible;
        self.put(index, Input::Visible(visible))
    }

    fn leave(&mut self, page: u8, quota: u32, life: Life) -> Outcome {
        let Some(index) = self.pick(page, Life::Open) else { return Ok(()) };
        self.count(if quota < 65_536 { "leave, quota short" } else { "leave" });
        self.pages[index].life = life;
        self.part(index, quota, Input::Leaving)
    }

    fn part(&mut self, index: usize, quota: u32, how: Input) -> Outcome {
        let page = &mut self.pages[index];
        page.quota = quota as usize;
        page.seen.partings = 0;
        page.seen.was_refused = false;
        page.seen.parted.clear();
        let before = page.tracker.state();
        if self.lie != Some(Lie::PageLeavesInSilence) {
            self.put(index, how)?;
        }
        let page = &mut self.pages[index];
        page.seen.at_death = page.tracker.pending();
        checks::goodbye(page, &before)
    }

    fn come_back(&mut self, page: u8) -> Outcome {
        let Some(index) = self.pick(page, Life::Left) else { return Ok(()) };
        self.restore(index)
    }

    pub(super) fn restore(&mut self, index: usize) -> Outcome {
        self.count("back from the cache");
        let visitor = &self.visitors[self.pages[index].visitor];
        let stored = visitor.storage.clone().filter(|_| !visitor.blocked);
        self.pages[index].life = Life::Open;
        self.pages[index].seen.parted.clear();
        self.hear_again();
        self.put(index, Input::Returned(stored))
    }

    fn navigate(&mut self, page: u8, quota: u32) -> Outcome {
        let Some(index) = self.pick(page, Life::Open) else { return Ok(()) };
        self.leave(page, quota, Life::Gone)?;
        self.count("navigation");
        let (visitor, user) = (self.pages[index].visitor, u8::from(self.pages[index].user.ends_with('1')));
        self.open(visitor, user)
    }

    fn crash(&mut self, page: u8) -> Outcome {
        let Some(index) = self.pick(page, Life::Open) else { return Ok(()) };
        self.count("crash");
        let page = &mut self.pages[index];
        page.life = Life::Crashed;
        page.seen.at_death = page.tracker.pending();
        Ok(())
    }

    fn close(&mut self, page: u8) -> Outcome {
        let Some(index) = self.pick(page, Life::Open) else { return Ok(()) };
        self.count("closed by the application");
        self.pages[index].life = Life::Gone;
        self.part(index, 65_536, Input::Close)
    }

    fn sleep(&mut self, visitors: Range<usize>, millis: u64) -> Outcome {
        if self.clock + millis > NOON + LONGEST {
            return Ok(());
        }
        self.count("sleep");
        self.visitors[visitors.clone()].iter_mut().for_each(|visitor| visitor.asleep = true);
        self.pass(millis)?;
        self.visitors[visitors.clone()].iter_mut().for_each(|visitor| visitor.asleep = false);
        for page in self.pages.iter_mut().filter(|page| visitors.contains(&page.visitor)) {
            page.slept += millis;
        }
        self.hear_again();
        self.pass(1)
    }

    fn harm(&mut self, visitor: usize, harm: Harm) {
        self.count(match harm {
            Harm::Cleared => "storage cleared",
            Harm::Corrupted => "storage corrupted",
            Harm::Blocked => "storage blocked",
            Harm::Mended => return self.visitors[visitor].blocked = false,
        });
        let visitor = &mut self.visitors[visitor];
        match harm {
            Harm::Cleared => visitor.storage = None,
            Harm::Corrupted => visitor.storage = visitor.storage.take().map(|text| text[..text.len() / 2].into()),
            Harm::Blocked | Harm::Mended => visitor.blocked = true,
        }
    }

    fn to(&mut self, page: u8, input: Input) -> Outcome {
        let Some(index) = self.pick(page, Life::Open) else { return Ok(()) };
        self.put(index, input)
    }

    /// The page of this number among those that live so, wrapping around.
    fn pick(&self, page: u8, life: Life) -> Option<usize> {
        let mut fitting = self.pages.iter().enumerate().filter(|(_, page)| page.life == life);
        let count = fitting.clone().count();
        (count > 0).then(|| fitting.nth(usize::from(page) % count).map(|(index, _)| index)).flatten()
    }
}

fn user_name(visitor: usize, user: u8) -> String {
    format!("visitor{visitor}-user{user}")
}
