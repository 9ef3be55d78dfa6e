//! What must hold: after every step of a page, at every request and answer, and of all that is stored in the end. Each failure begins
//! with the name of the rule that was broken. The simulator's own mutations are named here too: worlds with one broken rule each, which
//! the checks must find.

use crate::page::{Life, Page, Sent};
use crate::world::World;
use session_tracker::limits::{
    BATCH_EVENTS, DEBOUNCE, KEEPALIVE_BYTES, PARTING_BYTES, PARTING_REQUESTS, PARTING_REQUESTS_CORE, QUEUE_EVENTS,
    RETRY_AFTER_LONGEST,
};
use session_tracker::queue::Fate;
use session_tracker::session::{EndReason, State};
use session_tracker::time::Mono;
use session_tracker::tracker::Input;
use session_tracker::wire::{Route, Verdict};
use std::collections::{BTreeMap, BTreeSet};

/// A world in which one rule is broken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Lie {
    /// The backend stores an event anew that it has already.
    BackendForgetsKeys,
    /// The backend stores an event under another user.
    BackendMixesUsers,
    /// The network says that the backend took what never reached it.
    NetworkAnswersForTheBackend,
    /// The weather never clears.
    NetworkNeverClears,
    /// An event that was logged is not in the tracker.
    PageForgetsAnEvent,
    /// The page tells the tracker a time that runs twice as fast.
    PageClockRunsFast,
    /// The page leaves, and nobody tells the tracker.
    PageLeavesInSilence,
}

type Outcome = Result<(), String>;

fn must(holds: bool, what: impl FnOnce() -> String) -> Outcome {
    if holds { Ok(()) } else { Err(what()) }
}

/// A session's id as the page made it, whatever the backend stores it under.
fn made(id: &str) -> &str {
    id.strip_prefix("mapped-").unwrap_or(id)
}

fn section(page: &Page) -> Option<String> {
    match page.tracker.state() {
        State::Starting(here) | State::Live(here, _) => Some(here.section.as_str().into()),
        State::Idle | State::Ended(..) | State::Inert(_) => None,
    }
}

/// How a page stood before something happened to it.
pub(crate) struct Before {
    section: Option<String>,
    may_settle: bool,
    ends: Option<String>,
}

pub(crate) fn before(page: &Page, input: &Input) -> Before {
    let may_settle = match input {
        Input::Section { at_once, .. } => *at_once,
        Input::Visible(visible) => !visible,
        Input::Leaving | Input::Close | Input::End(_) => true,
        _ => false,
    };
    let is_end = matches!(input, Input::End(_));
    let ends = page.tracker.session_id().filter(|_| is_end).map(|id| made(id.as_str()).to_string());
    Before { section: section(page), may_settle, ends }
}

/// A section counts after it held for the debounce and not before, but at once where the page cannot wait.
pub(crate) fn after(page: &mut Page, before: Before, now: Mono) -> Outcome {
    page.seen.over.extend(before.ends);
    let Some(is) = section(page) else { return Ok(()) };
    let is_open = page.life == Life::Open;
    let settled = page.seen.proposed.as_ref().filter(|(_, since)| is_open && now.since(*since) >= DEBOUNCE);
    let counts = settled.is_none_or(|(name, _)| *name == is);
    must(counts, || format!("debounce: {settled:?} held, and it is still {is}"))?;
    let Some(was) = before.section else { return Ok(()) };
    if was == is {
        return Ok(());
    }
    let held = page.seen.proposed.as_ref().filter(|(name, _)| *name == is).map(|(_, since)| now.since(*since));
    let holds = held.is_some_and(|held| before.may_settle || held >= DEBOUNCE);
    must(holds, || format!("debounce: {was} became {is} after {held:?}"))
}

/// A page has left: everything that waited, and the end of a session that went on, was handed over unless a beacon was refused or
/// there were too many.
pub(crate) fn goodbye(page: &Page, before: &State) -> Outcome {
    let (waiting, _) = page.tracker.pending();
    let is_excused = page.seen.was_refused || page.seen.partings >= PARTING_REQUESTS_CORE;
    must(waiting == 0 || is_excused, || format!("goodbye: {waiting} events wait in a page that has left"))?;
    let went_on = matches!(before, State::Starting(_) | State::Live(..));
    must(!went_on || is_excused || !page.seen.parted.is_empty(), || "goodbye: the end was not said".into())
}

