//! Weather that is in the random schedules too, told by itself because so much hangs on it: each story first proves by its trace that what
//! it is about has happened.

use crate::network::Fault;
use crate::ops::Op;
use crate::world::{Setting, World};

const MINUTE: u32 = 60_000;

/// The first world whose backend has both profiles and whose first visitor's pages may keep what they know.
fn world() -> World {
    let worlds = (0..).map(|seed| World::new(Setting { seed, has_storage: true, lie: None }, true));
    worlds.into_iter().find(|world| !world.backend.is_core && world.visitors[0].is_persistent).expect("there is one")
}

/// Runs it, and gives where in its trace each of these is found, which must be in this order.
fn happened(world: &mut World, ops: &[Op], what: &[&str]) {
    world.run(ops).expect("no rule is broken");
    let trace = world.trace.clone().unwrap_or_default();
    let mut rest = trace.as_str();
    for one in what {
        let at = rest.find(one).unwrap_or_else(|| panic!("{one:?} did not happen in its turn:\n{trace}"));
        rest = &rest[at + one.len()..];
    }
}

#[test]
fn a_goodbye_that_arrives_after_the_next_pages_start_ends_nothing() {
    let mut world = world();
    let ops = [
        Op::Open { visitor: 0, user: 0 },
        Op::Pass { millis: 2_000 },
        Op::Meet(Fault::Late { seconds: 5 }),
        Op::Navigate { page: 0, quota: 65_536, cached: false },
        Op::Log { page: 0, bytes: 20 },
        Op::Pass { millis: MINUTE },
    ];
    happened(
        &mut world,
        &ops,
        &["page 0 sends /end", "page 1 sends /start", "200 to page 1 /start", "200 to page 0 /end"],
    );
    let sessions: Vec<_> = world.backend.sessions.values().collect();
    assert_eq!(sessions.len(), 1, "the second page is in the first one's session");
    assert_eq!(sessions[0].end, None, "the goodbye is older than the start, whenever it arrives");
    assert!(world.backend.rows.values().all(|row| row.copies == 1));
}

#[test]
fn what_waited_offline_while_its_session_timed_out_is_stored_in_that_session() {
    let mut world = world();
    let ops = [
        Op::Open { visitor: 0, user: 0 },
        Op::Pass { millis: 2_000 },
        Op::Outage { seconds: 5_000 },
        Op::Log { page: 0, bytes: 20 },
        Op::Pass { millis: 1_000 },
        Op::Crash { page: 0 },
        Op::Pass { millis: 70 * MINUTE },
        Op::Open { visitor: 0, user: 0 },
        Op::Pass { millis: 15 * MINUTE },
    ];
    happened(&mut world, &ops, &["logs", "page 1 sends /batch", "200 to page 1 /batch", "201 to page 1 /start"]);
    let sessions: Vec<_> = world.backend.sessions.iter().collect();
    let [(first, over), (_, running)] = sessions[..] else { panic!("{sessions:?}") };
    assert_eq!(over.end.as_ref().map(|end| &*end.reason), Some("timeout"));
    assert_eq!(running.end, None);
    let rows: Vec<_> = world.backend.rows.values().collect();
    assert_eq!(rows.len(), 1, "{rows:?}");
    assert_eq!((&rows[0].session, rows[0].copies), (first, 1));
}
