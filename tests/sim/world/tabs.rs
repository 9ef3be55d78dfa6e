//! How pages come into being, leave, come back and vanish. What a browser does in what order is here: a page that leaves hears
//! `pagehide` before it is hidden, and one that comes back is in view before `pageshow` (HTML, "unloading documents" and
//! "reactivate a document").

use super::{VISITORS, World};
use crate::book::OUTBOX;
use crate::checks::{self, Outcome};
use crate::page::{Life, Loading, Page, WHOLE_QUOTA};
use crate::storage::LATEST;
use session_tracker::tracker::Input;
use std::rc::Rc;

/// So many pages are open or cached at once in one world at most.
pub(super) const PAGES: usize = 10;
/// A tab that has been silent for so long is dead to the others: two minutes, of which a hidden page counts one for each time that it looks, and its
/// timer rings up to a minute and a half after it was set.
pub(crate) const MISSED: u64 = 215_000;
/// A page has looked at the others by itself when it has been there for so long.
const LOOK: u64 = 31_000;

impl World {
    /// A new tab, in view and in focus or behind the others.
    pub(super) fn open(&mut self, visitor: u8, user: u8, in_front: bool) -> Outcome {
        let visitor = usize::from(visitor) % VISITORS;
        if self.is_crowded() {
            return Ok(());
        }
        self.arrive(visitor, user, in_front)
    }

    pub(super) fn arrive(&mut self, visitor: usize, user: u8, in_front: bool) -> Outcome {
        if in_front {
            self.hide_others(visitor, None)?;
        }
        self.tabs += 1;
        self.load(visitor, self.tabs, user_name(visitor, user), in_front)
    }

    pub(super) fn duplicate(&mut self, page: u8) -> Outcome {
        let Some(index) = self.pick(page, Life::Open).filter(|_| !self.is_crowded()) else { return Ok(()) };
        self.count("tab duplicated");
        let (visitor, user) = (self.pages[index].visitor, self.pages[index].user());
        self.hide_others(visitor, None)?;
        self.tabs += 1;
        self.load(visitor, self.tabs, user, true)
    }

    fn is_crowded(&self) -> bool {
        self.pages.iter().filter(|page| matches!(page.life, Life::Open | Life::Left)).count() >= PAGES
    }

    fn load(&mut self, visitor: usize, tab: usize, user: Rc<str>, visible: bool) -> Outcome {
        let seed = self.dice.bits();
        let index = self.pages.len();
        let (clock, wall, lie, late) = (self.clock, self.wall(visitor), self.lie, self.dice.below(LATEST + 1));
        let (storage, is_persistent) = (self.visitors[visitor].storage.clone(), self.visitors[visitor].is_persistent);
        // One document at a time has the focus.
        let has_rival = |page: &Page| page.visitor == visitor && page.life == Life::Open && page.focused;
        let focused = visible && !self.pages.iter().any(has_rival);
        let can_fetch_later = self.visitors[visitor].can_fetch_later;
        let loading = Loading {
            visitor,
            tab,
            user,
            storage,
            is_persistent,
            late,
            visible,
            focused,
            clock,
            wall,
            seed,
            can_fetch_later,
            lie,
        };
        self.pages.push(Page::open(loading));
        self.living.push(index);
        self.pages[index].seen.loaded_awake = self.awake(visitor);
        let tabs = self.pages.iter().filter(|page| page.visitor == visitor && page.life == Life::Open).count();
        self.most_tabs = self.most_tabs.max(tabs);
        self.put(index, Input::Start)
    }

    pub(super) fn switch_to(&mut self, index: usize) -> Outcome {
        self.count("turned to another tab");
        self.hide_others(self.pages[index].visitor, Some(index))?;
        if !self.pages[index].visible {
            self.show(index, true)?;
        }
        if !self.pages[index].focused {
            self.focus(index, true)?;
        }
        Ok(())
    }

    fn hide_others(&mut self, visitor: usize, but: Option<usize>) -> Outcome {
        for index in 0..self.pages.len() {
            let page = &self.pages[index];
            if page.visitor != visitor || page.life != Life::Open || Some(index) == but {
                continue;
            }
            if page.focused {
                self.focus(index, false)?;
            }
            if self.pages[index].visible {
                self.show(index, false)?;
            }
        }
        Ok(())
    }

