//! The world: one clock, what is still to happen by it, the visitors with their storage and pages, the network and the backend.
//! `world/deeds.rs` carries operations out, `world/traffic.rs` moves requests and answers; whether what comes of it is right is for
//! `checks.rs`.

mod deeds;
mod traffic;

use crate::backend::Backend;
use crate::checks::{self, Lie};
use crate::network::{Fault, Hears};
use crate::ops::{Dice, Op};
use crate::page::{Did, Life, NOON, Page, Sent};
use deeds::VISITORS;
use session_tracker::time::{Now, Wall};
use session_tracker::tracker::Input;
use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::rc::Rc;

/// One person at one device.
#[derive(Clone, Debug, Default)]
pub(crate) struct Visitor {
    pub(crate) storage: Option<String>,
    blocked: bool,
    /// How far the device's clock is off.
    skew: i64,
    asleep: bool,
}

enum Happening {
    Arrives { sent: Rc<Sent>, replies: Option<(u64, Hears)> },
    Heard { sent: Rc<Sent>, status: u16, after: Option<u16>, body: String },
    Failed { sent: Rc<Sent> },
}

pub(crate) struct World {
    pub(crate) clock: u64,
    pub(crate) backend: Backend,
    pub(crate) pages: Vec<Page>,
    pub(crate) visitors: Vec<Visitor>,
    pub(crate) histogram: BTreeMap<&'static str, u64>,
    /// Everything that happened, if it is kept.
    pub(crate) trace: Option<String>,
    pub(crate) lie: Option<Lie>,
    coming: BTreeMap<(u64, u64), Happening>,
    held: Vec<Happening>,
    named: u64,
    faults: Vec<Fault>,
    dark_until: u64,
    dice: Dice,
}

type Outcome = Result<(), String>;

impl World {
    pub(crate) fn new(seed: u64, lie: Option<Lie>, keeps_trace: bool) -> Self {
        let mut dice = Dice(seed);
        Self {
            clock: NOON,
            backend: Backend::new(dice.is_one_in(4), lie),
            pages: Vec::new(),
            visitors: vec![Visitor::default(); VISITORS],
            histogram: BTreeMap::new(),
            trace: keeps_trace.then(String::new),
            lie,
            coming: BTreeMap::new(),
            held: Vec::new(),
            named: 0,
            faults: Vec::new(),
            dark_until: 0,
            dice,
        }
    }

    /// Carries a schedule out, then lets the weather clear, and looks whether everything is where it belongs.
    pub(crate) fn run(&mut self, ops: &[Op]) -> Outcome {
        for op in ops {
            self.note(|| format!("{op:?}"));
            self.carry_out(*op)?;
        }
        self.clear_up()?;
        checks::at_the_end(self)
    }

    /// Lets time pass: what is due happens in its order, and pages wake when they asked for it.
    fn pass(&mut self, millis: u64) -> Outcome {
        let end = self.clock + millis;
        loop {
            let next = self.coming.keys().next().copied().filter(|(at, _)| *at <= end);
            let sleeper = self
                .pages
                .iter()
                .enumerate()
                .filter(|(_, page)| !self.visitors[page.visitor].asleep)
                .filter_map(|(index, page)| Some((page.wakes_at()?.max(self.clock), index)))
                .min()
                .filter(|(at, _)| *at <= end);
            match (next, sleeper) {
                (Some((at, nth)), rival) if rival.is_none_or(|(wake, _)| at <= wake) => {
                    self.clock = self.clock.max(at);
                    if let Some(happening) = self.coming.remove(&(at, nth)) {
                        self.happen(happening)?;
                    }
                }
                (_, Some((at, index))) => {
                    self.clock = at;
                    self.put(index, Input::Wake)?;
                }
                (_, None) => break,
            }
        }
        self.clock = self.clock.max(end);
        Ok(())
    }

    /// Something happens to a page; it is checked before and after what it does is acted upon.
    fn put(&mut self, index: usize, input: Input) -> Outcome {
        let now = self.now(index);
        self.note(|| format!("  page {index} at {}: {input:?}", now.mono.0));
        let before = checks::before(&self.pages[index], &input);
        let did = self.pages[index].put(index, input, now, self.lie)?;
        checks::after(&mut self.pages[index], before, now.mono)?;
        self.follow(index, did)
    }

    fn follow(&mut self, index: usize, did: Vec<Did>) -> Outcome {
        let now = self.now(index);
        for one in did {
            match one {
                Did::Sent(sent) => {
                    self.note(|| format!("  page {index} sends {} {}", sent.route.path(), sent.body));
                    checks::sending(&mut self.pages[index], &sent, now.mono, self.clock)?;
                    self.send(sent);
                }
                Did::Cancelled => self.pages[index].awaited = None,
                Did::Saved(text) => {
                    let visitor = &mut self.visitors[self.pages[index].visitor];
                    if !visitor.blocked {
                        visitor.storage = Some(text);
                    }
                }
                Did::Told(notice) => self.note(|| format!("  page {index} tells {notice:?}")),
            }
        }
        checks::at_rest(&self.pages[index])
    }

    fn come(&mut self, at: u64, happening: Happening) {
        self.named += 1;
        self.coming.insert((at, self.named), happening);
    }

    /// The network and the storage are well, everybody who can comes back, and whatever waits has time to go.
    fn clear_up(&mut self) -> Outcome {
        self.note(|| "the weather clears".into());
        self.faults.clear();
        self.dark_until = if self.lie == Some(Lie::NetworkNeverClears) { u64::MAX } else { 0 };
        for visitor in &mut self.visitors {
            visitor.blocked = false;
        }
        for index in 0..self.pages.len() {
            if self.pages[index].life == Life::Left {
                self.restore(index)?;
            }
        }
        for _ in 0..30 {
            for index in 0..self.pages.len() {
                if self.pages[index].life == Life::Open && self.pages[index].tracker.pending() != (0, 0) {
                    self.put(index, Input::Flush)?;
                }
            }
            self.pass(60_000)?;
            if self.pages.iter().all(|page| page.life != Life::Open || page.tracker.pending() == (0, 0)) {
                return self.pass(100_000);
            }
        }
        Ok(())
    }

    fn wall(&self, visitor: usize) -> u64 {
        self.clock.saturating_add_signed(self.visitors[visitor].skew)
    }

    fn now(&self, index: usize) -> Now {
        let page = &self.pages[index];
        Now { mono: page.mono(self.clock), wall: Wall(self.wall(page.visitor)) }
    }

    fn count(&mut self, what: &'static str) {
        *self.histogram.entry(what).or_default() += 1;
    }

    fn note(&mut self, line: impl FnOnce() -> String) {
        let clock = self.clock - NOON;
        if let Some(trace) = &mut self.trace {
            let _always_fits = writeln!(trace, "{clock:>9} {}", line());
        }
    }
}
