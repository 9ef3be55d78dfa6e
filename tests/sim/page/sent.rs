//! What a page does that the world has to act on, and its requests with what their bodies say. It does not know what comes of them.

use crate::said::Said;
use session_tracker::queue::RequestId;
use session_tracker::tracker::{Notice, Request};
use session_tracker::wire::Route;
use std::rc::Rc;

/// A request that set out, with what its body says.
#[derive(Clone, Debug)]
pub(crate) struct Sent {
    pub(crate) page: usize,
    pub(crate) id: RequestId,
    pub(crate) route: Route,
    pub(crate) body: String,
    pub(crate) said: Said,
    /// Whom the page's bearer names as it sets out.
    pub(crate) bearer: Rc<str>,
    pub(crate) parting: bool,
    pub(crate) keepalive: bool,
    /// Whether the browser took it; always so unless it is a parting one.
    pub(crate) taken: bool,
}

/// What a page did, for the world to act on, in order.
#[derive(Clone, Debug)]
pub(crate) enum Did {
    Sent(Rc<Sent>),
    Cancelled,
    /// Wrote an entry of the storage, which took it or not; or erased it, if there is no text.
    Wrote {
        name: String,
        text: Option<String>,
        taken: bool,
    },
    /// Wants the lead.
    Lead,
    /// Gives it back.
    Unlead,
    Told(Notice),
}

impl Sent {
    /// What the tracker of this page wants to send, which the browser takes or not.
    pub(super) fn of(page: usize, request: Request, bearer: Rc<str>, taken: bool) -> Result<Self, String> {
        Ok(Self {
            page,
            id: request.id,
            route: request.route,
            said: Said::read(&request.body).map_err(|error| format!("{error} in {}", request.body))?,
            bearer,
            parting: request.parting,
            keepalive: request.keepalive,
            body: request.body,
            taken,
        })
    }
}

/// A session's id as the page made it, whatever the backend stores it under.
pub(crate) fn made(id: &str) -> &str {
    id.strip_prefix("mapped-").unwrap_or(id)
}
