//! What a backend answered, and the three ways of looking at it: a success, a problem, or merely something that is no crash.

use crate::case::Stop;
use serde_json::Value;
use ureq::http::HeaderMap;

/// The types of problems, with the statuses each may have.
const PROBLEMS: [(&str, &[u16]); 16] = [
    ("invalid-json", &[400, 422]),
    ("invalid-request", &[400, 422]),
    ("token-missing", &[401]),
    ("token-invalid", &[401]),
    ("token-expired", &[401]),
    ("forbidden", &[403]),
    ("session-not-found", &[404]),
    ("not-found", &[404]),
    ("method-not-allowed", &[405]),
    ("conflict", &[409]),
    ("session-ended", &[410]),
    ("payload-too-large", &[413]),
    ("unsupported-media-type", &[415]),
    ("rate-limited", &[429]),
    ("internal-error", &[500]),
    ("unavailable", &[503]),
];

/// An answer to one request.
#[derive(Clone, Debug)]
pub struct Answer {
    /// The request, in a few words.
    pub asked: String,
    /// Its status.
    pub status: u16,
    /// Its headers.
    pub headers: HeaderMap,
    /// Its body as it came.
    pub text: String,
    /// Its body, if that is JSON; `null` otherwise.
    pub json: Value,
}

impl Answer {
    /// A header's value.
    #[must_use]
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).and_then(|value| value.to_str().ok())
    }

    /// The JSON object of a success.
    ///
    /// # Errors
    /// [`Stop::Broken`] if it is no success, or no JSON object served as `application/json`.
    pub fn ok(&self) -> Result<&Value, Stop> {
        let is_json = self.json.is_object() && self.is_served_as("application/json");
        if (200..300).contains(&self.status) && is_json {
            Ok(&self.json)
        } else {
            Err(self.unexpected("2xx with a JSON object as application/json"))
        }
    }

    /// The JSON object of a success with this very status.
    ///
    /// # Errors
    /// [`Stop::Broken`] if it is something else.
    pub fn ok_as(&self, status: u16) -> Result<&Value, Stop> {
        let reply = self.ok()?;
        if self.status == status { Ok(reply) } else { Err(self.unexpected(&format!("{status}"))) }
    }

    /// The problem, if it is of this status and type.
    ///
    /// # Errors
    /// [`Stop::Broken`] if it is something else.
    pub fn problem(&self, status: u16, kind: &str) -> Result<&Value, Stop> {
        let problem = self.any_problem()?;
        let is_it = self.status == status && self.kind() == kind;
        if is_it { Ok(problem) } else { Err(self.unexpected(&format!("{status} {kind}"))) }
    }

    /// The problem, whatever it is about, if it is the client's fault and well formed.
    ///
    /// # Errors
    /// [`Stop::Broken`] if it is something else.
    pub fn any_problem(&self) -> Result<&Value, Stop> {
        let problem = &self.json;
        let known = PROBLEMS.iter().find(|(kind, _)| *kind == self.kind());
        let is_told =
            ["type", "title", "detail"].iter().all(|name| problem[name].as_str().is_some_and(|text| !text.is_empty()));
        let is_true =
            problem["status"] == self.status && known.is_some_and(|(_, statuses)| statuses.contains(&self.status));
        if !(400..500).contains(&self.status) {
            Err(self.unexpected("a problem of 4xx"))
        } else if !self.is_served_as("application/problem+json") {
            Err(self.unexpected("Content-Type application/problem+json"))
        } else if is_told && is_true {
            Ok(problem)
        } else {
            Err(self.unexpected(
                "a problem with type (one of the table's), title, detail, and status as in the status line",
            ))
        }
    }

    /// The last part of the problem's type.
    #[must_use]
    pub fn kind(&self) -> &str {
        self.json["type"].as_str().unwrap_or_default().rsplit([':', '/']).next().unwrap_or_default()
    }

    /// Says that something else was expected.
    #[must_use]
    pub fn unexpected(&self, expected: &str) -> Stop {
        let served = self.header("content-type").unwrap_or("no Content-Type");
        let body: String = self.text.chars().take(300).collect();
        Stop::Broken(format!("{}: {} ({served}) {body}; expected {expected}", self.asked, self.status))
    }

    fn is_served_as(&self, media_type: &str) -> bool {
        let served = self.header("content-type").unwrap_or_default().split(';').next().unwrap_or_default();
        served.trim().eq_ignore_ascii_case(media_type)
    }
}
