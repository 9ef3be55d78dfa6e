//! A visit's requests in any order, repeated at will and grouped with others as it happens: the same rows as one after another. That is what lets
//! a client send again whatever it heard no answer to. Each request says all that a tracker's does: its place, its totals, its order.

use crate::support::{id_at, time};
use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};
use session_server::config::Settings;
use session_server::session::gaps::Dropped;
use session_server::session::times::Sent;
use session_server::session::write::{Activity, Beat, End, Event, Refusal, Start, Stated, Tab, Write};
use session_server::session::{EndReason, Session};
use session_server::store::own_data::Page;
use session_server::store::{self, Store, Trail};
use std::collections::VecDeque;
use std::time::Duration;
use uuid::Uuid;

const BEGAN: &str = "2026-03-01T12:00:00.000Z";
/// When everything is received: the clock of a test stands, so that two orders do not differ by it.
const RECEIVED: &str = "2026-03-01T12:30:00.000Z";
const TABS: u128 = 2;

/// One thing that a page says.
#[derive(Clone, Debug)]
enum Said {
    Start,
    Moved(u8),
    Logged(u8),
    Beat(Activity),
    Left,
    LoggedOut,
}

fn said() -> impl Strategy<Value = Said> {
    prop_oneof![
        3 => any::<u8>().prop_map(Said::Moved),
        4 => any::<u8>().prop_map(Said::Logged),
        3 => prop_oneof![Just(Activity::Active), Just(Activity::Idle), Just(Activity::Hidden)].prop_map(Said::Beat),
        1 => Just(Said::Left),
        1 => Just(Said::Start),
    ]
}

/// A visit and its weather: what is said in order, how it ends, in which order it arrives, what arrives again, and where groups are cut.
#[derive(Clone, Debug)]
struct Case {
    visit: Vec<Said>,
    order: Vec<usize>,
    cuts: Vec<bool>,
}

fn case() -> impl Strategy<Value = Case> {
    let end = prop_oneof![Just(Said::Left), Just(Said::LoggedOut)];
    (proptest::collection::vec(said(), 1..12), end).prop_flat_map(|(middle, end)| {
        let visit: Vec<Said> = [Said::Start].into_iter().chain(middle).chain([end]).collect();
        let length = visit.len();
        // Everything arrives at least once; what is drawn beside that arrives again.
        let repeats = proptest::collection::vec(0..length, 0..length);
        let order =
            repeats.prop_flat_map(move |repeats| Just((0..length).chain(repeats).collect::<Vec<_>>()).prop_shuffle());
        (order, proptest::collection::vec(any::<bool>(), 2 * length)).prop_map(move |(order, cuts)| Case {
            visit: visit.clone(),
            order,
            cuts,
        })
    })
}

/// The request that the nth thing said makes: with the totals of what was said before, as a tracker's request has them.
fn write(user: &str, visit: &[Said], nth: usize) -> Write {
    let session_id = id_at(time(BEGAN), 1);
    let at = time(BEGAN).plus(Duration::from_secs(10 * nth as u64 + 1));
    let before = &visit[..=nth];
    // A start, and whatever follows a goodbye, takes the session up at a higher epoch.
    let starts = before.iter().filter(|said| matches!(said, Said::Start)).count();
    let goodbyes = visit[..nth].iter().filter(|said| matches!(said, Said::Left)).count();
    let epoch = (starts + goodbyes) as u64;
    let in_tab = |said: &(usize, &Said)| said.0 as u128 % TABS == nth as u128 % TABS;
    let events = |said: &(usize, &Said)| matches!(said.1, Said::Moved(_) | Said::Logged(_));
    let seq = before.iter().enumerate().filter(in_tab).filter(events).count() as u64;
    let beats = before.iter().filter(|said| matches!(said, Said::Beat(..))).count() as u64;
    let totals = |activity| Beat { activity, activity_count: beats, active_seconds: 3 * beats };
    let dropped = vec![Dropped { reason: "expired".into(), count: seq, seq: Vec::new() }];
    let event = |kind: &str, section: String| Event {
        index: 0,
        id: id_at(at, 1_000 + nth as u128),
        seq: Some(seq),
        kind: kind.into(),
        data: Some(format!("{nth}")),
        section: Some(section),
        occurred_at: Some(at),
    };
    let mut write = Write {
        user_id: user.into(),
        session_id,
        sent: Sent { received_at: time(RECEIVED), sent_at: Some(time(RECEIVED)) },
        epoch: Some(epoch),
        tab: Some(Tab {
            id: id_at(time(BEGAN), 100 + nth as u128 % TABS),
            last_seq: (seq > 0).then_some(seq),
            dropped,
        }),
        start: None,
        events: Vec::new(),
        section: None,
        metadata: None,
        beat: None,
        end: None,
    };
    match &visit[nth] {
        Said::Start => {
            let section = Some("home".into());
            write.start =
                Some(Start { started_at: Some(time(BEGAN)), platform: "web".into(), section, ..Start::default() });
        }
        Said::Moved(place) => {
            write.events = vec![event("section_change", format!("section {}", place % 3))];
            write.section = Some(Stated { section: None, occurred_at: Some(at) });
        }
        Said::Logged(place) => write.events = vec![event("click", format!("section {}", place % 3))],
        Said::Beat(activity) => write.beat = Some(totals(*activity)),
        Said::Left | Said::LoggedOut => {
            let reason = if matches!(visit[nth], Said::Left) { EndReason::AppClose } else { EndReason::Logout };
            write.beat = Some(totals(Activity::Hidden));
            write.end = Some(End { reason, ended_at: Some(at) });
        }
    }
    write
}

