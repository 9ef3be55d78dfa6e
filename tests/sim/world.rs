//! The world: one clock, what is still to happen by it, the visitors with their storage and pages, the network and the backend. It
//! carries operations out and moves things from one to another; whether what comes of it is right is for `checks.rs`.

use crate::backend::Backend;
use crate::checks::{self, Lie};
use crate::network::{Fault, Hears, Way, problem, way};
use crate::ops::{Dice, Harm, Op};
use crate::page::{Did, Life, NOON, Page, Sent};
use session_tracker::section::Section;
use session_tracker::session::EndReason;
use session_tracker::time::{Millis, Now, Wall};
use session_tracker::tracker::Input;
use session_tracker::wire::{Verdict, read};
use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::ops::Range;
use std::rc::Rc;

const VISITORS: usize = 3;
/// So many pages are open at once in one world at most.
const PAGES: usize = 6;
/// The world ends before the seven days for which an ended session takes events.
const LONGEST: u64 = 6 * 24 * 60 * 60_000;

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

    fn carry_out(&mut self, op: Op) -> Outcome {
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

    fn restore(&mut self, index: usize) -> Outcome {
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

    fn happen(&mut self, happening: Happening) -> Outcome {
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
                if status >= 300 {
                    self.pages[sent.page].seen.lost_on_the_way.extend(sent.events.iter().cloned());
                }
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

    fn hear_again(&mut self) {
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

    fn to(&mut self, page: u8, input: Input) -> Outcome {
        let Some(index) = self.pick(page, Life::Open) else { return Ok(()) };
        self.put(index, input)
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

    fn send(&mut self, sent: Rc<Sent>) {
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

    /// The page of this number among those that live so, wrapping around.
    fn pick(&self, page: u8, life: Life) -> Option<usize> {
        let mut fitting = self.pages.iter().enumerate().filter(|(_, page)| page.life == life);
        let count = fitting.clone().count();
        (count > 0).then(|| fitting.nth(usize::from(page) % count).map(|(index, _)| index)).flatten()
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

fn user_name(visitor: usize, user: u8) -> String {
    format!("visitor{visitor}-user{user}")
}
