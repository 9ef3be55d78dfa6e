//! What becomes of the requests of a page, as the story says: answered, taken, or lost. Nothing is answered by itself.

use crate::page::{Page, parsed};
use crate::parsing::flat;
use serde_json::Value;
use session_tracker::time::Millis;
use session_tracker::tracker::{Input, Request};
use session_tracker::wire::{Verdict, read};

impl Page {
    /// The one request that waits for an answer.
    pub(crate) fn awaited(&self) -> &Request {
        assert_eq!(self.sent.len(), 1, "one request is awaited, no more: {:?}", self.paths());
        &self.sent[0]
    }

    pub(crate) fn paths(&self) -> Vec<&'static str> {
        self.sent.iter().map(|request| request.route.path()).collect()
    }

    pub(crate) fn body(&self) -> Value {
        parsed(&self.awaited().body)
    }

    /// The backend answers the awaited request.
    pub(crate) fn answer(&mut self, status: u16, body: &str) {
        self.answer_after(status, body, None);
    }

    pub(crate) fn answer_after(&mut self, status: u16, body: &str, retry_after: Option<Millis>) {
        self.awaited();
        let request = self.sent.remove(0);
        let verdict = read(request.route, status, retry_after, &flat(body));
        self.put(Input::Answered(request.id, verdict));
    }

    /// The awaited request fails without an answer.
    pub(crate) fn lose(&mut self) {
        self.awaited();
        let request = self.sent.remove(0);
        self.put(Input::Answered(request.id, Verdict::TryAgain { after: None }));
    }

    /// Whatever is awaited fails.
    pub(crate) fn lose_all(&mut self) {
        while !self.sent.is_empty() {
            self.lose();
        }
    }

    pub(crate) fn accept_start(&mut self) {
        assert_eq!(self.awaited().route.path(), "/start");
        let body = self.body();
        let id = body["sessionId"].as_str().expect("a session");
        self.answer(
            201,
            &format!(r#"{{"sessionId":"{id}","token":"write-{id}","profile":"full","limits":{{"batchEvents":500,"batchBytes":524288}}}}"#),
        );
    }

    /// The backend takes whatever the awaited request carries.
    pub(crate) fn accept(&mut self) {
        if self.awaited().route.path() == "/start" {
            return self.accept_start();
        }
        let count = self.body()["events"].as_array().map_or(0, Vec::len);
        let all: Vec<String> = (0..count).map(|index| index.to_string()).collect();
        self.answer(200, &format!(r#"{{"accepted":[{}],"duplicates":[],"rejected":[]}}"#, all.join(",")));
    }

    /// The backend takes everything until nothing is awaited.
    pub(crate) fn accept_all(&mut self) {
        for _ in 0..1_000 {
            if self.sent.is_empty() {
                return;
            }
            self.accept();
        }
        panic!("the tracker sends for ever");
    }
}
