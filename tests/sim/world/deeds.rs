//! What each operation does to the world: it picks the page or visitor that is meant, and lets it happen to it. What an application and
//! a person do in a page is here.

use super::{VISITORS, World};
use crate::checks::{self, Outcome};
use crate::ops::Op;
use crate::page::{Life, NOON};
use session_tracker::section::Section;
use session_tracker::session::EndReason;
use session_tracker::tracker::Input;

/// The world ends before the seven days for which an ended session takes events.
pub(super) const LONGEST: u64 = 6 * 24 * 60 * 60_000;
const SECTIONS: [&str; 5] = ["home", "docs", "pricing", "about", "team"];

impl World {
    pub(super) fn carry_out(&mut self, op: Op) -> Outcome {
        match op {
            Op::Open { visitor, user } => self.open(visitor, user, true),
            Op::OpenBehind { visitor, user } => self.open(visitor, user, false),
            Op::OpenTogether { visitor, tabs } => (0..tabs).try_for_each(|tab| self.open(visitor, 0, tab == 0)),
            Op::Duplicate { page } => self.duplicate(page),
            Op::Start { page } => self.to(page, Input::Start),
            Op::Log { page, bytes } => self.log(page, 1, bytes),
            Op::Burst { page, count, bytes } => self.log(page, count, bytes),
            Op::Go { page, section, at_once } => self.go(page, section, at_once),
            Op::Flush { page } => self.to(page, Input::Flush),
            Op::End { page, logout } => self.end(page, if logout { EndReason::Logout } else { EndReason::Manual }),
            Op::Show { page, visible } => self.pick(page, Life::Open).map_or(Ok(()), |index| self.show(index, visible)),
            Op::Switch { page } => self.pick(page, Life::Open).map_or(Ok(()), |index| self.switch_to(index)),
            Op::Focus { page, focused } => {
                self.pick(page, Life::Open).map_or(Ok(()), |index| self.focus(index, focused))
            }
            Op::Act { page } => self.to(page, Input::Activity),
            Op::Online { page } => self.to(page, Input::Online),
            Op::Leave { page, quota } => {
                self.pick(page, Life::Open).map_or(Ok(()), |index| self.leave(index, quota, Life::Left))
            }
            Op::Return { page } => self.come_back(page),
            Op::Freeze { page } => self.freeze(page),
            Op::Discard { page } => self.discard(page),
            Op::Navigate { page, quota, cached } => self.navigate(page, quota, cached),
            Op::CloseTab { page, quota } => self.close_tab(page, quota),
            Op::Destroy { page } => self.pick(page, Life::Open).map_or(Ok(()), |index| self.destroy(index)),
            Op::Login { page, user } => self.log_in(page, user),
            Op::Identify { page, user } => self.identify(page, user),
            Op::Crash { page } => self.pick(page, Life::Open).map_or(Ok(()), |index| self.crash(index)),
            Op::CrashAll { visitor } => self.crash_all(usize::from(visitor) % VISITORS),
            Op::Pass { millis } if self.clock < NOON + LONGEST => self.pass(u64::from(millis)),
            Op::Pass { .. } => Ok(()),
            Op::Sleep { visitor, minutes } => {
                let visitor = usize::from(visitor) % VISITORS;
                self.sleep(visitor..visitor + 1, u64::from(minutes) * 60_000)
            }
            Op::Night { hours } => self.sleep(0..VISITORS, u64::from(hours) * 3_600_000),
            Op::Jump { visitor, seconds } => self.jump(usize::from(visitor) % VISITORS, seconds),
            Op::Meet(fault) => {
                self.faults.push(fault);
                Ok(())
            }
            Op::Outage { seconds } => {
                self.dark_until = self.clock + u64::from(seconds) * 1_000;
                Ok(())
            }
            Op::Storage { visitor, harm } => self.harm(usize::from(visitor) % VISITORS, harm),
            Op::NewKeys => {
                self.count("tokens void");
                self.backend.change_keys();
                Ok(())
            }
            Op::EndElsewhere { visitor } => {
                self.count("ended elsewhere");
                let theirs = format!("visitor{}-", usize::from(visitor) % VISITORS);
                self.backend.end_all(|user| user.starts_with(&theirs), self.clock);
                Ok(())
            }
        }
    }

