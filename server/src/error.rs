//! What goes wrong, as RFC 9457 problems: one enum, whose types are stable and part of the API.
//! A problem carries no text of the store's: what the database said is logged, and the caller gets the request id to find it by.

use crate::clock::Timestamp;
use crate::limits::RETRY_AFTER;
use axum::Json;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde::Serialize;
use serde_json::{Value, json};
use std::time::Duration;

/// A field that is at fault.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Fault {
    /// A JSON pointer to it; empty for the whole document, `?name` for a query parameter.
    pub pointer: String,
    /// What is wrong and what was expected.
    pub detail: String,
}

/// Why a request was not done.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Problem {
    /// The body is not JSON.
    InvalidJson(String),
    /// The body or the query is not what the route takes.
    InvalidRequest(Vec<Fault>),
    /// There is no token.
    TokenMissing(&'static str),
    /// The token is not one of ours.
    TokenInvalid(&'static str),
    /// The token was good once.
    TokenExpired {
        /// Until when.
        at: Timestamp,
        /// Where to get a new one.
        what_to_do: &'static str,
    },
    /// The caller is known, and may not.
    Forbidden(&'static str),
    /// The caller has no such session.
    SessionNotFound,
    /// There is nothing at this address.
    NotFound,
    /// The address is right, the method is not.
    MethodNotAllowed,
    /// The session is over for good.
    SessionEnded {
        /// Why.
        reason: &'static str,
        /// When.
        at: Timestamp,
    },
    /// Nothing happened in the room for so long that its link is dead.
    InviteExpired {
        /// How long that is, in words.
        timeout: String,
    },
    /// The room takes nobody more.
    RoomFull,
    /// Something else is in the way.
    Conflict(&'static str),
    /// Too much in one request.
    PayloadTooLarge(String),
    /// A content type, or an encoding, that is not read.
    UnsupportedMediaType(&'static str),
    /// The request's head is no HTTP.
    MalformedRequest,
    /// The request's address is longer than any.
    AddressTooLong,
    /// The request's headers are larger, or more, than any.
    HeadTooLarge,
    /// The body took too long.
    RequestTimeout,
    /// Too many requests; after this time there may be another.
    RateLimited(Duration),
    /// A fault of the server's own.
    Internal,
    /// Not possible at the moment.
    Unavailable(&'static str),
}

impl Problem {
    /// One field at fault.
    #[must_use]
    pub fn field(pointer: &str, detail: impl Into<String>) -> Self {
        Self::InvalidRequest(vec![Fault { pointer: pointer.into(), detail: detail.into() }])
    }

    /// The last part of `type`.
    #[must_use]
    pub fn kind(&self) -> &'static str {
        self.row().1
    }

    /// `type` as it stands in an answer.
    #[must_use]
    pub fn urn(&self) -> String {
        format!("urn:session-tracker:problem:{}", self.kind())
    }

    /// The HTTP status.
    #[must_use]
    pub fn status(&self) -> StatusCode {
        self.row().0
    }

    /// What happened, what was expected, what to do.
    #[must_use]
    pub fn detail(&self) -> String {
        match self {
            Self::InvalidJson(detail) | Self::PayloadTooLarge(detail) => detail.clone(),
            Self::InvalidRequest(faults) => {
                let sentences: Vec<_> =
                    faults.iter().map(|fault| format!("{}: {}", fault.pointer, fault.detail)).collect();
                sentences.join("; ")
            }
            Self::TokenMissing(detail)
            | Self::TokenInvalid(detail)
            | Self::Forbidden(detail)
            | Self::UnsupportedMediaType(detail)
            | Self::Conflict(detail)
            | Self::Unavailable(detail) => (*detail).into(),
            Self::TokenExpired { at, what_to_do } => format!("The token expired at {at}. {what_to_do}"),
            Self::SessionNotFound => "Session not found or inactive".into(),
            Self::NotFound => "There is nothing at this address. The API is under /api/sessions.".into(),
            Self::MethodNotAllowed => {
                "This address does not take this method; the Allow header names those it takes.".into()
            }
            Self::SessionEnded { reason, at } => {
                format!("This session ended as {reason} at {at}. Start a new one with previousId.")
            }
            Self::InviteExpired { timeout } => {
                format!("This invitation link has expired. Sessions become inactive after {timeout} of no activity.")
            }
            Self::RoomFull => {
                "This room has as many participants as it takes. Join again when somebody has left.".into()
            }
            Self::MalformedRequest => "The request's head is not HTTP/1.1. The connection is closed.".into(),
            Self::AddressTooLong => "The request's address is too long. What is long belongs into the body.".into(),
            Self::HeadTooLarge => {
                "The request's headers are too many or too large. Send fewer and smaller ones.".into()
            }
            Self::RequestTimeout => "The body did not arrive in time. Send it again.".into(),
            Self::RateLimited(_) => {
                "Too many requests in the last minute. Send it again after the time in Retry-After.".into()
            }
            Self::Internal => {
                "Something went wrong here, not in the request. Send it again later; the log has the request id.".into()
            }
        }
    }

    /// The body of the answer to the request of this id.
    #[must_use]
    pub fn json(&self, request_id: &str) -> Value {
        let (status, _, title) = self.row();
        let mut body = json!({
            "type": self.urn(),
            "title": title,
            "status": status.as_u16(),
            "detail": self.detail(),
            "instance": request_id,
        });
        if let Self::InvalidRequest(faults) = self {
            body["errors"] = json!(faults);
        }
        if let Self::SessionEnded { reason, .. } = self {
            body["endReason"] = json!(reason);
        }
        body
    }

    /// The whole answer, to the request of this id.
    #[must_use]
    pub fn render(&self, request_id: &str) -> Response {
        let mut response = (self.status(), Json(self.json(request_id))).into_response();
        let headers = response.headers_mut();
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/problem+json"));
        match self {
            Self::Unavailable(_) => {
                headers.insert(header::RETRY_AFTER, HeaderValue::from(RETRY_AFTER.as_secs()));
            }
            Self::RateLimited(wait) => {
                // A client that comes back within the last started second would be early.
                headers.insert(header::RETRY_AFTER, HeaderValue::from(wait.as_secs() + 1));
            }
            Self::TokenMissing(_) => {
                headers.insert(header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
            }
            Self::TokenInvalid(_) | Self::TokenExpired { .. } => {
                headers.insert(header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer error=\"invalid_token\""));
            }
            _ => {}
        }
        response
    }

    /// What is the same whenever it happens: status, the last part of `type`, title.
    fn row(&self) -> (StatusCode, &'static str, &'static str) {
        match self {
            Self::InvalidJson(_) => (StatusCode::BAD_REQUEST, "invalid-json", "Not JSON"),
            Self::InvalidRequest(_) => (StatusCode::UNPROCESSABLE_ENTITY, "invalid-request", "Invalid request"),
            Self::TokenMissing(_) => (StatusCode::UNAUTHORIZED, "token-missing", "Token missing"),
            Self::TokenInvalid(_) => (StatusCode::UNAUTHORIZED, "token-invalid", "Token invalid"),
            Self::TokenExpired { .. } => (StatusCode::UNAUTHORIZED, "token-expired", "Token expired"),
            Self::Forbidden(_) => (StatusCode::FORBIDDEN, "forbidden", "Forbidden"),
            Self::SessionNotFound => (StatusCode::NOT_FOUND, "session-not-found", "Session not found"),
            Self::NotFound => (StatusCode::NOT_FOUND, "not-found", "Not found"),
            Self::MethodNotAllowed => (StatusCode::METHOD_NOT_ALLOWED, "method-not-allowed", "Method not allowed"),
            Self::SessionEnded { .. } => (StatusCode::GONE, "session-ended", "Session ended"),
            Self::InviteExpired { .. } => (StatusCode::GONE, "invite-expired", "Invitation expired"),
            Self::RoomFull => (StatusCode::CONFLICT, "room-full", "Room full"),
            Self::Conflict(_) => (StatusCode::CONFLICT, "conflict", "Conflict"),
            Self::PayloadTooLarge(_) => (StatusCode::PAYLOAD_TOO_LARGE, "payload-too-large", "Payload too large"),
            Self::UnsupportedMediaType(_) => {
                (StatusCode::UNSUPPORTED_MEDIA_TYPE, "unsupported-media-type", "Unsupported media type")
            }
            Self::MalformedRequest => (StatusCode::BAD_REQUEST, "malformed-request", "Malformed request"),
            Self::AddressTooLong => (StatusCode::URI_TOO_LONG, "address-too-long", "Address too long"),
            Self::HeadTooLarge => (StatusCode::REQUEST_HEADER_FIELDS_TOO_LARGE, "head-too-large", "Head too large"),
            Self::RequestTimeout => (StatusCode::REQUEST_TIMEOUT, "request-timeout", "Request timeout"),
            Self::RateLimited(_) => (StatusCode::TOO_MANY_REQUESTS, "rate-limited", "Rate limited"),
            Self::Internal => (StatusCode::INTERNAL_SERVER_ERROR, "internal-error", "Internal error"),
            Self::Unavailable(_) => (StatusCode::SERVICE_UNAVAILABLE, "unavailable", "Unavailable"),
        }
    }
}

/// A problem is only noted in the response here; [`crate::access`] writes it, for it alone knows the request's id.
impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let mut response = self.status().into_response();
        response.extensions_mut().insert(self);
        response
    }
}
