//! An answer, as a page that waits for it hears it, and what the page gives up because of it.

use super::{Outcome, Rule};
use crate::book::{Book, Kept, Known, OUTBOX, events_in};
use crate::page::{Page, Sent, made};
use crate::storage::Storage;
use session_tracker::limits::RETRY_AFTER_LONGEST;
use session_tracker::queue::Fate;
use session_tracker::session::EndReason;
use session_tracker::time::Mono;
use session_tracker::wire::Verdict;
use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;
use uuid::Uuid;

/// Notes what an answer said.
pub(crate) fn heard(book: &mut Book, page: &mut Page, sent: &Sent, verdict: &Verdict, now: Mono, clock: u64) {
    let session: Rc<str> = made(&sent.said.session).into();
    let seen = &mut page.seen;
    match verdict {
        Verdict::Refused(_) => {
            let declared = sent.said.dropped.iter().map(|declared| declared.count).sum();
            seen.refused_account.insert(session.clone(), declared);
        }
        Verdict::Started(_) | Verdict::Taken(_) => _ = seen.refused_account.remove(&session),
        _ => {}
    }
    match verdict {
        Verdict::Started(_) => return,
        Verdict::Taken(taken) => {
            let before = seen.acknowledged;
            for (index, event) in sent.said.events.iter().enumerate() {
                if taken.fate(index) == Fate::Stored {
                    book.mark(event.id, |known| {
                        known.acknowledged.push(sent.page);
                        known.is_found_again |= known.is_anew && known.page != sent.page;
                    });
                    seen.acknowledged += 1;
                }
            }
            if taken.ended.is_some_and(|reason| reason != EndReason::AppClose) {
                seen.over.insert(session);
            }
            if sent.said.events.is_empty() || seen.acknowledged > before {
                return;
            }
        }
        Verdict::SessionOver(_) => {
            // Whatever the page says of its end from here on is the backend's own.
            let owner = book.tabs.get(&sent.said.tab).copied().unwrap_or(sent.page);
            book.ended.remove(&(session.clone(), owner));
            book.ends.remove(&(session.clone(), owner));
            // The events of one that was over before are given up, so that this ends.
            if !seen.over.insert(session) && !sent.said.events.is_empty() {
                return;
            }
        }
        Verdict::TryAgain { after: Some(after) } => {
            let at = now.after(after.at_most(RETRY_AFTER_LONGEST));
            seen.not_before = seen.not_before.max(Some(at));
        }
        _ => {}
    }
    seen.failures.push((clock, sent.said.tab.clone(), sent.said.session.clone()));
}

/// Storage holds nothing any more that the page was told is stored, but half of an entry that it had taken over, what storage does not let go of, and
/// what a page which was taken for dead had stored anew.
pub(crate) fn let_go(book: &Book, page: &Page, sent: &Sent, storage: &Storage) -> Outcome {
    let mut read: BTreeMap<&str, BTreeSet<Uuid>> = BTreeMap::new();
    for event in &sent.said.events {
        let Some(known) = book.events.get(&event.id).filter(|known| known.acknowledged.contains(&sent.page)) else {
            continue;
        };
        let Kept::Yes(name) = &known.kept else { continue };
        let Some(text) = storage.entries().get(&**name) else { continue };
        let is_kept = read.entry(name).or_insert_with(|| events_in(text).collect()).contains(&event.id);
        let is_own = name.starts_with(&format!("{OUTBOX}{}:", page.seen.place));
        let is_settled = |other: &Known| other.acknowledged.contains(&sent.page) || other.is_given_up;
        let is_half = || !is_own && book.events.values().any(|other| other.is_in(name) && !is_settled(other));
        let is_excused = || known.is_stuck || known.is_found_again || is_half();
        Rule::Acknowledged.holds(!is_kept || is_excused(), || format!("{} is kept in {name}", event.id))?;
    }
    Ok(())
}

/// Notes what an answer made the page give up, one by one if it names them: so many events were dropped.
pub(crate) fn given_up(book: &mut Book, sent: &Sent, verdict: &Verdict, count: u64) {
    let spoken_of: Vec<_> = match verdict {
        Verdict::Taken(taken) => {
            let events = sent.said.events.iter().enumerate();
            events.filter(|(index, _)| taken.fate(*index) == Fate::Rejected).map(|(_, event)| event.id).collect()
        }
        _ if count == sent.said.events.len() as u64 => sent.said.events.iter().map(|event| event.id).collect(),
        _ => Vec::new(),
    };
    for id in &spoken_of {
        book.mark(*id, |known| known.is_given_up = true);
    }
    book.give_up(
        sent.page,
        Some((&sent.said.tab, made(&sent.said.session))),
        count.saturating_sub(spoken_of.len() as u64),
    );
}
