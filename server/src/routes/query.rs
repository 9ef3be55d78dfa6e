//! Query parameters, parsed with the same care as bodies: `?name` is the pointer of one that is at fault.

use crate::error::Problem;
use crate::limits::{CURSORS, DAYS_BACK, PAGE_ROWS, USER_ID_CHARS};
use crate::store::Page;
use crate::store::insights::Bucket;
use percent_encoding::percent_decode_str;
use serde::Deserialize;

/// What the reading routes may be asked.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Query {
    user_id: Option<String>,
    days_back: Option<String>,
    since: Option<String>,
    limit: Option<String>,
    bucket: Option<String>,
}

impl Query {
    /// Reads the query of a URL.
    ///
    /// # Errors
    /// `invalid-request` if it cannot be read.
    pub fn parse(uri: &axum::http::Uri) -> Result<Self, Problem> {
        // Read as it stands, bytes that are no text would all become the same character, and two names one.
        let is_text = uri.query().is_none_or(|query| percent_decode_str(query).decode_utf8().is_ok());
        let query = axum::extract::Query::try_from_uri(uri).ok().filter(|_| is_text);
        let refusal = "is not a query that can be read; it is UTF-8, and each parameter may stand once";
        query.map(|query| query.0).ok_or_else(|| Problem::field("?", refusal))
    }

    /// Who asks, in a server without login.
    ///
    /// # Errors
    /// `invalid-request`.
    pub fn user_id(&self) -> Result<Option<String>, Problem> {
        match &self.user_id {
            Some(id) if id.is_empty() || id.chars().count() > USER_ID_CHARS || id.chars().any(char::is_control) => {
                Err(Problem::field(
                    "?userId",
                    format!("must have 1 to {USER_ID_CHARS} characters and no control characters"),
                ))
            }
            user_id => Ok(user_id.clone()),
        }
    }

    /// How many days back; 30 if the query does not say.
    ///
    /// # Errors
    /// `invalid-request`.
    pub fn days_back(&self) -> Result<u32, Problem> {
        self.days_back_or(30)
    }

    /// How long a point of a series is; an hour if the query does not say.
    ///
    /// # Errors
    /// `invalid-request`.
    pub fn bucket(&self) -> Result<Bucket, Problem> {
        let bucket = self.bucket.as_deref().map_or(Some(Bucket::Hour), Bucket::parse);
        bucket.ok_or_else(|| Problem::field("?bucket", "must be one of minute, hour, day"))
    }

    /// How many days back; so many if the query does not say.
    ///
    /// # Errors
    /// `invalid-request`.
    pub fn days_back_or(&self, days: u32) -> Result<u32, Problem> {
        number(self.days_back.as_deref(), days, &DAYS_BACK).ok_or_else(|| {
            Problem::field(
                "?daysBack",
                format!("must be a whole number from {} to {}", DAYS_BACK.start(), DAYS_BACK.end()),
            )
        })
    }

    /// Which part of a list, of so many rows if the query does not say how many.
    ///
    /// # Errors
    /// `invalid-request`.
    pub fn page(&self, rows: u32) -> Result<Page, Problem> {
        let limit = number(self.limit.as_deref(), rows, &(1..=PAGE_ROWS))
            .ok_or_else(|| Problem::field("?limit", format!("must be a whole number from 1 to {PAGE_ROWS}")))?;
        let since = match self.since.as_deref() {
            None | Some("") => None,
            Some(cursor) => Some(
                cursor
                    .parse()
                    .ok()
                    .filter(|row| CURSORS.contains(row))
                    .ok_or_else(|| Problem::field("?since", "must be the next of an earlier reply"))?,
            ),
        };
        Ok(Page { since, limit })
    }
}

fn number(text: Option<&str>, default: u32, range: &std::ops::RangeInclusive<u32>) -> Option<u32> {
    match text {
        None => Some(default),
        Some(text) => text.parse().ok().filter(|number| range.contains(number)),
    }
}
