//! Pages that cannot reach their backend, and the pages after them that can.

use crate::page::Page;
use serde_json::{Value, json};
use session_tracker::tracker::Input;

/// A page whose backend is down, with so many events.
pub(crate) fn offline(count: usize) -> Page {
    let mut page = Page::live();
    for n in 0..count {
        page.log(&format!("event {n}"));
    }
    page
}

pub(crate) fn leave_refused(page: &mut Page) {
    page.beacon_quota = 0;
    page.leave();
}

pub(crate) fn next_page(page: &Page, seconds: u64) -> Page {
    let mut next = Page::open_with(json!({}), page.storage.clone(), page.now.wall.0 + seconds * 1_000);
    next.start();
    next
}

/// Every body the page sends while the backend takes all of it.
pub(crate) fn bodies(page: &mut Page) -> Vec<Value> {
    let mut bodies = Vec::new();
    page.put(Input::Flush);
    while !page.sent.is_empty() {
        bodies.push(page.body());
        page.accept();
    }
    bodies
}

pub(crate) fn carrying(bodies: &[Value]) -> Vec<&Value> {
    bodies.iter().filter(|body| body["events"].is_array()).collect()
}
