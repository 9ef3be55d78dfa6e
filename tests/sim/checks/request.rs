//! A request, as it sets out or is handed to the browser.

use super::{Outcome, Rule};
use crate::book::{Book, Moment};
use crate::page::{Life, Page, Sent, made};
use session_tracker::limits::{BATCH_EVENTS, FLUSH_BYTES, KEEPALIVE_BYTES, PARTING_BYTES, PARTING_REQUESTS};
use session_tracker::time::Mono;
use session_tracker::wire::Route;
use std::rc::Rc;

/// What a request says beside its events.
pub(super) const ENVELOPE: usize = 2_048;
/// So many failures within `STORM_MILLIS` are too many: of a page's own requests, and of those about one session of a dead tab.
const STORM: usize = 40;
const STORM_OF_ONE: usize = 20;
const STORM_MILLIS: u64 = 10_000;
/// What rounding and the way of a request may add to a duration.
const ROUNDING: u64 = 1_000;

pub(crate) fn sending(book: &mut Book, page: &mut Page, sent: &Sent, now: Mono, present: Moment) -> Outcome {
    if !page.tracker.config().persistent {
        page.seen.tab = Some(sent.said.tab.clone());
        book.tabs.insert(sent.said.tab.clone(), sent.page);
    }
    numbers(book, sent)?;
    sizes(sent)?;
    let session: Rc<str> = made(&sent.said.session).into();
    presence(page, sent, &session)?;
    active(book, sent, &session)?;
    total(book, sent, &session, present)?;
    if sent.parting {
        page.seen.was_refused |= !sent.taken;
        page.seen.partings += 1;
        let count = page.seen.partings;
        Rule::Parting.holds(page.life != Life::Open, || "a beacon from a page that is there".into())?;
        return Rule::Bounds.holds(count <= PARTING_REQUESTS, || format!("{count} requests at one leave"));
    }
    Rule::Parting.holds(page.life == Life::Open, || "a request from a page that has left".into())?;
    Rule::OneRequest.holds(page.awaited.is_none(), || "another one is awaited".into())?;
    let early = page.seen.not_before.is_some_and(|at| now < at);
    Rule::RetryAfter.holds(!early, || format!("sent at {now:?}, before {:?}", page.seen.not_before))?;
    storm(page, sent, present)
}

fn storm(page: &mut Page, sent: &Sent, present: Moment) -> Outcome {
    page.seen.failures.retain(|(at, ..)| present.clock - at < STORM_MILLIS);
    let is_own = page.seen.tab.as_ref().is_none_or(|tab| *tab == sent.said.tab);
    let counts = |tab: &Rc<str>, session: &Rc<str>| *tab == sent.said.tab && (is_own || *session == sent.said.session);
    let failures = page.seen.failures.iter().filter(|(_, tab, session)| counts(tab, session)).count();
    let most = if is_own { STORM } else { STORM_OF_ONE };
    Rule::Storm.holds(failures <= most, || format!("{failures} requests failed within 10 s, and another one goes"))
}

/// One number for one event, one event for one number, none beyond the last; and nothing that was acknowledged.
fn numbers(book: &mut Book, sent: &Sent) -> Outcome {
    for event in &sent.said.events {
        let last = sent.said.last_seq;
        Rule::Numbers.holds(event.seq >= 1 && event.seq <= last, || format!("{} of {last}", event.seq))?;
        book.see(sent, event).map_err(|how| Rule::Numbers.broken(how))?;
        let known = book.events.get(&event.id).filter(|known| !known.is_stuck && !known.is_found_again);
        let is_acknowledged = known.is_some_and(|known| known.acknowledged.contains(&sent.page));
        Rule::Acknowledged.holds(!is_acknowledged, || format!("{} is sent again", event.id))?;
    }
    Ok(())
}

