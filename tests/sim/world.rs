//! The world: one clock, what is still to happen by it, the visitors with their devices and pages, the network and the backend. The rooms
//! below carry operations out: `world/deeds.rs` what an application and a person do in a page, `world/tabs.rs` how pages come and go,
//! `world/devices.rs` sleep, clocks and storage, `world/traffic.rs` requests and answers, `world/clearing.rs` the good
//! weather at the end. Whether what comes of it is right is for `checks.rs`.

mod clearing;
mod deeds;
mod devices;
mod tabs;
mod traffic;

use crate::backend::Backend;
use crate::book::{Book, Moment};
use crate::checks::{self, Outcome, Rule};
use crate::dice::Dice;
use crate::lies::Lie;
use crate::network::{Fault, Hears};
use crate::ops::Op;
use crate::page::{Did, NOON, Page, Sent};
use devices::Visitor;
use session_tracker::time::{Now, Wall};
use session_tracker::tracker::Input;
use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::rc::Rc;
pub(crate) use tabs::MISSED;
use tabs::PAGES;

pub(crate) const VISITORS: usize = 3;
/// So much may happen at any one time, and so much each second in the long run.
const STEPS_A_PASS: u64 = 5_000;
const STEPS_A_SECOND: u64 = 5;
/// An answer that settles an event was asked for, is noted in a record, and every other tab reads that.
const STEPS_AN_ANSWER: u64 = 2 + PAGES as u64;
/// What sleeps for longer is known to have slept: two beats.
const LONGEST_INTERVAL: u64 = 60_000;

enum Happening {
    Arrives {
        sent: Rc<Sent>,
        replies: Option<(u64, Hears)>,
    },
    Heard {
        sent: Rc<Sent>,
        status: u16,
        after: Option<u16>,
        body: String,
    },
    Failed {
        sent: Rc<Sent>,
    },
    /// Another tab wrote its record.
    Stored {
        page: usize,
    },
    /// The lead was free, or not.
    Led {
        page: usize,
        leads: bool,
    },
}

pub(crate) struct World {
    pub(crate) clock: u64,
    pub(crate) backend: Backend,
    pub(crate) pages: Vec<Page>,
    /// Those that are open or may come back, which in a long schedule are few of all.
    living: Vec<usize>,
    pub(crate) visitors: Vec<Visitor>,
    pub(crate) book: Book,
    pub(crate) histogram: BTreeMap<&'static str, u64>,
    /// Everything that happened, if it is kept.
    pub(crate) trace: Option<String>,
    /// The most tabs that one visitor had open at once.
    pub(crate) most_tabs: usize,
    lie: Option<Lie>,
    coming: BTreeMap<(u64, u64), Happening>,
    held: Vec<Happening>,
    named: u64,
    /// How many answers settled any event.
    heard: u64,
    tabs: usize,
    faults: Vec<Fault>,
    dark_until: u64,
    dice: Dice,
}

/// What kind of world it is.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Setting {
    pub(crate) seed: u64,
    /// Whether the host lets trackers keep anything in storage.
    pub(crate) has_storage: bool,
    pub(crate) lie: Option<Lie>,
}

