//! What a backend may say that it cannot mean.

use crate::page::{Page, events};
use crate::parsing::flat;
use session_tracker::limits::BATCH_EVENTS;
use session_tracker::queue::Fate;
use session_tracker::wire::{Route, Verdict, read};

fn start_with(extra: &str) -> Page {
    let mut page = Page::open();
    page.start();
    let id = page.session();
    page.answer(201, &format!(r#"{{"sessionId":"{id}","token":"t","profile":"full",{extra}}}"#));
    page
}

#[test]
fn a_limit_of_nothing_is_no_limit() {
    let mut page = start_with(r#""limits":{"batchEvents":0,"batchBytes":0}"#);
    page.log("one");
    page.log("two");
    page.seconds(5);
    assert_eq!(events(&page.body()), ["one", "two"]);
}

#[test]
fn nobody_beats_without_a_pause() {
    let mut page = start_with(r#""config":{"heartbeatSeconds":0}"#);
    page.seconds(29);
    assert!(page.sent.is_empty());
    page.seconds(1);
    assert_eq!(page.awaited().route.path(), "/heartbeat");
}

#[test]
fn events_are_named_by_their_index_alone_or_in_an_object_that_has_one() {
    let body = r#"{"accepted":[0,{"index":1,"seq":9}],"rejected":[{"index":2},"3",[4],{"seq":5},-6,{"index":"7"},null],"acceptedToo":[8]}"#;
    let Verdict::Taken(taken) = read(Route::Batch, 200, None, &flat(body)) else { panic!("it is an answer") };
    let fates: Vec<_> = (0..9).map(|index| taken.fate(index)).collect();
    let mut told = [Fate::Unknown; 9];
    (told[0], told[1], told[2]) = (Fate::Stored, Fate::Stored, Fate::Rejected);
    assert_eq!(fates, told);
}

#[test]
fn an_acknowledgement_has_a_list_of_what_was_accepted() {
    let verdict = |body: &str| read(Route::Batch, 200, None, &flat(body));
    assert!(matches!(verdict(r#"{"accepted":[]}"#), Verdict::Taken(_)));
    for other in
        ["{}", "[]", r#"{"rejected":[0]}"#, r#"{"a":{"accepted":[0]}}"#, r#"["accepted"]"#, r#"{"accepted":[0]"#]
    {
        assert_eq!(verdict(other), Verdict::TryAgain { after: None }, "{other}");
    }
}

#[test]
fn an_event_that_no_request_could_hold_is_not_spoken_of() {
    let body = format!(r#"{{"accepted":[{},{BATCH_EVENTS},18446744073709551615]}}"#, BATCH_EVENTS - 1);
    let Verdict::Taken(taken) = read(Route::Batch, 200, None, &flat(&body)) else { panic!("it is an answer") };
    assert_eq!((taken.fate(BATCH_EVENTS - 1), taken.fate(BATCH_EVENTS)), (Fate::Stored, Fate::Unknown));
}
