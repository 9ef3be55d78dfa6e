//! One truth: the embedded store decides by `session/rules.rs`, PostgreSQL by its functions. Whatever a few tabs of two users send, in
//! whatever groups and order, both answer the same.

use crate::support::{NOON, Server, database, id_at, time};
use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};
use serde_json::Value;
use session_server::clock::Timestamp;
use session_server::config::Settings;
use session_server::session::EndReason;
use session_server::session::gaps::Dropped;
use session_server::session::times::Sent;
use session_server::session::write::{Activity, Beat, End, Event, Outcome, Replace, Start, Stated, Tab, Write};
use session_server::store::sqlite::SqliteStore;
use session_server::store::{self, Store};
use std::time::Duration;
use uuid::Uuid;

/// What a request says, with small numbers for ids, so that requests meet.
fn write() -> impl Strategy<Value = Write> {
    let who = (0..2_u8, 0..4_u128);
    let when = (-200_i64..200, prop::option::of(1..4_u64));
    let start =
        prop::option::weighted(0.4, (0..2_u128, 0..3_u8, prop::option::of(0..4_u128), any::<bool>(), 0..20_000_i64));
    let events = prop::collection::vec((0..8_u128, 0..3_u8, prop::option::of(-300..300_i64)), 0..4);
    let section = prop::option::weighted(0.2, (prop::option::of(0..3_u8), -300..300_i64));
    let beat = prop::option::weighted(0.4, (0..3_u8, 0..5_u64, 0..50_u64));
    let end = prop::option::weighted(0.2, (0..6_usize, prop::option::of(0..900_i64)));
    let tab = prop::option::of((0..2_u128, 0..9_u64, 0..3_u64));
    (who, when, start, events, section, beat, end, tab, prop::option::weighted(0.1, 0..3_u8)).prop_map(
        |((user, session), (skew, epoch), start, events, section, beat, end, tab, metadata)| {
            let noon = time(NOON);
            let at = |seconds: i64| Timestamp::from_millis(noon.millis() + seconds * 1_000);
            // The fourth id is one whose time cannot be believed.
            let session_of = |number| if number == 3 { Uuid::from_u128(3) } else { id_at(noon, number) };
            Write {
                user_id: ["ada", "eve"][usize::from(user)].into(),
                session_id: session_of(session),
                sent: Sent { received_at: noon, sent_at: (skew % 3 != 0).then(|| at(skew)) },
                epoch,
                tab: tab.map(|(id, last_seq, dropped)| Tab {
                    id: id_at(noon, 50 + id),
                    last_seq: Some(last_seq),
                    dropped: (0..dropped)
                        .map(|n| Dropped { reason: format!("r{n}"), count: last_seq, seq: vec![(1, n + 1)] })
                        .collect(),
                }),
                start: start.map(|(device, replace, previous, crashed, age)| Start {
                    started_at: (age % 2 == 0).then(|| at(-age)),
                    device_id: Some(id_at(noon, 60 + device)),
                    replace: [Replace::Device, Replace::User, Replace::None][usize::from(replace)],
                    previous_id: previous.map(session_of),
                    previous_end: crashed.then_some(EndReason::Crash),
                    platform: "web".into(),
                    section: crashed.then(|| "home".into()),
                    ..Start::default()
                }),
                events: events
                    .into_iter()
                    .enumerate()
                    .map(|(index, (id, kind, age))| Event {
                        index,
                        id: if id == 7 { Uuid::from_u128(7) } else { id_at(noon, 100 + id) },
                        seq: Some(u64::try_from(id).unwrap() + 1),
                        kind: ["click", "section_change", "view"][usize::from(kind)].into(),
                        data: (kind == 2).then(|| r#"{"a":[1.50,"ü"]}"#.into()),
                        section: (kind == 1).then(|| format!("s{id}")),
                        occurred_at: age.map(at),
                    })
                    .collect(),
                section: section
                    .map(|(name, age)| Stated { section: name.map(|n| format!("t{n}")), occurred_at: Some(at(age)) }),
                metadata: metadata.map(|n| format!(r#"{{"m{n}":{n}}}"#)),
                beat: beat.map(|(activity, activity_count, active_seconds)| Beat {
                    activity: [Activity::Active, Activity::Idle, Activity::Hidden][usize::from(activity)],
                    activity_count,
                    active_seconds,
                }),
                end: end.map(|(reason, age)| End { reason: EndReason::ALL[reason], ended_at: age.map(|age| at(-age)) }),
            }
        },
    )
}

/// Groups, and how long after the one before each comes: moments, around the resume window, around the timeout, a day, eight days.
fn groups() -> impl Strategy<Value = Vec<(u64, Vec<Write>)>> {
    let pause = prop::sample::select(vec![0, 1, 30, 1_799, 1_800, 1_801, 3_599, 3_600, 86_400, 8 * 86_400]);
    prop::collection::vec((pause, prop::collection::vec(write(), 1..6)), 1..8)
}

/// JSON texts are compared by what they say.
fn said(outcomes: Vec<Outcome>) -> Vec<(Outcome, Option<Value>)> {
    outcomes
        .into_iter()
        .map(|mut outcome| {
            let metadata = outcome.as_mut().ok().and_then(|applied| applied.session.metadata.take());
            (outcome, metadata.map(|text| serde_json::from_str(&text).unwrap()))
        })
        .collect()
}

#[test]
fn both_stores_answer_the_same() {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
    let server = runtime.block_on(Server::start());
    let settings = Settings::for_database(runtime.block_on(database(&server.folder)));
    let postgres = runtime.block_on(store::open(&settings)).unwrap();
    let case = std::sync::atomic::AtomicU32::new(0);
    let mut runner = TestRunner::new(Config { cases: 100, failure_persistence: None, ..Config::default() });
    let result = runner.run(&groups(), |groups| {
        let case = case.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
        runtime.block_on(async {
            let folder = tempfile::tempdir().unwrap();
            let file = format!("sqlite:{}", folder.path().join("sessions.db").display());
            let sqlite = SqliteStore::open(&file, settings.timing.clone()).await.unwrap();
            let mut now = time(NOON);
            for (pause, mut writes) in groups {
                now = now.plus(Duration::from_secs(pause));
                for write in &mut writes {
                    // Each case has users of its own, so that one database serves them all.
                    write.user_id = format!("{}{case}", write.user_id);
                    let later = now.since(write.sent.received_at);
                    write.sent.received_at = now;
                    write.sent.sent_at = write.sent.sent_at.map(|at| Timestamp::from_millis(at.millis() + later));
                }
                writes.sort_by(|a, b| (&a.user_id, a.session_id).cmp(&(&b.user_id, b.session_id)));
                let (rules, functions) = (sqlite.apply(&writes).await.unwrap(), postgres.apply(&writes).await.unwrap());
                prop_assert_eq!(said(rules), said(functions), "{:#?}", writes);
            }
            // The one ends what is due whenever it meets it, the other when it is written to or the job comes.
            sqlite.end_inactive(now).await.unwrap();
            postgres.end_inactive(now).await.unwrap();
            for user in ["ada", "eve"].map(|user| format!("{user}{case}")) {
                let since = now.minus(Duration::from_secs(30 * 86_400));
                let (a, b) =
                    (sqlite.stats(&user, since, now).await.unwrap(), postgres.stats(&user, since, now).await.unwrap());
                prop_assert_eq!(a, b);
            }
            Ok(())
        })
    });
    result.unwrap();
}