impl World {
    pub(crate) fn new(setting: Setting, keeps_trace: bool) -> Self {
        let Setting { seed, has_storage, lie } = setting;
        let mut dice = Dice(seed);
        let is_core = dice.is_one_in(4);
        Self {
            clock: NOON,
            backend: Backend::new(is_core, lie),
            pages: Vec::new(),
            living: Vec::new(),
            visitors: (0..VISITORS as u64)
                .map(|nth| Visitor::any(&mut dice, seed.wrapping_add(nth), has_storage))
                .collect(),
            book: Book::default(),
            histogram: BTreeMap::new(),
            trace: keeps_trace.then(String::new),
            most_tabs: 0,
            lie,
            coming: BTreeMap::new(),
            held: Vec::new(),
            named: 0,
            heard: 0,
            tabs: 0,
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
        let (end, heard) = (self.clock + millis, self.heard);
        for steps in 0.. {
            let settled = (self.heard - heard) * STEPS_AN_ANSWER;
            let too_many = STEPS_A_PASS + millis / 1_000 * STEPS_A_SECOND + settled;
            Rule::Rest
                .holds(steps < too_many, || format!("{steps} steps in {millis} ms: the pages keep each other awake"))?;
            let next = self.coming.keys().next().copied().filter(|(at, _)| *at <= end);
            let sleeper = self.next_to_wake().filter(|(at, _)| *at <= end);
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

    fn next_to_wake(&self) -> Option<(u64, usize)> {
        let living = self.living.iter().map(|index| (*index, &self.pages[*index]));
        let awake = living.filter(|(_, page)| !self.visitors[page.visitor].is_asleep);
        awake.filter_map(|(index, page)| Some((page.wakes_at(self.clock)?, index))).min()
    }

    /// Something happens to a page; it is checked before and after what it does is acted upon.
    fn put(&mut self, index: usize, input: Input) -> Outcome {
        let (now, clock) = (self.now(index), self.clock);
        if !matches!(input, Input::Answered(..) | Input::Loaded(..)) {
            self.note(|| format!("  page {index} at {}: {input:?}", now.mono.0));
        }
        self.use_up(index);
        let (session, is_end) =
            (self.pages[index].session(), matches!(input, Input::End(_) | Input::Leaving | Input::Close));
        let before = checks::before(&self.pages[index], &input);
        let (is_answer, dropped) = (matches!(input, Input::Answered(..)), self.dropped(index));
        let did = self.pages[index].put(index, input, now, clock).map_err(|how| Rule::Rest.broken(how))?;
        self.begin(index);
        // After a night it is a session of this very moment that ends.
        if is_end && self.pages[index].session() != session {
            self.end_now(index);
        }
        if !is_answer {
            self.book.give_up(index, None, self.dropped(index) - dropped);
        }
        checks::after(&mut self.pages[index], before, now.mono)?;
        self.follow(index, did)
    }

    fn follow(&mut self, index: usize, did: Vec<Did>) -> Outcome {
        let mono = self.now(index).mono;
        for one in did {
            match one {
                Did::Sent(sent) => {
                    self.note(|| format!("  page {index} sends {} {}", sent.route.path(), sent.body));
                    let present = self.moment(index);
                    checks::sending(&mut self.book, &mut self.pages[index], &sent, mono, present)?;
                    self.send(sent);
                }
                Did::Cancelled => self.pages[index].awaited = None,
                Did::Wrote { name, text, taken } => self.written(index, &name, text.as_deref(), taken),
                Did::Lead => self.lead(index),
                Did::Unlead if self.lie == Some(Lie::PageKeepsTheLead) => {}
                Did::Unlead => self.unlead(index),
                Did::Told(notice) => self.note(|| format!("  page {index} tells {notice:?}")),
            }
        }
        checks::at_rest(&self.pages[index])?;
        checks::held(&self.pages[index])?;
        checks::lead(&self.pages[index], self.visitors[self.pages[index].visitor].leader == Some(index))
    }

    fn come(&mut self, at: u64, happening: Happening) {
        self.named += 1;
        self.coming.insert((at, self.named), happening);
    }

    /// The time in use up to this moment goes to the session that the page is in, without a sleep that was long enough to be told from use.
    fn use_up(&mut self, index: usize) {
        let page = &mut self.pages[index];
        let used = self.clock - std::mem::replace(&mut page.seen.used_to, self.clock);
        let has_slept = std::mem::take(&mut page.seen.has_slept);
        if page.is_in_use()
            && !(has_slept && used > LONGEST_INTERVAL)
            && let Some(session) = page.session().filter(|_| page.is_running())
        {
            self.book.use_page(session, index, used);
        }
    }

    /// A session that no page had before has begun.
    fn begin(&mut self, index: usize) {
        let session = self.pages[index].session();
        if session == self.pages[index].seen.session {
            return;
        }
        self.pages[index].seen.session.clone_from(&session);
        if let Some(session) = session {
            let present = self.moment(index);
            let user = self.pages[index].user();
            self.book.users.entry(session.clone()).or_insert(user);
            self.book.begun.entry(session).or_insert(present);
        }
    }

    fn moment(&self, index: usize) -> Moment {
        Moment { clock: self.clock, jumps: self.visitors[self.pages[index].visitor].jumps }
    }

    fn now(&self, index: usize) -> Now {
        let page = &self.pages[index];
        Now { mono: page.mono(self.clock), wall: Wall(self.wall(page.visitor)) }
    }

    fn count(&mut self, what: &'static str) {
        self.count_many(what, 1);
    }

    pub(crate) fn count_many(&mut self, what: &'static str, count: u64) {
        *self.histogram.entry(what).or_default() += count;
    }

    fn note(&mut self, line: impl FnOnce() -> String) {
        let clock = self.clock - NOON;
        if let Some(trace) = &mut self.trace {
            writeln!(trace, "{clock:>9} {}", line()).expect("a text takes what it is given");
        }
    }
}
