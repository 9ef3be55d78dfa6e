//! Runs schedules: one, or very many on all cores. What fails is shrunk and shown in the form of a file of `tests/regressions/`.

use crate::checks::{Broken, Rule};
use crate::ops::Op;
use crate::schedule::schedule;
use crate::shrink::shrink;
use crate::world::{Setting, World};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

/// Operations in a schedule.
pub(crate) const LENGTH: usize = 200;
/// So many tabs of one visitor at once are a crowd.
pub(crate) const CROWD: usize = 3;
/// A thread takes so many seeds at a time.
const STRETCH: u64 = 32;
/// A long run says this often how far it is.
const PROGRESS: Duration = Duration::from_secs(10);
/// Of the trace of a failure, so many lines (`LINES=…` for more) are shown, the first and the last ones, and so much of each.
const LINES: u64 = 60;
const COLUMNS: usize = 1_200;

pub(crate) type Histogram = BTreeMap<&'static str, u64>;

/// What it takes to see something again.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Replay {
    pub(crate) seed: u64,
    pub(crate) has_storage: bool,
    pub(crate) ops: Vec<Op>,
}

impl Replay {
    /// The replay as a file, an operation to a line.
    pub(crate) fn file(&self) -> String {
        let json = |op: &Op| serde_json::to_string(op).expect("an operation can be written");
        let ops: Vec<_> = self.ops.iter().map(|op| format!("    {}", json(op))).collect();
        let (seed, has_storage, ops) = (self.seed, self.has_storage, ops.join(",\n"));
        format!("{{\n  \"seed\": {seed},\n  \"has_storage\": {has_storage},\n  \"ops\": [\n{ops}\n  ]\n}}\n")
    }
}

/// Runs one schedule. Gives what happened in it, and the most tabs that one visitor had at once.
pub(crate) fn run(setting: Setting, ops: &[Op]) -> Result<(Histogram, usize), Broken> {
    let mut world = World::new(setting, false);
    world.run(ops).map(|()| (world.histogram, world.most_tabs))
}

/// A failure as a person wants to read it: the rule, the operations that matter as a file, and what they did.
pub(crate) fn explain(setting: Setting, broken: &Broken) -> String {
    let Setting { seed, has_storage, .. } = setting;
    let fails = |ops: &[Op]| run(setting, ops).is_err_and(|again| again.rule == broken.rule);
    let ops = shrink(schedule(seed, LENGTH), &fails);
    let mut world = World::new(setting, true);
    let end = world.run(&ops);
    let mut text = format!("seed {seed}: {broken}\nshrunk to {} operations: {end:?}\n\n", ops.len());
    text.push_str("tests/regressions/….json:\n");
    text.push_str(&Replay { seed, has_storage, ops }.file());
    let trace = world.trace.unwrap_or_default();
    let lines: Vec<_> = trace.lines().collect();
    // How it began and how it ended; between the two, pages say for an hour that they are there.
    let shown = crate::number("LINES", LINES) as usize;
    let last = lines.len().saturating_sub(shown);
    for (_, line) in lines.iter().enumerate().filter(|(at, _)| *at < shown || *at >= last) {
        writeln!(text, "{}", line.chars().take(COLUMNS).collect::<String>()).expect("a text takes what it is given");
    }
    text
}

/// What came of very many schedules.
#[derive(Default)]
pub(crate) struct Weather {
    pub(crate) histogram: Histogram,
    /// Schedules in which one visitor had a crowd of tabs.
    pub(crate) crowds: u64,
    /// How many broke each rule, and the first of them.
    pub(crate) broken: BTreeMap<Rule, (u64, u64, Broken)>,
}

impl Weather {
    /// Runs `count` schedules from the seed `first` on, on all cores.
    pub(crate) fn of(first: u64, count: u64, has_storage: bool) -> Self {
        let next = AtomicU64::new(0);
        let began = Instant::now();
        let cores = std::thread::available_parallelism().map_or(1, usize::from);
        let mut whole = Self::default();
        std::thread::scope(|scope| {
            let threads: Vec<_> = (0..cores)
                .map(|core| {
                    scope.spawn({
                        let next = &next;
                        move || Self::share(first, count, has_storage, next, (core == 0).then_some(began))
                    })
                })
                .collect();
            for thread in threads {
                whole.add(thread.join().expect("the simulator does not panic"));
            }
        });
        let seconds = began.elapsed().as_secs_f64();
        println!("{count} schedules of {LENGTH} operations in {seconds:.1} s: {:.0} a second", count as f64 / seconds);
        whole
    }

    /// One thread's share: stretch after stretch, until there is none left. One of them says how far all are.
    fn share(first: u64, count: u64, has_storage: bool, next: &AtomicU64, speaks_since: Option<Instant>) -> Self {
        let mut weather = Self::default();
        let mut spoken = Duration::ZERO;
        loop {
            let from = next.fetch_add(STRETCH, Ordering::Relaxed);
            if from >= count {
                return weather;
            }
            for seed in first + from..first + count.min(from + STRETCH) {
                weather.take(Setting { seed, has_storage, lie: None });
            }
            let Some(elapsed) =
                speaks_since.map(|began| began.elapsed()).filter(|elapsed| *elapsed > spoken + PROGRESS)
            else {
                continue;
            };
            spoken = elapsed;
            println!("{from} of {count} schedules, {:.0} a second", from as f64 / elapsed.as_secs_f64());
        }
    }

    fn take(&mut self, setting: Setting) {
        let seed = setting.seed;
        match run(setting, &schedule(seed, LENGTH)) {
            Ok((histogram, most_tabs)) => {
                histogram.into_iter().for_each(|(what, count)| *self.histogram.entry(what).or_default() += count);
                self.crowds += u64::from(most_tabs >= CROWD);
            }
            Err(broken) => {
                println!("seed {seed} breaks {broken}");
                self.fail(broken.rule, (1, seed, broken));
            }
        }
    }

    fn fail(&mut self, rule: Rule, (count, seed, broken): (u64, u64, Broken)) {
        let known = self.broken.entry(rule).or_insert((0, seed, broken.clone()));
        known.0 += count;
        if seed < known.1 {
            (known.1, known.2) = (seed, broken);
        }
    }

    fn add(&mut self, other: Self) {
        other.histogram.into_iter().for_each(|(what, count)| *self.histogram.entry(what).or_default() += count);
        self.crowds += other.crowds;
        other.broken.into_iter().for_each(|(rule, failure)| self.fail(rule, failure));
    }
}