/// A request sets out, or is handed to the browser.
pub(crate) fn sending(page: &mut Page, sent: &Sent, now: Mono, clock: u64) -> Outcome {
    numbers(page, sent)?;
    sizes(page, sent)?;
    let again = sent.events.iter().find(|id| page.seen.acknowledged.contains(*id));
    must(again.is_none(), || format!("acknowledged: {again:?} is sent again"))?;
    presence(page, sent)?;
    if sent.parting {
        page.seen.was_refused |= !sent.taken;
        page.seen.partings += 1;
        let count = page.seen.partings;
        must(page.life != Life::Open, || "parting: a beacon from a page that is there".into())?;
        return must(count <= PARTING_REQUESTS, || format!("bounds: {count} requests at one leave"));
    }
    must(page.life == Life::Open, || "parting: a request from a page that has left".into())?;
    must(page.awaited.is_none(), || "one request: another one is awaited".into())?;
    let early = page.seen.not_before.is_some_and(|at| now < at);
    must(!early, || format!("Retry-After: sent at {now:?}, before {:?}", page.seen.not_before))?;
    page.seen.failures.retain(|at| clock - at < 10_000);
    let failures = page.seen.failures.len();
    must(failures <= 25, || format!("storm: {failures} requests failed within 10 s, and another one goes"))
}

/// One number for one event, one event for one number, none beyond the last.
fn numbers(page: &mut Page, sent: &Sent) -> Outcome {
    let session = made(sent.said["sessionId"].as_str().unwrap_or_default()).to_string();
    let last = sent.said["lastSeq"].as_u64().unwrap_or_default();
    let listed = sent.said["events"].as_array().map(Vec::as_slice).unwrap_or_default();
    let all = listed.iter().chain(sent.said["eventId"].is_string().then_some(&sent.said));
    for event in all {
        let (Some(id), Some(seq)) = (event["eventId"].as_str(), event["seq"].as_u64()) else {
            return Err(format!("numbers: {event} has no id or number"));
        };
        must(seq >= 1 && seq <= last, || format!("numbers: {seq} of {last}"))?;
        let number = (session.clone(), seq);
        let known = page.seen.numbers.entry(id.into()).or_insert_with(|| number.clone());
        must(*known == number, || format!("numbers: {id} was {known:?} and is {number:?}"))?;
        let holder = page.seen.holders.entry(number).or_insert_with(|| id.into());
        must(holder == id, || format!("numbers: {seq} is both {holder} and {id}"))?;
    }
    Ok(())
}

fn sizes(page: &Page, sent: &Sent) -> Outcome {
    /// What a request says beside its events.
    const ENVELOPE: usize = 2_048;
    let (bytes, events) = (sent.body.len(), sent.events.len());
    let most = if sent.parting { PARTING_BYTES + ENVELOPE } else { KEEPALIVE_BYTES };
    must(events <= BATCH_EVENTS, || format!("bounds: {events} events in a request"))?;
    must(bytes <= most || events == 1, || format!("bounds: {bytes} bytes in a request of {events} events"))?;
    must(!sent.keepalive || bytes <= KEEPALIVE_BYTES, || format!("bounds: {bytes} bytes with keepalive"))?;
    let (waiting, travelling) = page.tracker.pending();
    must(waiting + travelling <= QUEUE_EVENTS, || format!("bounds: {waiting} + {travelling} events queued"))
}

