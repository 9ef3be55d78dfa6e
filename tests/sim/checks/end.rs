//! Everything has settled: what is stored is what was accepted, less what was declared and what only a dead page knew.

use super::{Outcome, Rule};
use crate::backend::Account;
use crate::book::{Kept, Known, OUTBOX};
use crate::page::{Life, Page, made};
use crate::world::{MISSED, VISITORS, World};
use session_tracker::session::State;
use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;
use uuid::Uuid;

/// Pages have been given so long to say that they are there.
const THREE_BEATS: u64 = 100_000;
/// What ended less than a heartbeat ago it cannot know yet.
const A_BEAT: u64 = 40_000;

pub(crate) fn at_the_end(world: &mut World) -> Outcome {
    once(world)?;
    belonging(world)?;
    for index in 0..world.pages.len() {
        let page = &world.pages[index];
        if page.life == Life::Open {
            let (pending, state) = (page.tracker.pending(), page.tracker.state());
            Rule::Drain
                .holds(pending == (0, 0), || format!("{pending:?} of page {index} are still pending; {state:?}"))?;
        }
        alive(world, index)?;
        gaps(world, index)?;
        let dropped: Vec<_> = page.tracker.ledger().dropped().collect();
        dropped.into_iter().for_each(|(reason, count)| world.count_many(reason, count));
    }
    for visitor in 0..VISITORS {
        let (memory_only, left_behind) = lost(world, visitor)?;
        world.count_many("events lost: memory_only", memory_only);
        world.count_many("events lost: left where somebody cleared", left_behind);
        one_session(world, visitor)?;
        emptied(world, visitor)?;
    }
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
            Rule::Acknowledged.holds(known.acknowledged.is_empty(), || format!("{id} is not stored"))?;
            continue;
        };
        let Some(user) = world.book.users.get(&known.session) else { continue };
        let is_what_it_was = known.kind.as_ref().is_none_or(|kind| *kind == row.kind);
        let belongs = row.session.0 == *user && *made(&row.session.1) == *known.session && is_what_it_was;
        Rule::Belonging.holds(belongs, || format!("{id} of {user} was {known:?} and is {row:?}"))?;
    }
    Ok(())
}

/// What is neither stored nor declared as dropped was only in the memory of a page that died, or a page that went away had left it in
/// storage, which somebody cleared. Gives how many events either was.
fn lost(world: &World, visitor: usize) -> Result<(u64, u64), super::Broken> {
    let pages: BTreeSet<_> = (0..world.pages.len()).filter(|index| world.pages[*index].visitor == visitor).collect();
    let theirs = || world.book.events.iter().filter(|(_, known)| pages.contains(&known.page));
    let mut given_up = world.book.given_up.clone();
    let mut is_given_up = |id: &Uuid| {
        let one_of = given_up.iter_mut().find(|(events, count)| *count > 0 && events.contains(id));
        one_of.map(|(_, count)| *count -= 1).is_some()
    };
    let mut memory_only = BTreeMap::new();
    let mut left_behind = 0;
    for (id, known) in theirs() {
        // What storage has still is the next page's, if those who are here could not see it.
        let is_in_storage = |name: &Rc<str>| world.visitors[visitor].storage.borrow().entries().contains_key(&**name);
        let is_held =
            (known.is_stuck || known.is_hidden) && matches!(&known.kept, Kept::Yes(name) if is_in_storage(name));
        if world.backend.rows.contains_key(id) || known.is_given_up || is_held {
            continue;
        }
        if known.is_left && matches!(known.kept, Kept::Harmed(_)) && nobody_had(world, known, &pages) {
            left_behind += 1;
        } else if only_in_memory(world, known) {
            memory_only.entry(known.page).or_insert_with(Vec::new).push(id);
        } else {
            Rule::Lost.holds(is_given_up(id), || explain(world, id, known))?;
        }
    }
    let mut lost = 0;
    for (page, ids) in &memory_only {
        let most = window(world, *page);
        let excess = ids.len().saturating_sub(most);
        let declared = ids.iter().filter(|id| is_given_up(id)).take(excess).count();
        Rule::Lost.holds(declared == excess, || {
            format!("{} of page {page}, and {most} can have gone with it, beside {declared} declared", ids.len())
        })?;
        lost += (ids.len() - declared) as u64;
    }
    Ok((lost, left_behind))
}

/// Nobody had in memory what somebody cleared: a page that was back found no more of it, whoever had taken it over died then or later, or had not
/// been missed yet, or could not read it.
fn nobody_had(world: &World, known: &Known, pages: &BTreeSet<usize>) -> bool {
    let is_dead = |page: &&Page| matches!(page.life, Life::Crashed | Life::Gone);
    let mut dead = pages.iter().map(|index| &world.pages[*index]).filter(is_dead);
    let had_died = known.harmed.is_some_and(|harmed| dead.any(|page| page.seen.died_awake + MISSED >= harmed));
    known.is_let_go || known.is_hidden || had_died
}

