//! The weather: several visitors with several pages each, every page with a tracker of its own, in a world that loses, delays, repeats
//! and breaks things, driven by a seed.
//!
//! **A failure** is: an accepted event that is stored twice, in another session or under another user, or not at all though nothing
//! declares it; an acknowledged event that is not stored, or is sent again; a sequence number used twice; a ledger that does not add
//! up; a bound of `limits.rs` passed; a second request while one is awaited; a request before `Retry-After` allows it; a storm of
//! requests that all fail; a heartbeat of a session that the page knows to be over, or after a goodbye while the page is away; a section
//! that counts before it held for the debounce, unless the page hides, leaves or ends; a tracker that does not come to rest; anything
//! that still waits after the weather has been good for half an hour; a page that leaves and keeps what a beacon would have taken; a session that the
//! backend holds for ended while its page is in view; a visit, a page at a time, that becomes two sessions; a heartbeat that
//! is not later than the page's own goodbye.
//!
//! **Not a failure**: an event that is declared as dropped although an earlier request had stored it (the answer was lost, and the
//! backend then refused the repetition); a session that two pages of one visitor both hold, or that a page opens anew after another
//! page ended it; a request that is sent earlier than `Retry-After` allows because the page leaves.
//!
//! **Not modelled**: an outbox in storage and the choice of one leading tab, which the core does not have. Therefore events that only a
//! page's memory held are lost with it; they are counted as `memory_only`, and each must lie in the one window that explains it: what
//! waited or travelled when the page crashed, or what no beacon took, or what a beacon took and the network or the backend did not, as
//! the page left for good. Also not modelled: storage read late, `fetchLater`, durations, and a backend with only the core profile that ignores the events and the end in a start (the model takes them).
//!
//! Nothing in here is random but by the seed, so the same seed gives the same trace. `SEEDS=100000` runs more of them, and a seed that fails
//! is shrunk to the operations that matter. `ops.rs` is what can happen, `world.rs` carries it out, `page.rs`, `network.rs` and
//! `backend.rs` are its parts, and `checks.rs` says what must hold.

#![allow(
    clippy::disallowed_methods,
    clippy::disallowed_macros,
    reason = "the core may not ask for a setting, print or start a thread; its simulator does"
)]

mod backend;
mod checks;
mod network;
mod ops;
mod page;
mod world;

use checks::Lie;
use ops::{Op, schedule, shrink, visit};
use std::collections::BTreeMap;
use std::fmt::Write as _;
use world::World;

const SEEDS: u64 = 2_000;
const LENGTH: usize = 200;

type Histogram = BTreeMap<&'static str, u64>;

fn run(seed: u64, ops: &[Op], lie: Option<Lie>) -> Result<Histogram, String> {
    let mut world = World::new(seed, lie, false);
    world.run(ops).map(|()| world.histogram)
}

/// The rule that was broken: what a failure says up to its first colon.
fn rule(failure: &str) -> &str {
    failure.split(':').next().unwrap_or_default()
}

/// A failure as a person wants to read it: the rule, the operations that matter, and what they did.
fn explain(seed: u64, failure: &str) -> String {
    let fails = |ops: &[Op]| run(seed, ops, None).is_err_and(|again| rule(&again) == rule(failure));
    let ops = shrink(schedule(seed, LENGTH), &fails);
    let mut world = World::new(seed, None, true);
    let end = world.run(&ops);
    let mut text = format!("seed {seed}: {failure}\nshrunk to {} operations: {end:?}\n", ops.len());
    for op in &ops {
        let _always_fits = writeln!(text, "  Op::{op:?},");
    }
    for line in world.trace.unwrap_or_default().lines().take(70) {
        let _always_fits = writeln!(text, "{}", line.chars().take(300).collect::<String>());
    }
    text
}

#[derive(Default)]
struct Weather {
    histogram: Histogram,
    /// The seeds that failed, and how, by the rule that was broken.
    failures: BTreeMap<String, Vec<(u64, String)>>,
}

impl Weather {
    fn of(seeds: std::ops::Range<u64>) -> Self {
        let mut weather = Self::default();
        for seed in seeds {
            match run(seed, &schedule(seed, LENGTH), None) {
                Ok(histogram) => weather.add(histogram),
                Err(failure) => weather.failures.entry(rule(&failure).into()).or_default().push((seed, failure)),
            }
        }
        weather
    }

