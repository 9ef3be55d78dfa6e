//! For each kind of value what must be taken, the limits themselves among it, and what must be refused: one over, far over, of another kind, or
//! unfit to be kept by any store. Each is written as it stands in a body, for some of them no JSON library would write.

use super::document::Kind;
use crate::support::{NOON, click, id_at, time};
use serde_json::{Value, json};
use session_server::limits::NUMBER_DIGITS;

/// Far over any limit of a name, and yet within a beacon.
const FAR: usize = 20_000;

/// The character that no store keeps, and halves of characters.
const UNFIT: [&str; 5] = [r#""\u0000""#, r#""a\u0000b""#, r#""\ud800""#, r#""\udc00\ud800""#, r#""\ud83d\u0041""#];

fn text(text: impl AsRef<str>) -> String {
    json!(text.as_ref()).to_string()
}

/// What must be taken at this place of a body, which may hold something already.
pub(super) fn good(place: &str, kind: &Kind, present: Option<&Value>) -> Vec<String> {
    let name = place.rsplit('/').next().unwrap();
    match kind {
        Kind::Text { most, in_bytes: false, .. } => vec![text("x"), text("ß".repeat(*most))],
        Kind::Text { most, in_bytes: true, .. } => vec![text("x"), text("ß".repeat(most / 2))],
        Kind::NoneOf { most, .. } => vec![text("x"), text("ß".repeat(*most))],
        Kind::Id => {
            let id = present.and_then(Value::as_str).map_or(id_at(time(NOON), 7).to_string(), str::to_owned);
            vec![text(id.to_uppercase())]
        }
        Kind::Time => [
            "2026-03-01T12:00:00Z",
            "2026-03-01t14:00:00.1234567+02:00",
            "0001-01-01T00:00:00Z",
            "9999-12-31T23:59:59.999Z",
        ]
        .map(text)
        .into(),
        Kind::Number { least, most, is_whole } => {
            vec![least.to_string(), most.to_string(), if *is_whole { "3.0" } else { "1.5" }.into()]
        }
        Kind::Truth => vec!["true".into(), "false".into()],
        Kind::OneOf(names) => names.iter().map(text).collect(),
        Kind::Json { bytes, depth, is_object } => {
            let numbers = [r#"{"n":1.7976931348623157e308}"#, r#"{"n":-5e-324}"#].map(str::to_owned);
            let mut all = vec![nested(*depth), heavy(*bytes)];
            all.extend(numbers);
            all.extend((!is_object).then(|| text("x".repeat(bytes - 2))));
            all
        }
        Kind::List { most } => vec!["[]".into(), elements(name, *most).to_string()],
        Kind::Pair => vec!["[1,2]".into()],
        Kind::Cursor { .. } => panic!("{place}: a cursor stands in an address"),
        Kind::Object if name == "0" => vec![element(place.rsplit('/').nth(1).unwrap()).to_string()],
        Kind::Object => vec!["{}".into()],
    }
}

/// What must be refused, and as what.
pub(super) fn bad(place: &str, kind: &Kind) -> Vec<(String, (u16, &'static str))> {
    let name = place.rsplit('/').next().unwrap();
    let invalid = |literal: String| (literal, (422, "invalid-request"));
    let large = |literal: String| (literal, (413, "payload-too-large"));
    let no_text = ["7", "true", "[]", "{}"].into_iter().chain(UNFIT).map(str::to_owned);
    let faults: Vec<String> = match kind {
        Kind::Text { most, in_bytes, is_printable } => {
            let mut faults: Vec<_> = no_text.collect();
            let one_over = if *in_bytes { "ß".repeat(most / 2) + "x" } else { "ß".repeat(most + 1) };
            faults.extend([text(""), text("x".repeat(most + 1)), text(one_over), text("x".repeat(FAR.max(2 * most)))]);
            faults.extend(["a\u{1}b", "a\nb", "a\u{7f}b", "a\u{85}b"].map(text).into_iter().filter(|_| *is_printable));
            faults
        }
        Kind::NoneOf { most, names } => {
            let own = names.iter().map(text);
            no_text.chain([text(""), text("x".repeat(most + 1)), text("x".repeat(FAR))]).chain(own).collect()
        }
        Kind::OneOf(names) => {
            let like_one = names[0].to_uppercase();
            no_text.chain([text(""), text("x"), text(like_one), text("x".repeat(FAR))]).collect()
        }
        Kind::Id => {
            let no_ids = [
                "abc-123",
                "",
                "019ca945-0a00-7000-8000-00000000000",
                "019ca945-0a00-7000-8000-0000000000011",
                "019ca9450a00700080000000000000e1",
                "{019ca945-0a00-7000-8000-000000000001}",
                "urn:uuid:019ca945-0a00-7000-8000-000000000001",
                "019ca945-0a00-7000-8000-00000000000g",
                "'; DROP TABLE user_sessions; --",
            ];
            no_text.chain(no_ids.map(text)).chain([text("x".repeat(FAR))]).collect()
        }
        Kind::Time => {
            let no_times = [
                "",
                "noon",
                "2026-03-01",
                "2026-02-30T00:00:00Z",
                "2026-03-01T12:00:00",
                "2026-03-01T24:00:00Z",
                "0000-12-31T23:59:59Z",
                "10000-01-01T00:00:00Z",
                "9999-12-31T23:59:59-23:00",
            ];
            no_text.chain(no_times.map(text)).chain([text("x".repeat(FAR))]).collect()
        }
        Kind::Number { least, most, is_whole } => {
            let mut faults = vec![(i128::from(*least) - 1).to_string(), (most + 1).to_string()];
            faults.extend(["-0.1", "-1", "1e300", "-1e300", "1e999", r#""1""#, "true", "[]", "{}"].map(str::to_owned));
            faults.extend(is_whole.then(|| "1.5".to_owned()));
            faults
        }
        Kind::Cursor { .. } => panic!("{place}: a cursor stands in an address"),
        Kind::Truth => ["0", "1", r#""true""#, "[]", "{}"].map(str::to_owned).into(),
        Kind::Json { bytes, depth, is_object } => {
            let unfit =
                [r#"{"a":"\u0000"}"#, r#"{"a\u0000":1}"#, r#"{"\ud800":1}"#, r#"{"a":["\ud83d"]}"#].map(str::to_owned);
            let far =
                ["1e309", "-1.8e308", "1e-324", "1e8192", "1e131071"].map(|number| format!(r#"{{"n":[{number}]}}"#));
            let numbers = [
                format!(r#"{{"n":0.{}}}"#, "1".repeat(NUMBER_DIGITS / 2 + 1)),
                format!(r#"{{"n":[{}]}}"#, ["1e308"; NUMBER_DIGITS / 308 + 1].join(",")),
            ];
            let faults = unfit.into_iter().chain(far).chain(numbers).chain([nested(depth + 1), nested(1_000)]);
            let heavy = [heavy(bytes + 1), heavy((6 * bytes).min(60_000))];
            return if *is_object {
                let others = ["[]", "7", "true", r#""{}""#].map(str::to_owned);
                faults.chain(others).chain(heavy).map(invalid).collect()
            } else {
                faults.map(invalid).chain(heavy.map(large)).collect()
            };
        }
        Kind::List { most } => {
            let others = ["7", "true", "{}", r#""[]""#].map(|literal| invalid(literal.into())).into_iter();
            let too_many = [most + 1, 4 * most].map(|count| elements(name, count).to_string());
            let refused = too_many.map(|list| if name == "events" { large(list) } else { invalid(list) });
            return others.chain(refused).collect();
        }
        Kind::Pair => ["[]", "[1]", "[1,2,3]", "[2,1]", "7", "{}"].map(str::to_owned).into(),
        Kind::Object => ["[]", "7", "true", r#""{}""#].map(str::to_owned).into(),
    };
    faults.into_iter().map(invalid).collect()
}

/// So many different elements that a list takes.
pub(super) fn elements(list: &str, count: usize) -> Value {
    let numbers = 1..=u64::try_from(count).unwrap();
    match list {
        "events" => numbers.map(|number| json!({ "eventType": "click", "seq": number })).collect(),
        "dropped" => numbers.map(|number| json!({ "reason": format!("r{number}"), "count": 1 })).collect(),
        "seq" => numbers.map(|number| json!([2 * number, 2 * number])).collect(),
        "rooms" => numbers.map(|number| json!(id_at(time(NOON), 900 + u128::from(number)))).collect(),
        _ => panic!("what the list {list} holds is not known here"),
    }
}

/// One element in which a member may be set.
pub(super) fn element(list: &str) -> Value {
    match list {
        "events" => click(1),
        "seq" => json!([1, session_server::limits::COUNT]),
        _ => elements(list, 1)[0].clone(),
    }
}

fn nested(depth: usize) -> String {
    format!("{}{}", "{\"a\":".repeat(depth - 1) + "{", "}".repeat(depth))
}

fn heavy(bytes: usize) -> String {
    format!("{{\"k\":\"{}\"}}", "x".repeat(bytes - r#"{"k":""}"#.len()))
}