    fn log(&mut self, page: u8, count: u8, bytes: u16) -> Outcome {
        let Some(index) = self.pick(page, Life::Open) else { return Ok(()) };
        self.use_up(index);
        let mut logged = Vec::new();
        for _ in 0..count {
            self.named += 1;
            let kind = format!("k{}", self.named);
            let now = self.now(index);
            if let Some(id) = self.pages[index].log(&kind, usize::from(bytes), now) {
                let session = self.pages[index].session().unwrap_or_default();
                self.note(|| format!("  page {index} logs {kind} as {id}"));
                self.book.log(id, index, session, kind.into());
                logged.push(id);
            }
        }
        self.begin(index);
        self.put(index, Input::Wake)?;
        let storage = self.visitors[self.pages[index].visitor].storage.clone();
        checks::kept(&self.pages[index], &self.book, &logged, &storage.borrow(), self.now(index).mono)
    }

    fn go(&mut self, page: u8, section: u8, at_once: bool) -> Outcome {
        let Some(index) = self.pick(page, Life::Open) else { return Ok(()) };
        let name = SECTIONS[usize::from(section) % SECTIONS.len()];
        let mono = self.pages[index].mono(self.clock);
        self.pages[index].seen.proposed = Some((name, mono));
        self.put(index, Input::Section { section: Section::parse(name).expect("a name"), at_once })
    }

    fn end(&mut self, page: u8, reason: EndReason) -> Outcome {
        let Some(index) = self.pick(page, Life::Open) else { return Ok(()) };
        self.mark_end(index);
        self.put(index, Input::End(reason))
    }

    /// The page ends its session, or leaves it, at this moment.
    pub(super) fn mark_end(&mut self, index: usize) {
        if self.pages[index].is_running() {
            self.end_now(index);
        }
    }

    pub(super) fn end_now(&mut self, index: usize) {
        if let Some(session) = self.pages[index].session() {
            let present = self.moment(index);
            self.book.ends.entry((session.clone(), index)).or_default().push(present);
            self.book.ended.insert((session, index), present);
        }
    }

    pub(super) fn show(&mut self, index: usize, visible: bool) -> Outcome {
        self.use_up(index);
        self.pages[index].show(visible, self.clock);
        self.put(index, Input::Visible(visible))
    }

    pub(super) fn focus(&mut self, index: usize, focused: bool) -> Outcome {
        if focused {
            self.blur_others(index)?;
        }
        self.use_up(index);
        self.pages[index].focused = focused;
        self.put(index, Input::Focused(focused))
    }

    /// One document at a time has the focus.
    pub(super) fn blur_others(&mut self, index: usize) -> Outcome {
        for other in 0..self.pages.len() {
            let page = &self.pages[other];
            let is_other = other != index && page.visitor == self.pages[index].visitor;
            if is_other && page.focused && page.life == Life::Open {
                self.focus(other, false)?;
            }
        }
        Ok(())
    }

    fn to(&mut self, page: u8, input: Input) -> Outcome {
        let Some(index) = self.pick(page, Life::Open) else { return Ok(()) };
        self.put(index, input)
    }

    /// The page of this number among those that live so, wrapping around.
    pub(super) fn pick(&self, page: u8, life: Life) -> Option<usize> {
        self.pick_if(page, |page| page.life == life)
    }

    pub(super) fn pick_if(&self, page: u8, fits: impl Fn(&crate::page::Page) -> bool) -> Option<usize> {
        let fitting: Vec<usize> = (0..self.pages.len()).filter(|index| fits(&self.pages[*index])).collect();
        (!fitting.is_empty()).then(|| fitting[usize::from(page) % fitting.len()])
    }
}