    fn add(&mut self, histogram: Histogram) {
        histogram.into_iter().for_each(|(what, count)| *self.histogram.entry(what).or_default() += count);
    }
}

#[test]
fn nothing_is_lost_and_nothing_is_stored_twice_in_any_weather() {
    let number = |name, default| std::env::var(name).ok().and_then(|text| text.parse().ok()).unwrap_or(default);
    let (first, count): (u64, u64) = (number("FIRST", 0), number("SEEDS", SEEDS));
    let middle = first + count / 2;
    let mut whole = Weather::default();
    std::thread::scope(|scope| {
        let halves = [first..middle, middle..first + count].map(|half| scope.spawn(|| Weather::of(half)));
        for weather in halves.map(|half| half.join().expect("the simulator does not panic")) {
            whole.add(weather.histogram);
            weather.failures.into_iter().for_each(|(rule, some)| whole.failures.entry(rule).or_default().extend(some));
        }
    });
    println!("{count} schedules of {LENGTH} operations:");
    for (what, count) in &whole.histogram {
        println!("{count:>10} {what}");
    }
    for (rule, failures) in &whole.failures {
        println!("\n{} of {count} schedules break the rule {rule}", failures.len());
        for (seed, failure) in failures.iter().take(1) {
            println!("{}", explain(*seed, failure));
        }
    }
    assert!(whole.failures.is_empty(), "rules were broken: {:?}", whole.failures.keys());
}

#[test]
fn a_visit_stays_one_session_through_every_navigation_return_and_crash() {
    for seed in 0..300 {
        let ops = visit(seed, 100);
        let sessions = |ops: &[Op]| {
            let mut world = World::new(seed, None, false);
            world.run(ops).map(|()| world.backend.sessions.len())
        };
        let is_split = |ops: &[Op]| !matches!(sessions(ops), Ok(0 | 1));
        if is_split(&ops) {
            let ops = shrink(ops, &is_split);
            panic!("seed {seed}: {:?} sessions after {ops:#?}", sessions(&ops));
        }
    }
}

#[test]
fn the_same_seed_gives_the_same_trace() {
    let trace = |seed| {
        let mut world = World::new(seed, None, true);
        let end = world.run(&schedule(seed, LENGTH));
        (world.trace.unwrap_or_default(), end)
    };
    for seed in 0..5 {
        let (first, second) = (trace(seed), trace(seed));
        assert!(first.0.lines().count() > LENGTH, "a trace says what happened");
        assert_eq!(first, second);
    }
    assert_ne!(trace(1).0, trace(2).0);
}

/// The rules by which the checks found a lie, and how often, in so many schedules.
fn found(lie: Lie) -> BTreeMap<String, u64> {
    let mut rules = BTreeMap::new();
    for seed in 0..60 {
        if let Err(failure) = run(seed, &schedule(seed, LENGTH), Some(lie)) {
            *rules.entry(rule(&failure).into()).or_default() += 1;
        }
    }
    rules
}

#[test]
fn a_backend_that_stores_twice_is_found() {
    assert!(found(Lie::BackendForgetsKeys).contains_key("once"));
}

#[test]
fn a_backend_that_mixes_users_up_is_found() {
    assert!(found(Lie::BackendMixesUsers).contains_key("belonging"));
}

#[test]
fn an_acknowledgement_of_what_never_arrived_is_found() {
    assert!(found(Lie::NetworkAnswersForTheBackend).contains_key("acknowledged"));
}

#[test]
fn a_queue_that_does_not_drain_is_found() {
    assert!(found(Lie::NetworkNeverClears).contains_key("drain"));
}

#[test]
fn an_event_that_a_page_forgets_is_found() {
    assert!(found(Lie::PageForgetsAnEvent).contains_key("lost"));
}

#[test]
fn a_tracker_that_waits_too_short_is_found() {
    let rules = found(Lie::PageClockRunsFast);
    assert!(rules.contains_key("debounce") || rules.contains_key("Retry-After"), "{rules:?}");
}

#[test]
fn a_page_that_leaves_without_a_goodbye_is_found() {
    assert!(found(Lie::PageLeavesInSilence).contains_key("goodbye"));
}

#[test]
fn a_failing_schedule_is_shrunk_to_what_matters() {
    let ops = schedule(7, LENGTH);
    let crashes = |ops: &[Op]| ops.iter().filter(|op| matches!(op, Op::Log { .. })).count() >= 3;
    let short = shrink(ops, &crashes);
    assert_eq!(short.len(), 3, "{short:?}");
}
