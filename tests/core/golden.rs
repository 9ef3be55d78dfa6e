//! The tracker against the law: what it writes is, field by field, what `api/examples` says, and it reads the answers there as they are meant.

use crate::page::{NOON, Page, Storage};
use crate::parsing::{config_of, flat};
use serde_json::{Value, json};
use session_tracker::config::Config;
use session_tracker::event::{Event, EventData, EventType, What};
use session_tracker::id::Id;
use session_tracker::ledger::{DropReason, Losses};
use session_tracker::presence::Person;
use session_tracker::queue::Fate;
use session_tracker::section::Section;
use session_tracker::session::{EndReason, Profile};
use session_tracker::time::{Millis, Wall};
use session_tracker::wire::{Beat, Introduction, Message, Route, Taken, Verdict, read, spell, write};
use uuid::Uuid;

const TOKEN: &str = "(the session's write token)";

fn example(name: &str) -> Value {
    let path = format!("{}/api/examples/{name}.json", env!("CARGO_MANIFEST_DIR"));
    serde_json::from_str(&std::fs::read_to_string(path).expect("the example is there")).expect("the example is JSON")
}

fn id(text: &str) -> Uuid {
    Uuid::parse_str(text).expect("an id")
}

/// The names in the examples.
struct Names {
    session: Id,
    first_tab: Id,
    second_tab: Id,
    device: Id,
}

fn names() -> Names {
    Names {
        session: id("019ca945-0a00-7000-8000-000000000001").into(),
        first_tab: id("019ca945-0a00-7000-8000-0000000000aa").into(),
        second_tab: id("019ca945-f848-7000-8000-0000000000ab").into(),
        device: id("019ca945-0a00-7000-8000-0000000000dd").into(),
    }
}

fn at(milliseconds: u64) -> Wall {
    Wall(NOON + milliseconds)
}

fn logged(event: &str, seq: u64, kind: &str, data: &str, section: &str, ms: u64) -> Event {
    let what = What::Logged {
        kind: EventType::parse(kind.into()).expect("a type"),
        data: Some(EventData::parse(data.into()).expect("data")),
        section: Section::parse(section).expect("a section"),
    };
    Event { seq, is_move: false, text: spell(id(event), seq, at(ms), &what), kept: None }
}

fn moved(event: &str, seq: u64, section: &str, ms: u64, dwelt: u64) -> Event {
    let what = What::Moved(Section::parse(section).expect("a section"), Millis(dwelt));
    Event { seq, is_move: true, text: spell(id(event), seq, at(ms), &what), kept: None }
}

fn buy() -> Event {
    let data = r#"{"name":"buy","plan":"Größe M"}"#;
    logged("019ca945-1d88-7000-8000-0000000000e2", 2, "button_click", data, "pricing", 5_000)
}

fn beat(person: Person, activities: u64, seconds: u64) -> Option<Beat> {
    Some(Beat { person, activities, active: Millis::from_seconds(seconds) })
}

fn message<'a>(losses: &'a Losses, session: &'a Id, tab: &'a Id, sent: u64, last_seq: u64) -> Message<'a> {
    Message {
        session,
        token: TOKEN,
        tab,
        epoch: 1,
        sent: at(sent),
        last_seq,
        losses,
        introduction: None,
        events: Vec::new(),
        section: None,
        beat: None,
        end: None,
    }
}

fn introduction<'a>(config: &'a Config, section: &'a Section) -> Introduction<'a> {
    Introduction {
        config,
        user: &config.user_id,
        visitor: "",
        replace: &config.replace,
        device: None,
        device_info: "",
        location_info: "",
        section,
        started: at(0),
        previous: None,
    }
}

fn config() -> Config {
    config_of(json!({ "userId": "ada" }))
}