    pub(super) fn leave(&mut self, index: usize, quota: u32, life: Life) -> Outcome {
        self.count(if quota < WHOLE_QUOTA { "leave, quota short" } else { "leave" });
        let was_visible = self.pages[index].visible;
        self.part(index, quota, life, Input::Leaving)?;
        if was_visible && life == Life::Left {
            self.show(index, false)?;
        }
        Ok(())
    }

    fn part(&mut self, index: usize, quota: u32, life: Life, how: Input) -> Outcome {
        self.use_up(index);
        self.mark_end(index);
        let page = &mut self.pages[index];
        page.life = life;
        page.quota = quota as usize;
        page.seen.partings = 0;
        page.seen.was_refused = false;
        page.seen.parted.clear();
        page.seen.is_unheard = false;
        let before = page.tracker.state();
        self.put(index, how)?;
        let awake = self.awake(self.pages[index].visitor);
        let page = &mut self.pages[index];
        page.seen.at_death = page.tracker.pending();
        page.seen.died_at = self.clock;
        page.seen.died_awake = awake;
        if life == Life::Gone {
            self.bury(index);
        }
        let has_company = self.has_company(index);
        checks::goodbye(&self.pages[index], &before, has_company)
    }

    pub(super) fn come_back(&mut self, page: u8) -> Outcome {
        let Some(index) = self.pick(page, Life::Left) else { return Ok(()) };
        let is_rival = |page: &Page| page.tab == self.pages[index].tab && page.life == Life::Open;
        if let Some(rival) = self.pages.iter().position(is_rival) {
            self.leave(rival, WHOLE_QUOTA, Life::Left)?;
        }
        self.restore(index)
    }

    pub(super) fn restore(&mut self, index: usize) -> Outcome {
        self.count("back from the cache");
        let visitor = self.pages[index].visitor;
        // One that was frozen behind other tabs is not in view when it runs again.
        if self.dice.is_one_in(2) {
            self.hide_others(visitor, Some(index))?;
            self.show(index, true)?;
        }
        if self.pages[index].focused {
            self.blur_others(index)?;
        }
        self.pages[index].life = Life::Open;
        self.pages[index].seen.used_to = self.clock;
        self.pages[index].seen.returned_awake = self.awake(visitor);
        self.pages[index].seen.parted.clear();
        self.book.ended.retain(|(_, page), _| *page != index);
        let storage = self.visitors[visitor].storage.clone();
        // What another page erased a moment ago it may still read.
        let read = storage.borrow().read(OUTBOX, self.clock, self.pages[index].tab, self.pages[index].late);
        let is_there =
            |name: &str| storage.borrow().entries().contains_key(name) || read.iter().any(|(held, _)| held == name);
        let of_visitor: Vec<_> = (0..self.pages.len()).filter(|other| self.pages[*other].visitor == visitor).collect();
        self.book.leave_behind(index, &of_visitor, is_there);
        self.hear_again();
        self.put(index, Input::Returned)
    }

    pub(super) fn freeze(&mut self, page: u8) -> Outcome {
        let Some(index) = self.pick_if(page, |page| page.life == Life::Open && !page.visible) else { return Ok(()) };
        self.count("frozen");
        self.part(index, WHOLE_QUOTA, Life::Left, Input::Leaving)
    }

    pub(super) fn discard(&mut self, page: u8) -> Outcome {
        let is_away = |page: &Page| page.life == Life::Left || (page.life == Life::Open && !page.visible);
        let Some(index) = self.pick_if(page, is_away) else { return Ok(()) };
        self.count("discarded");
        self.vanish(index);
        Ok(())
    }

    pub(super) fn navigate(&mut self, page: u8, quota: u32, cached: bool) -> Outcome {
        let Some(index) = self.pick(page, Life::Open) else { return Ok(()) };
        let cached = cached && !self.is_crowded();
        self.count(if cached { "navigation, page cached" } else { "navigation" });
        let page = &self.pages[index];
        let (visitor, tab, user, visible) = (page.visitor, page.tab, page.user(), page.visible);
        self.leave(index, quota, if cached { Life::Left } else { Life::Gone })?;
        self.load(visitor, tab, user, visible)
    }