/// No heartbeat of a session that is over for good, nor after a provisional end until the page is back.
fn presence(page: &mut Page, sent: &Sent) -> Outcome {
    let session = made(sent.said["sessionId"].as_str().unwrap_or_default()).to_string();
    let ends = sent.route == Route::End || sent.said["end"].is_object();
    let is_statement = sent.route == Route::Update && sent.events.is_empty();
    if sent.said["heartbeat"].is_object() || is_statement {
        must(ends || !page.seen.over.contains(&session), || {
            format!("presence: a heartbeat of {session}, which is over")
        })?;
        must(!page.seen.parted.contains(&session), || format!("presence: a heartbeat of {session} after its goodbye"))?;
    }
    let epoch = sent.said["epoch"].as_u64().unwrap_or_default();
    if sent.parting && sent.taken && ends {
        page.seen.parted.insert(session.clone());
        page.seen.goodbyes.insert(session, epoch);
    } else if !sent.parting && !ends && sent.said["heartbeat"].is_object() {
        let goodbye = page.seen.goodbyes.get(&session).copied().unwrap_or_default();
        must(epoch > goodbye, || format!("epoch: {epoch}, after a goodbye at {goodbye}"))?;
    }
    Ok(())
}

/// An answer reaches a page that waits for it.
pub(crate) fn heard(page: &mut Page, sent: &Sent, verdict: &Verdict, now: Mono, clock: u64) {
    let session = made(sent.said["sessionId"].as_str().unwrap_or_default()).to_string();
    let seen = &mut page.seen;
    match verdict {
        Verdict::Started(_) => return,
        Verdict::Taken(taken) => {
            let stored = sent.events.iter().enumerate().filter(|(index, _)| taken.fate(*index) == Fate::Stored);
            let before = seen.acknowledged.len();
            seen.acknowledged.extend(stored.map(|(_, id)| id.clone()));
            if taken.ended.is_some_and(|reason| reason != EndReason::AppClose) {
                seen.over.insert(session);
            }
            if sent.events.is_empty() || seen.acknowledged.len() > before {
                return;
            }
        }
        Verdict::SessionOver(_) => {
            seen.over.insert(session);
        }
        Verdict::TryAgain { after: Some(after) } => {
            let at = now.after(after.at_most(RETRY_AFTER_LONGEST));
            seen.not_before = seen.not_before.max(Some(at));
        }
        _ => {}
    }
    seen.failures.push(clock);
}

/// What an answer made the page give up, if it can be told one by one.
pub(crate) fn given_up(page: &mut Page, sent: &Sent, verdict: &Verdict, count: u64) {
    if let Verdict::Taken(taken) = verdict {
        let rejected = sent.events.iter().enumerate().filter(|(index, _)| taken.fate(*index) == Fate::Rejected);
        page.seen.given_up.extend(rejected.map(|(_, id)| id.clone()));
    }
    let speaks_of_all = !matches!(verdict, Verdict::Taken(_) | Verdict::Started(_) | Verdict::TryAgain { .. });
    if count > 0 && speaks_of_all && count == sent.events.len() as u64 {
        page.seen.given_up.extend(sent.events.iter().cloned());
    }
}

/// Nothing is left to do for a page at this moment.
pub(crate) fn at_rest(page: &Page) -> Outcome {
    let ledger = page.tracker.ledger();
    let (waiting, travelling) = page.tracker.pending();
    let dropped: u64 = ledger.dropped().map(|(_, count)| count).sum();
    let sum = ledger.delivered() + (waiting + travelling) as u64 + dropped;
    let accepted = ledger.accepted();
    must(accepted == sum, || format!("ledger: {accepted} accepted, {sum} = {waiting} + {travelling} + {ledger:?}"))?;
    let acknowledged = page.seen.acknowledged.len() as u64;
    let delivered = ledger.delivered();
    must(delivered == acknowledged, || format!("ledger: {delivered} delivered, {acknowledged} acknowledged"))?;
    let waits_for_nobody = page.life == Life::Open && travelling > 0 && page.awaited.is_none();
    must(!waits_for_nobody, || format!("one request: {travelling} events travel in none"))
}

