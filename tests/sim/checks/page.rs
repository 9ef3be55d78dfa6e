//! A page, before and after each step.

use super::request::ENVELOPE;
use super::{Outcome, Rule};
use crate::book::{Book, Kept, OUTBOX};
use crate::page::{Life, Page};
use crate::storage::Storage;
use session_tracker::limits::{
    DEBOUNCE, EVENT_BYTES, NAMESPACE_BYTES, OUTBOX_BYTES, PARTING_BYTES, PARTING_REQUESTS_CORE, QUEUE_EVENTS,
    TAB_RENEWAL,
};
use session_tracker::section::Section;
use session_tracker::session::State;
use session_tracker::time::{Millis, Mono};
use session_tracker::tracker::Input;
use std::rc::Rc;
use uuid::Uuid;

/// So much later than it wants a hidden page is woken.
const THROTTLED: u64 = 60_000;

fn section(page: &Page) -> Option<Section> {
    match page.tracker.state() {
        State::Starting(here) | State::Live(here, _) => Some(here.section),
        _ => None,
    }
}

/// How a page stood before something happened to it.
pub(crate) struct Before {
    section: Option<Section>,
    session: Option<Rc<str>>,
    may_settle: bool,
    ends: Option<Rc<str>>,
}

pub(crate) fn before(page: &Page, input: &Input) -> Before {
    let may_settle = match input {
        Input::Section { at_once, .. } => *at_once,
        Input::Visible(visible) => !visible,
        Input::Leaving | Input::Close | Input::End(_) => true,
        _ => false,
    };
    let is_end = match input {
        Input::End(_) => true,
        Input::Identify(user) => **user != *page.user() && page.is_running(),
        _ => false,
    };
    let session = page.session();
    Before { section: section(page), may_settle, ends: session.clone().filter(|_| is_end), session }
}

/// A section counts after it held for the debounce and not before, but at once where the page or its session cannot wait.
pub(crate) fn after(page: &mut Page, before: Before, now: Mono) -> Outcome {
    let may_settle = before.may_settle || before.session != page.session();
    page.seen.over.extend(before.ends);
    let Some(is) = section(page) else { return Ok(()) };
    let is_open = page.life == Life::Open;
    let settled = page.seen.proposed.filter(|(_, since)| is_open && now.since(*since) >= DEBOUNCE);
    let counts = settled.is_none_or(|(name, _)| name == is.as_str());
    Rule::Debounce.holds(counts, || format!("{settled:?} held, and it is still {is:?}"))?;
    let Some(was) = before.section else { return Ok(()) };
    if was == is {
        return Ok(());
    }
    let held = page.seen.proposed.filter(|(name, _)| *name == is.as_str()).map(|(_, since)| now.since(since));
    let holds = held.is_some_and(|held| may_settle || held >= DEBOUNCE);
    Rule::Debounce.holds(holds, || format!("{was:?} became {is:?} after {held:?}"))
}

/// Nothing is left to do for a page at this moment.
pub(crate) fn at_rest(page: &Page) -> Outcome {
    let ledger = page.tracker.ledger();
    let (waiting, travelling) = page.tracker.pending();
    let dropped: u64 = ledger.dropped().map(|(_, count)| count).sum();
    let sum = ledger.delivered() + (waiting + travelling) as u64 + dropped;
    let accepted = ledger.accepted();
    Rule::Ledger
        .holds(accepted == sum, || format!("{accepted} accepted, {sum} = {waiting} + {travelling} + {ledger:?}"))?;
    let (delivered, acknowledged) = (ledger.delivered(), page.seen.acknowledged);
    Rule::Ledger.holds(delivered == acknowledged, || format!("{delivered} delivered, {acknowledged} acknowledged"))?;
    Rule::Bounds.holds(waiting + travelling <= QUEUE_EVENTS, || format!("{waiting} + {travelling} events queued"))?;
    let waits_for_nobody = page.life == Life::Open && travelling > 0 && page.awaited.is_none();
    Rule::OneRequest.holds(!waits_for_nobody, || format!("{travelling} events travel in none"))
}

/// Only what storage cannot hold is in memory alone, or what it may still be thought not to hold: since it last refused anything, or beside what the page
/// does not know yet to be cleared.
pub(crate) fn kept(page: &Page, book: &Book, logged: &[Uuid], storage: &Storage, now: Mono) -> Outcome {
    let asks_again = if page.visible { TAB_RENEWAL } else { Millis(TAB_RENEWAL.0 + THROTTLED) };
    let was_refused = page.seen.refused.is_some_and(|at| now.since(at) <= asks_again);
    if !page.tracker.config().persistent || was_refused {
        return Ok(());
    }
    let place = format!("{OUTBOX}{}:", page.seen.place);
    let stored = storage.entries().iter().filter(|(name, _)| name.starts_with(OUTBOX));
    let all = stored.map(|(_, text)| text.len()).sum();
    let own = page.seen.stored.iter().filter(|(name, _)| name.starts_with(&place)).map(|(_, bytes)| bytes).sum();
    // The tracker counts the bytes that an event takes on the wire, which are a few more.
    let fits = |stored: usize, most: usize| stored + stored / 4 + EVENT_BYTES + ENVELOPE < most;
    let has_room = fits(own, OUTBOX_BYTES) && fits(all, NAMESPACE_BYTES);
    let is_kept = |id: &Uuid| book.events.get(id).is_some_and(|known| known.kept != Kept::No);
    let missing = logged.iter().find(|id| !is_kept(id));
    Rule::Kept
        .holds(missing.is_none() || !has_room, || format!("{missing:?} is only in memory, beside {own} stored bytes"))
}

/// The browser holds something for a page in view alone, and no more than a parting request: a page that hides or leaves says it itself.
pub(crate) fn held(page: &Page) -> Outcome {
    let Some((_, body)) = &page.held else { return Ok(()) };
    let is_there = page.life == Life::Open && page.visible && page.is_running();
    Rule::Held.holds(is_there, || "the browser still holds a request for a page that has spoken".into())?;
    let is_small = body.len() <= PARTING_BYTES + ENVELOPE || body.matches("\"eventId\"").count() == 1;
    Rule::Held.holds(is_small, || format!("the browser holds {} bytes", body.len()))
}

/// Only a page that is there and in view leads: the lock would keep another one out of the back/forward cache.
pub(crate) fn lead(page: &Page, leads: bool) -> Outcome {
    let may = page.life == Life::Open && page.visible;
    let awaits = page.seen.asked_to_lead > 0;
    Rule::Lead.holds(!leads || may || awaits, || {
        format!("a page has the lead that is {:?} and hidden: {}", page.life, !page.visible)
    })
}

/// A page has left: everything that waited, and the end of a session that went on, was handed over unless a beacon was refused or
/// there were too many; the end need not be, where another tab goes on.
pub(crate) fn goodbye(page: &Page, before: &State, has_company: bool) -> Outcome {
    let (waiting, _) = page.tracker.pending();
    let is_excused = page.seen.was_refused || page.seen.partings >= PARTING_REQUESTS_CORE;
    Rule::Goodbye.holds(waiting == 0 || is_excused, || format!("{waiting} events wait in a page that has left"))?;
    let went_on = matches!(before, State::Starting(_) | State::Live(..));
    let says_end = !went_on || is_excused || has_company || !page.seen.parted.is_empty();
    Rule::Goodbye.holds(says_end, || "the end was not said".into())
}