fn sizes(sent: &Sent) -> Outcome {
    let (bytes, events) = (sent.body.len(), sent.said.events.len());
    let most = ENVELOPE + if sent.parting { PARTING_BYTES } else { FLUSH_BYTES };
    Rule::Bounds.holds(events <= BATCH_EVENTS, || format!("{events} events in a request"))?;
    Rule::Bounds.holds(bytes <= most || events == 1, || format!("{bytes} bytes in a request of {events} events"))?;
    Rule::Bounds.holds(!sent.keepalive || bytes <= KEEPALIVE_BYTES, || format!("{bytes} bytes with keepalive"))
}

/// No heartbeat of a session that is over for good, nor after a provisional end until the page is back.
fn presence(page: &mut Page, sent: &Sent, session: &Rc<str>) -> Outcome {
    let ends = sent.said.end.is_some();
    let is_statement = sent.route == Route::Update && sent.said.events.is_empty();
    if sent.said.beat.is_some() || is_statement {
        let is_over = page.seen.over.contains(session) && !ends;
        Rule::Presence.holds(!is_over, || format!("a heartbeat of {session}, which is over"))?;
        // What goes with an end is no sign of life, but a tab says its end once.
        let is_goodbye = |(other, tab): &(Rc<str>, Rc<str>)| other == session && (*tab == sent.said.tab || !ends);
        let has_left = page.seen.parted.iter().any(is_goodbye);
        Rule::Presence.holds(!has_left, || format!("a heartbeat of {session} after its goodbye"))?;
    }
    let epoch = sent.said.epoch.unwrap_or_default();
    if sent.parting && sent.taken && ends {
        page.seen.parted.insert((session.clone(), sent.said.tab.clone()));
        page.seen.goodbyes.insert(session.clone(), epoch);
    } else if !sent.parting && !ends && sent.said.beat.is_some() {
        let goodbye = page.seen.goodbyes.get(session).copied().unwrap_or_default();
        return Rule::Epoch.holds(epoch > goodbye, || format!("{epoch}, after a goodbye at {goodbye}"));
    }
    Ok(())
}

/// The time in use: what this page saw of it, and no more than all pages together, and what may count twice.
fn active(book: &Book, sent: &Sent, session: &Rc<str>) -> Outcome {
    let Some(beat) = sent.said.beat else { return Ok(()) };
    let said = (beat.active_seconds * 1_000.0) as u64;
    let used = book.used.get(session);
    let most: u64 = used.into_iter().flat_map(|used| used.values()).sum();
    let least = used.and_then(|used| used.get(&sent.page)).copied().unwrap_or_default();
    let twice = book.doubtful(session);
    let fits = said <= most + twice + ROUNDING && said + ROUNDING >= least;
    Rule::Active
        .holds(fits, || format!("{said} ms of {session}, where page {} saw {least} of {most} + {twice}", sent.page))
}

/// Beginning and end, as ages, are as long ago as they were. A clock that was set since then says nothing. Of a tab that is gone whoever took
/// it over says an end that it had, be it one that it took back later.
fn total(book: &Book, sent: &Sent, session: &Rc<str>, present: Moment) -> Outcome {
    let age = |said: Option<u64>| sent.said.sent_at.zip(said).map(|(sent, said)| sent.abs_diff(said));
    let agrees = |what: &str, moments: &[Moment], said: Option<u64>| {
        let Some(age) = age(said) else { return Ok(()) };
        let fits = |then: &Moment| then.jumps != present.jumps || age.abs_diff(present.clock - then.clock) <= ROUNDING;
        let is_right = moments.is_empty() || moments.iter().any(fits);
        Rule::Total.holds(is_right, || format!("{what} {age} ms ago, at {present:?} of {moments:?}"))
    };
    let begun = book.begun.get(session).copied();
    agrees("began", begun.as_slice(), sent.said.started_at)?;
    let Some(end) = sent.said.end.as_ref().filter(|end| matches!(&*end.reason, "app_close" | "logout" | "manual"))
    else {
        return Ok(());
    };
    let Some(page) = book.tabs.get(&sent.said.tab) else { return Ok(()) };
    let of_page = (session.clone(), *page);
    if *page == sent.page {
        return agrees("ended", book.ended.get(&of_page).copied().as_slice(), end.at);
    }
    agrees("ended", book.ends.get(&of_page).map_or(&[], Vec::as_slice), end.at)
}