/// Everything has settled: what is stored is what was accepted, less what was declared and what only a dead page knew.
pub(crate) fn at_the_end(world: &mut World) -> Outcome {
    let mut places = BTreeMap::new();
    for (id, row) in &world.backend.rows {
        must(row.copies == 1, || format!("once: {id} is stored {} times", row.copies))?;
        let other = places.insert((&row.session, &row.tab, row.seq), id);
        must(other.is_none(), || format!("numbers: {other:?} and {id} have the same in {row:?}"))?;
    }
    let mut memory_only = [0, 0];
    for (index, page) in world.pages.iter().enumerate() {
        belonging(world, page)?;
        let (lost, allowed) = (lost(world, page), window(world, page));
        let state = page.tracker.state();
        if page.life == Life::Open {
            let pending = page.tracker.pending();
            must(pending == (0, 0), || format!("drain: {pending:?} of page {index} are still pending; {state:?}"))?;
        }
        alive(world, page)?;
        must(lost <= allowed, || {
            format!("lost: {lost} of page {index} ({:?}), at most {allowed} by its death", page.life)
        })?;
        memory_only[usize::from(page.life == Life::Gone)] += lost;
        for (reason, count) in page.tracker.ledger().dropped() {
            *world.histogram.entry(reason).or_default() += count;
        }
    }
    *world.histogram.entry("events memory_only: crash").or_default() += memory_only[0];
    *world.histogram.entry("events memory_only: goodbye refused or lost").or_default() += memory_only[1];
    *world.histogram.entry("events stored").or_default() += world.backend.rows.len() as u64;
    Ok(())
}

/// The backend knows that somebody is there who is. One with only the core profile never says that another tab has said goodbye.
fn alive(world: &World, page: &Page) -> Outcome {
    let State::Live(here, _) = page.tracker.state() else { return Ok(()) };
    let name = (page.user.clone(), here.id.as_str().to_string());
    let end = world.backend.sessions.get(&name).map(|session| session.end.clone());
    // What ended less than a heartbeat ago it cannot know yet.
    let end = end.map(|end| end.filter(|(_, at, _)| at + 40_000 < world.clock));
    // It has had time for three heartbeats, unless the backend had asked it to wait.
    let since = page.mono(world.clock).0.saturating_sub(100_000);
    let could_speak = page.seen.not_before.is_none_or(|at| at.0 < since);
    let is_there = page.life == Life::Open && page.visible && could_speak && !world.backend.is_core;
    must(!is_there || end == Some(None), || format!("alive: {name:?} is {end:?}"))
}

/// Each event is stored in the session and under the user that it belonged to, and what was acknowledged is stored.
fn belonging(world: &World, page: &Page) -> Outcome {
    let rows = &world.backend.rows;
    for id in &page.seen.acknowledged {
        must(rows.contains_key(id), || format!("acknowledged: {id} is not stored"))?;
    }
    for (id, (session, _)) in &page.seen.numbers {
        let Some(row) = rows.get(id) else { continue };
        let belongs = row.session.0 == page.user && made(&row.session.1) == session;
        must(belongs, || format!("belonging: {id} of {} in {session} is {row:?}", page.user))?;
    }
    for (id, (session, kind)) in &page.seen.logged {
        let Some(row) = rows.get(id) else { continue };
        let belongs = row.kind == *kind && made(&row.session.1) == made(session);
        must(belongs, || format!("belonging: {id} was {kind} in {session} and is {row:?}"))?;
    }
    Ok(())
}

/// How many of a page's events are neither stored nor declared as dropped.
fn lost(world: &World, page: &Page) -> u64 {
    let ids: BTreeSet<_> = page.seen.numbers.keys().chain(page.seen.logged.keys()).collect();
    let is_accounted = |id: &str| world.backend.rows.contains_key(id) || page.seen.given_up.contains(id);
    let accounted = ids.iter().filter(|id| is_accounted(id)).count() as u64;
    let ledger = page.tracker.ledger();
    let dropped: u64 = ledger.dropped().map(|(_, count)| count).sum();
    let unseen = dropped - page.seen.given_up.len() as u64;
    let unknown = ids.len() as u64 - accounted;
    let accepted = ledger.accepted().max(ids.len() as u64);
    (accepted - accounted).max(unknown).saturating_sub(unseen)
}

/// How many may be lost with the page: what it held when it crashed, or what no beacon took and what was taken but did not arrive.
fn window(world: &World, page: &Page) -> u64 {
    let (waiting, travelling) = page.seen.at_death;
    let on_the_way = page.seen.lost_on_the_way.iter().filter(|id| !world.backend.rows.contains_key(*id)).count();
    match page.life {
        Life::Open | Life::Left => 0,
        Life::Crashed => (waiting + travelling) as u64,
        Life::Gone => (waiting + on_the_way) as u64,
    }
}