/// Sends what a client sends: again later, where the session is not there yet; never again, where it is told that the session is over.
async fn arrive(store: &dyn Store, user: &str, case: &Case, order: &[usize], cuts: &[bool]) {
    let mut waiting: VecDeque<usize> = order.iter().copied().collect();
    let mut cuts = cuts.iter().copied().cycle();
    while !waiting.is_empty() {
        let mut group = vec![waiting.pop_front().unwrap()];
        while cuts.next() == Some(true) && !waiting.is_empty() {
            group.push(waiting.pop_front().unwrap());
        }
        let writes: Vec<_> = group.iter().map(|nth| write(user, &case.visit, *nth)).collect();
        let outcomes = store.apply(&writes).await.unwrap();
        for (nth, outcome) in group.into_iter().zip(outcomes) {
            match outcome {
                Err(Refusal::NotFound) => waiting.push_back(nth),
                Err(Refusal::MetadataTooLarge) => panic!("no request had metadata"),
                Ok(_) | Err(Refusal::Ended { .. }) => {}
            }
        }
    }
}

/// The rows of a visit, whoever it is of.
async fn rows(store: &dyn Store, user: &str) -> (Vec<Session>, Trail) {
    let anybody = |session: Session| Session { user_id: String::new(), ..session };
    let sessions = store
        .own_sessions(Page { user_id: user, after: None, limit: 10 })
        .await
        .unwrap()
        .into_iter()
        .map(anybody)
        .collect();
    let mut trail = store.trail(user, id_at(time(BEGAN), 1), 0, 500).await.unwrap().unwrap();
    // Events of one moment are listed as they came.
    trail.events.sort_by_key(|event| (event.occurred_at, event.event_id));
    // A tab that has numbered nothing is known only if one of its beats came before the end.
    trail.tabs.retain(|tab| tab.last_seq > 0);
    (sessions, trail)
}

fn compared(rows: (Vec<Session>, Trail)) -> String {
    let (sessions, trail) = rows;
    format!("{sessions:#?}\n{:#?}\n{:#?}", trail.events, trail.tabs)
}

#[test]
fn any_interleaving_with_retries_gives_the_rows_of_the_serial_run() {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().unwrap();
    let folder = tempfile::tempdir().unwrap();
    let store = runtime.block_on(async {
        let settings = Settings::for_database(crate::support::database(&folder).await);
        store::open(&settings).await.unwrap()
    });
    let mut runner = TestRunner::new(Config { cases: 60, failure_persistence: None, ..Config::default() });
    runner
        .run(&case(), |case| {
            let (serial, shuffled) = runtime.block_on(async {
                let run = Uuid::now_v7();
                let (one, other) = (format!("serial:{run}"), format!("shuffled:{run}"));
                let in_order: Vec<_> = (0..case.visit.len()).collect();
                arrive(store.as_ref(), &one, &case, &in_order, &[false]).await;
                arrive(store.as_ref(), &other, &case, &case.order, &case.cuts).await;
                (compared(rows(store.as_ref(), &one).await), compared(rows(store.as_ref(), &other).await))
            });
            let differ = |(one, other): &(&str, &str)| one != other;
            let differences: Vec<_> = serial.lines().zip(shuffled.lines()).filter(differ).collect();
            prop_assert!(serial == shuffled, "serial and shuffled: {:?}", differences);
            Ok(())
        })
        .unwrap_or_else(|failure| panic!("{failure}"));
}
