//! Everything has settled: what is stored is what was accepted, less what was declared and what only a dead page knew.

use super::{Outcome, Rule};
use crate::backend::Account;
use crate::page::{Life, made};
use crate::world::World;
use session_tracker::session::State;
use std::collections::BTreeMap;

/// Pages have been given so long to say that they are there.
const THREE_BEATS: u64 = 100_000;
/// What ended less than a heartbeat ago it cannot know yet.
const A_BEAT: u64 = 40_000;

pub(crate) fn at_the_end(world: &mut World) -> Outcome {
    once(world)?;
    belonging(world)?;
    let mut memory_only = [0, 0];
    for index in 0..world.pages.len() {
        let (lost, allowed) = (lost(world, index), window(world, index));
        let page = &world.pages[index];
        if page.life == Life::Open {
            let (pending, state) = (page.tracker.pending(), page.tracker.state());
            Rule::Drain
                .holds(pending == (0, 0), || format!("{pending:?} of page {index} are still pending; {state:?}"))?;
        }
        alive(world, index)?;
        Rule::Lost.holds(lost <= allowed, || {
            format!("{lost} of page {index} ({:?}), at most {allowed} by its death", page.life)
        })?;
        gaps(world, index, allowed)?;
        memory_only[usize::from(page.life == Life::Gone)] += lost;
        let dropped: Vec<_> = page.tracker.ledger().dropped().collect();
        dropped.into_iter().for_each(|(reason, count)| world.count_many(reason, count));
    }
    world.count_many("events memory_only: crash", memory_only[0]);
    world.count_many("events memory_only: goodbye refused or lost", memory_only[1]);
    world.count_many("events stored", world.backend.rows.len() as u64);
    Ok(())
}

/// No event is stored twice, and no number is.
fn once(world: &World) -> Outcome {
    let mut places = BTreeMap::new();
    for (id, row) in &world.backend.rows {
        Rule::Once.holds(row.copies == 1, || format!("{id} is stored {} times", row.copies))?;
        let other = places.insert((&row.session, &row.tab, row.seq), id);
        Rule::Numbers.holds(other.is_none(), || format!("{other:?} and {id} have the same in {row:?}"))?;
    }
    Ok(())
}

/// Each event is stored in the session and under the user that it belonged to, and what was acknowledged is stored.
fn belonging(world: &World) -> Outcome {
    for (id, known) in &world.book.events {
        let Some(row) = world.backend.rows.get(id) else {
            Rule::Acknowledged.holds(!known.is_acknowledged, || format!("{id} is not stored"))?;
            continue;
        };
        let user = &world.pages[known.page].user;
        let is_what_it_was = known.kind.as_ref().is_none_or(|kind| *kind == row.kind);
        let belongs = row.session.0 == *user && *made(&row.session.1) == *known.session && is_what_it_was;
        Rule::Belonging.holds(belongs, || format!("{id} of {user} was {known:?} and is {row:?}"))?;
    }
    Ok(())
}

/// How many of a page's events are neither stored nor declared as dropped.
fn lost(world: &World, page: usize) -> u64 {
    let (mut all, mut stored, mut given_up) = (0_u64, 0_u64, 0_u64);
    for (id, known) in world.book.events.iter().filter(|(_, known)| known.page == page) {
        all += 1;
        let is_stored = world.backend.rows.contains_key(id);
        stored += u64::from(is_stored);
        given_up += u64::from(known.is_given_up && !is_stored);
    }
    let ledger = world.pages[page].tracker.ledger();
    let dropped: u64 = ledger.dropped().map(|(_, count)| count).sum();
    // A drop that no answer spoke of by name explains one event that nobody saw travel.
    let named = world.book.events.values().filter(|known| known.page == page && known.is_given_up).count() as u64;
    (ledger.accepted().max(all) - stored - given_up).saturating_sub(dropped - named.min(dropped))
}

/// How many may be lost with the page: what it held when it crashed, or what no beacon took and what was taken but did not arrive.
fn window(world: &World, page: usize) -> u64 {
    let (waiting, travelling) = world.pages[page].seen.at_death;
    match world.pages[page].life {
        Life::Open | Life::Left => 0,
        Life::Crashed => (waiting + travelling) as u64,
        Life::Gone => {
            let of_page = world.book.events.iter().filter(|(_, known)| known.page == page && known.has_strayed);
            let astray = of_page.filter(|(id, _)| !world.backend.rows.contains_key(*id)).count();
            (waiting + astray) as u64
        }
    }
}

/// What the backend finds missing of a tab is what was lost with its page. It hears of drops from a page that speaks of the session.
fn gaps(world: &World, index: usize, allowed: u64) -> Outcome {
    let page = &world.pages[index];
    let dropped: u64 = page.tracker.ledger().dropped().map(|(_, count)| count).sum();
    let can_speak = page.life == Life::Open && page.visible && matches!(page.tracker.state(), State::Live(..));
    let current = page.session().filter(|_| can_speak && !world.backend.is_core);
    let Some(tab) = &page.seen.tab else { return Ok(()) };
    for ((_, id), session) in &world.backend.sessions {
        let undeclared = if current.as_deref() == Some(made(id)) { 0 } else { dropped };
        let missing = session.tabs.get(tab).map_or(0, Account::missing);
        Rule::Gaps.holds(missing <= allowed + undeclared, || {
            format!("{missing} of page {index} are missing, at most {allowed} + {undeclared} by its death: {session:?}")
        })?;
    }
    Ok(())
}

/// The backend knows that somebody is there who is. One with only the core profile never says that another tab has said goodbye.
fn alive(world: &World, index: usize) -> Outcome {
    let page = &world.pages[index];
    let State::Live(here, _) = page.tracker.state() else { return Ok(()) };
    let name = (page.user.clone(), here.id.as_str().into());
    let end = world.backend.sessions.get(&name).map(|session| session.end.clone());
    let end = end.map(|end| end.filter(|end| end.at + A_BEAT < world.clock));
    // It has had time for three heartbeats, unless the backend had asked it to wait.
    let since = page.mono(world.clock).0.saturating_sub(THREE_BEATS);
    let could_speak = page.seen.not_before.is_none_or(|at| at.0 < since);
    let is_there = page.life == Life::Open && page.visible && could_speak && !world.backend.is_core;
    Rule::Alive.holds(!is_there || end == Some(None), || format!("{name:?} is {end:?}"))
}