#[track_caller]
fn writes(name: &str, route: Route, message: &Message<'_>) {
    let example = example(name);
    let path = example["request"]["path"].as_str().expect("a path");
    assert!(path.ends_with(route.path()), "{name} is about {path}");
    let written: Value = serde_json::from_str(&write(route, message)).expect("the tracker writes JSON");
    assert_eq!(written, example["request"]["body"], "{name}");
}

#[track_caller]
fn answer(name: &str, route: Route) -> Verdict {
    let example = example(name);
    let status = example["response"]["status"].as_u64().expect("a status");
    read(route, u16::try_from(status).expect("a status"), None, &flat(&example["response"]["body"].to_string()))
}

#[test]
fn a_start_is_written_as_the_api_says() {
    let names = names();
    let (config, losses, section) = (config(), Losses::default(), Section::parse("home").unwrap());
    let introduction = Introduction {
        device: Some(&names.device),
        device_info: r#"{"os":"Linux","browser":"Chromium 156","screen":"large","mobile":false}"#,
        location_info: r#"{"timezone":"Europe/Vienna","locale":"de-AT"}"#,
        ..introduction(&config, &section)
    };
    let message = Message {
        token: "",
        introduction: Some(introduction),
        ..message(&losses, &names.session, &names.first_tab, 250, 0)
    };
    writes("01-start", Route::Start, &message);
}

#[test]
fn a_resumed_start_is_written_as_the_api_says() {
    let names = names();
    let (config, losses, section) = (config(), Losses::default(), Section::parse("about").unwrap());
    let introduction = introduction(&config, &section);
    let message = Message {
        epoch: 2,
        introduction: Some(introduction),
        ..message(&losses, &names.session, &names.second_tab, 62_000, 0)
    };
    writes("08-start-resumed", Route::Start, &message);
}

