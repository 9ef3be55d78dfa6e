//! Every bound, at the limit and one over: of requests (`requests`), of single members (`members`), and of JSON that is kept (`kept_json`).

mod kept_json;
mod members;
mod requests;

use crate::answer::Answer;
use crate::case::{Case, Judged};
use serde_json::Value;

pub(super) fn cases() -> impl Iterator<Item = &'static Case> {
    [requests::CASES, members::CASES, kept_json::CASES].into_iter().flatten()
}

fn is_invalid(answer: &Answer) -> Judged {
    answer.problem(422, "invalid-request").map(|_| ())
}

fn with(mut body: Value, name: &str, value: Value) -> Value {
    body[name] = value;
    body
}
