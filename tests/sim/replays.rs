//! Schedules that once failed, each in a file of `tests/regressions/` as the simulator shrank it, named after what went wrong.

use crate::ops::Op;
use crate::runs::{Replay, run};
use crate::schedule::schedule;
use crate::world::Setting;
use std::path::Path;

#[test]
fn what_once_failed_does_not_fail_again() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/regressions");
    let mut count = 0;
    for entry in std::fs::read_dir(folder).expect("the folder is there") {
        let path = entry.expect("the folder can be read").path();
        let text = std::fs::read_to_string(&path).expect("the file can be read");
        let replay: Replay = serde_json::from_str(&text).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
        let setting = Setting { seed: replay.seed, has_storage: replay.has_storage, lie: None };
        if let Err(broken) = run(setting, &replay.ops) {
            panic!("{}: {broken}", path.display());
        }
        count += 1;
    }
    assert!(count > 0, "there are none");
}

#[test]
fn a_schedule_is_the_same_when_it_has_been_a_file() {
    let replay = Replay { seed: 7, has_storage: true, ops: schedule(7, 200) };
    let again: Replay = serde_json::from_str(&replay.file()).expect("what is written can be read");
    assert_eq!(again.ops, replay.ops);
    assert!(replay.file().lines().count() >= replay.ops.len(), "an operation to a line");
    assert!(again.ops.contains(&Op::Open { visitor: 0, user: 0 }));
}