    pub(super) fn close_tab(&mut self, page: u8, quota: u32) -> Outcome {
        let Some(index) = self.pick(page, Life::Open) else { return Ok(()) };
        self.count("tab closed");
        self.leave(index, quota, Life::Gone)
    }

    pub(super) fn destroy(&mut self, index: usize) -> Outcome {
        self.count("tracker destroyed");
        self.part(index, WHOLE_QUOTA, Life::Gone, Input::Close)
    }

    pub(super) fn log_in(&mut self, page: u8, user: u8) -> Outcome {
        let Some(index) = self.pick(page, Life::Open) else { return Ok(()) };
        self.count("login");
        let page = &self.pages[index];
        let (visitor, tab, visible) = (page.visitor, page.tab, page.visible);
        self.destroy(index)?;
        self.load(visitor, tab, user_name(visitor, user), visible)
    }

    pub(super) fn identify(&mut self, page: u8, user: u8) -> Outcome {
        let Some(index) = self.pick(page, Life::Open) else { return Ok(()) };
        self.count("identified");
        let user = user_name(self.pages[index].visitor, user);
        if user != self.pages[index].user() {
            self.mark_end(index);
        }
        self.put(index, Input::Identify(user.as_ref().into()))
    }

    pub(super) fn crash(&mut self, index: usize) -> Outcome {
        self.count("crash");
        self.vanish(index);
        Ok(())
    }

    pub(super) fn crash_all(&mut self, visitor: usize) -> Outcome {
        self.count("browser crash");
        for index in 0..self.pages.len() {
            let page = &self.pages[index];
            if page.visitor == visitor && matches!(page.life, Life::Open | Life::Left) {
                self.vanish(index);
            }
        }
        Ok(())
    }

    pub(super) fn vanish(&mut self, index: usize) {
        self.use_up(index);
        let awake = self.awake(self.pages[index].visitor);
        let page = &mut self.pages[index];
        // What a page that had left held then, it held still; what it said then may have got lost.
        page.seen.at_death = page.tracker.pending();
        page.seen.died_at = self.clock;
        page.seen.died_awake = awake;
        page.life = Life::Crashed;
        if let Some(sent) = page.last_words(index) {
            self.count("sent for a dead page");
            for event in &sent.said.events {
                self.book.see(&sent, event).unwrap_or_default();
            }
            self.send(Rc::new(sent));
        }
        self.bury(index);
    }

    /// The page will never be there again.
    fn bury(&mut self, index: usize) {
        self.unlead(index);
        self.living.retain(|living| *living != index);
    }

    /// Whether the page may think that another tab of its visitor lives: it does, or it crashed so lately that nobody has missed it.
    fn has_company(&self, index: usize) -> bool {
        let visitor = self.pages[index].visitor;
        let (jumps, seen, opened) = (self.visitors[visitor].jumps, &self.pages[index].seen, self.pages[index].opened);
        // What was written at the last moment before this page was loaded, it read when it first looked by itself.
        let first_look = |page: &Page| if page.seen.died_at + LATEST < opened { 0 } else { seen.loaded_awake + LOOK };
        let blind = self.visitors[visitor].blind;
        let watches_since = |page: &Page| seen.returned_awake.max(first_look(page)).max(blind);
        let is_company = |page: &Page| match page.life {
            Life::Open => true,
            Life::Left | Life::Gone if !page.seen.is_unheard => self.clock <= page.seen.died_at + LATEST,
            _ => jumps > 0 || self.awake(visitor) <= page.seen.died_awake.max(watches_since(page)) + MISSED,
        };
        let others = self.pages.iter().enumerate().filter(|(other, page)| *other != index && page.visitor == visitor);
        self.visitors[visitor].is_persistent && others.map(|(_, page)| page).any(is_company)
    }
}

fn user_name(visitor: usize, user: u8) -> Rc<str> {
    format!("visitor{visitor}-user{user}").into()
}