/// How many may be lost with a page: what it held when it crashed, or what no beacon took and what was taken but did not arrive.
fn window(world: &World, page: usize) -> usize {
    let (waiting, travelling) = world.pages[page].seen.at_death;
    match world.pages[page].life {
        Life::Open | Life::Left => 0,
        Life::Crashed => waiting + travelling,
        Life::Gone => {
            let of_page = world.book.events.iter().filter(|(_, known)| known.page == page && known.has_strayed);
            let astray = of_page.filter(|(id, _)| !world.backend.rows.contains_key(*id)).count();
            waiting + astray
        }
    }
}

fn explain(world: &World, id: &Uuid, known: &Known) -> String {
    let page = &world.pages[known.page];
    format!("{id} of page {} ({:?}, {:?}): {known:?}", known.page, page.life, page.tracker.state())
}

/// Nobody but a page that is no more ever had it for sure.
fn only_in_memory(world: &World, known: &Known) -> bool {
    let is_dead = matches!(world.pages[known.page].life, Life::Crashed | Life::Gone);
    is_dead && !matches!(known.kept, Kept::Yes(_))
}

/// What the backend finds missing of a tab is what was lost with its page. It hears of drops from a page that speaks of the session, unless it was that
/// which somebody refused to hear: a hidden page says nothing more until something happens to it.
fn gaps(world: &World, index: usize) -> Outcome {
    let page = &world.pages[index];
    let Some(tab) = page.seen.tab.as_ref().filter(|_| page.life == Life::Open) else { return Ok(()) };
    let dropped: u64 = page.tracker.ledger().dropped().map(|(_, count)| count).sum();
    let can_speak =
        matches!(page.tracker.state(), State::Live(..)) && !world.backend.is_core && could_speak(world, page);
    let current = page.session().filter(|_| can_speak);
    for ((_, id), session) in &world.backend.sessions {
        // Of what it left to others they tell, in its name too, and of two accounts in one name the greater one counts.
        let of_others = world.book.events.iter().filter(|(_, known)| known.page == index && known.is_left);
        let of_others = of_others.filter(|(id, _)| !world.backend.rows.contains_key(*id)).count() as u64;
        let refused = || page.seen.refused_account.get(made(id)).copied().unwrap_or_default();
        let undeclared = of_others + if current.as_deref() == Some(made(id)) { refused() } else { dropped };
        let missing = session.tabs.get(tab).map_or(0, Account::missing);
        Rule::Gaps.holds(missing <= undeclared, || {
            format!("{missing} of page {index} are missing, and {undeclared} may be undeclared: {session:?}")
        })?;
    }
    Ok(())
}

/// The backend knows that somebody is there who is. One with only the core profile never says that another tab has said goodbye.
fn alive(world: &World, index: usize) -> Outcome {
    let page = &world.pages[index];
    let State::Live(here, _) = page.tracker.state() else { return Ok(()) };
    let name = (page.user(), here.id.as_str().into());
    let end = world.backend.sessions.get(&name).map(|session| session.end.clone());
    let end = end.map(|end| end.filter(|end| end.at + A_BEAT < world.clock));
    let is_there = page.life == Life::Open && page.visible && could_speak(world, page) && !world.backend.is_core;
    Rule::Alive.holds(!is_there || end == Some(None), || format!("{name:?} is {end:?}"))
}

/// It has had time for three heartbeats, unless the backend had asked it to wait.
fn could_speak(world: &World, page: &Page) -> bool {
    let since = page.mono(world.clock).0.saturating_sub(THREE_BEATS);
    page.seen.not_before.is_none_or(|at| at.0 < since)
}

/// The pages of a visitor that share storage are in one session.
fn one_session(world: &World, visitor: usize) -> Outcome {
    if !world.visitors[visitor].is_persistent {
        return Ok(());
    }
    let of_visitor = world.pages.iter().filter(|page| page.visitor == visitor && page.life == Life::Open);
    let live = of_visitor.filter(|page| matches!(page.tracker.state(), State::Starting(_) | State::Live(..)));
    let sessions: BTreeSet<_> = live.filter_map(|page| page.session()).collect();
    Rule::OneSession.holds(sessions.len() <= 1, || format!("visitor {visitor} is in {sessions:?}"))
}

/// Where somebody is there to see to it, storage keeps no event but what it would not let go of, or what nothing tells of since somebody meddled
/// with the record.
fn emptied(world: &World, visitor: usize) -> Outcome {
    let storage = world.visitors[visitor].storage.borrow();
    let is_stuck = |name: &str| {
        let mut held = world.book.events.values().filter(|known| known.is_in(name)).peekable();
        let is_known = held.peek().is_some();
        is_known && held.all(|known| known.is_stuck || known.is_hidden || matches!(known.kept, Kept::Harmed(_)))
    };
    let entries = storage.entries().keys().filter(|name| name.starts_with(OUTBOX));
    let kept: Vec<_> = entries.filter(|name| !is_stuck(name)).collect();
    let has_somebody = world
        .pages
        .iter()
        .any(|page| page.visitor == visitor && page.life == Life::Open && page.visible && page.tracks());
    Rule::Drain.holds(!has_somebody || kept.is_empty(), || format!("visitor {visitor}'s storage still has {kept:?}"))
}