#[test]
fn batches_are_written_as_the_api_says() {
    let names = names();
    let (change, buy) = (moved("019ca945-19a0-7000-8000-0000000000e1", 1, "pricing", 4_000, 0), buy());
    let losses = Losses::default();
    let first = Message {
        events: vec![&change, &buy],
        beat: beat(Person::Active, 3, 6),
        ..message(&losses, &names.session, &names.first_tab, 6_500, 2)
    };
    writes("02-batch", Route::Batch, &first);

    let mut losses = Losses::default();
    for seq in 3..=5 {
        losses.add(DropReason::QueueFull, seq);
    }
    let submit = logged("019ca945-2558-7000-8000-0000000000e6", 6, "form_submit", "null", "pricing", 7_000);
    let repeated =
        Message { events: vec![&buy, &submit], ..message(&losses, &names.session, &names.first_tab, 8_000, 6) };
    writes("03-batch-repeated", Route::Batch, &repeated);

    let losses = Losses::default();
    let logout =
        logged("019ca946-de5c-7000-8000-0000000000f1", 1, "button_click", r#"{"name":"logout"}"#, "about", 119_900);
    let goodbye = Message {
        epoch: 2,
        events: vec![&logout],
        beat: beat(Person::Active, 8, 117),
        end: Some((EndReason::Logout, at(120_000))),
        ..message(&losses, &names.session, &names.second_tab, 120_000, 1)
    };
    writes("09-batch-goodbye", Route::Batch, &goodbye);
}

#[test]
fn single_requests_are_written_as_the_api_says() {
    let names = names();
    let losses = Losses::default();
    let heartbeat =
        Message { beat: beat(Person::Idle, 4, 30), ..message(&losses, &names.session, &names.first_tab, 30_250, 6) };
    writes("04-heartbeat", Route::Heartbeat, &heartbeat);

    let docs = moved("019ca945-a640-7000-8000-0000000000e7", 7, "docs", 40_000, 34_500);
    writes(
        "05-update",
        Route::Update,
        &Message { events: vec![&docs], ..message(&losses, &names.session, &names.first_tab, 40_000, 7) },
    );

    let search =
        logged("019ca945-b9c8-7000-8000-0000000000e8", 8, "button_click", r#"{"name":"search"}"#, "docs", 45_000);
    writes(
        "06-log-event",
        Route::LogEvent,
        &Message { events: vec![&search], ..message(&losses, &names.session, &names.first_tab, 45_000, 8) },
    );

    let end = Message {
        beat: beat(Person::Hidden, 5, 60),
        end: Some((EndReason::AppClose, at(60_500))),
        ..message(&losses, &names.session, &names.first_tab, 60_750, 8)
    };
    writes("07-end", Route::End, &end);
}

#[test]
fn answers_are_read_as_the_api_means_them() {
    let Verdict::Started(started) = answer("01-start", Route::Start) else { panic!("a start was taken") };
    assert_eq!(started.session, names().session);
    assert_eq!(started.user.as_deref(), Some("ada"));
    assert_eq!(started.profile, Profile::Full { events: 500, bytes: 524_288 });
    assert_eq!(started.times.heartbeat, Some(Millis(30_000)));
    assert_eq!(started.times.resume, Some(Millis(1_800_000)));
    assert!(started.token.is_some());
    let Verdict::Taken(batch) = answer("02-batch", Route::Batch) else { panic!("a batch was taken") };
    assert_eq!((batch.fate(0), batch.fate(1), batch.fate(2)), (Fate::Stored, Fate::Stored, Fate::Unknown));
    assert_eq!(answer("04-heartbeat", Route::Heartbeat), Verdict::Taken(Taken::default()));
    assert_eq!(answer("05-update", Route::Update), Verdict::Taken(Taken::default()));
    assert_eq!(answer("06-log-event", Route::LogEvent), Verdict::Taken(Taken::default()));
    assert_eq!(answer("07-end", Route::End), Verdict::Taken(Taken { fates: None, ended: Some(EndReason::AppClose) }));
    assert_eq!(answer("10-problem-session-ended", Route::Heartbeat), Verdict::SessionOver(EndReason::Logout));
}

#[test]
fn a_page_that_is_driven_writes_the_same_start() {
    let mut page = Page::open_with(json!({ "userId": "ada" }), Storage::default(), NOON);
    page.start();
    let written: Value = page.body();
    let known = example("01-start")["request"]["body"].clone();
    let names = |value: &Value| value.as_object().expect("an object").keys().cloned().collect::<Vec<_>>();
    assert_eq!(names(&written), names(&known));
}

#[test]
fn every_character_is_spelt_as_json_wants_it() {
    let names = names();
    let (losses, section) = (Losses::default(), Section::parse("home").unwrap());
    for user in ["quote \" backslash \\ bell \u{7} tab \t ü 𝄞 \u{2028}", "\"", "\\", "\u{7}"] {
        let config = Config { user_id: user.into(), ..config() };
        let introduction = introduction(&config, &section);
        let message =
            Message { introduction: Some(introduction), ..message(&losses, &names.session, &names.first_tab, 0, 0) };
        let written: Value = serde_json::from_str(&write(Route::Start, &message)).expect("the tracker writes JSON");
        assert_eq!(written["userId"], user);
    }
}

#[test]
fn times_are_right_in_every_kind_of_year() {
    let names = names();
    let losses = Losses::default();
    for (ms, text) in [
        (0, "1970-01-01T00:00:00.000Z"),
        (951_782_400_000, "2000-02-29T00:00:00.000Z"),
        (951_868_799_999, "2000-02-29T23:59:59.999Z"),
        (1_709_164_800_000, "2024-02-29T00:00:00.000Z"),
        (1_767_225_599_999, "2025-12-31T23:59:59.999Z"),
        (4_107_542_400_000, "2100-03-01T00:00:00.000Z"),
    ] {
        let message = Message { sent: Wall(ms), ..message(&losses, &names.session, &names.first_tab, 0, 0) };
        let written: Value = serde_json::from_str(&write(Route::Heartbeat, &message)).expect("JSON");
        assert_eq!(written["sentAt"], text);
    }
}
