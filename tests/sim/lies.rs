//! The simulator's own mutations: worlds in which one thing is wrong, told apart by name, each of which the checks must find by the rule that
//! it breaks. The lies about a page are told here, between the tracker and its world; the backend, the network and the storage
//! tell their own.

use crate::page::{Did, Seen, Sent};
use session_tracker::limits::KEEPALIVE_BYTES;
use session_tracker::queue::Fate;
use session_tracker::time::{Now, Wall};
use session_tracker::tracker::Input;
use session_tracker::wire::Verdict;
use std::rc::Rc;

/// A world in which one thing is wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Lie {
    /// The backend stores an event anew that it has already.
    BackendForgetsKeys,
    /// The backend stores an event under another user.
    BackendMixesUsers,
    /// The network says that the backend took what never reached it.
    NetworkAnswersForTheBackend,
    /// The network says that the backend took a heartbeat that never reached it.
    NetworkSwallowsHeartbeats,
    /// The weather never clears.
    NetworkNeverClears,
    /// No page finds in storage what was written there.
    StorageForgets,
    /// An event that was logged is not in the tracker.
    PageForgetsAnEvent,
    /// For each event that the page gives up with its session, one that was logged later is not in the tracker.
    PageForgetsForEachThatItGivesUp,
    /// Events whose answer has been heard are sent again.
    PageSendsAgain,
    /// The tracker hears that a rejected event is stored.
    PageMishearsARejection,
    /// The page gives the backend no account of what it dropped.
    PageDeclaresNothing,
    /// The same, once somebody has refused that account.
    PageDeclaresNothingAgain,
    /// Two events of a request have the same number.
    PageNumbersTwice,
    /// A request is larger than it may be.
    PageSendsTooMuch,
    /// A request is sent twice at once.
    PageSendsTwice,
    /// The page says again that it is there when it has ended its session.
    PageBeatsOn,
    /// The page says something in an ordinary request when it has left.
    PageSpeaksAway,
    /// The page says the same epoch for ever.
    PageStaysInItsEpoch,
    /// The tracker hears that no section is to be waited for.
    PageIsHasty,
    /// The tracker does not hear for how long the backend asks it to wait.
    PageMishearsRetryAfter,
    /// The page tells the tracker of the leave or the end an hour late.
    PageClockIsLateAtTheEnd,
    /// The tracker is not told that the window lost the focus.
    PageKeepsTheFocus,
    /// The browser is not told that a page gives the lead back.
    PageKeepsTheLead,
    /// The tracker is not told that the page leaves.
    PageLeavesInSilence,
    /// The tracker hears that the network is back after each failure.
    PageHurries,
    /// What the page wants to keep of its events does not reach the storage.
    PageKeepsNothing,
    /// The same, but only once storage has refused anything.
    PageGivesStorageUp,
    /// Once storage has refused anything, the page says an hour more of use than there was.
    PageBoastsWhereStorageWasShort,
    /// The page says an hour too early when another tab's session ended.
    PageMisdatesTheDead,
    /// The page sees nothing of what dead tabs stored.
    PageOverlooksTheDead,
    /// The browser does not hear that what it holds is void.
    PageKeepsItsHand,
    /// There is always something for the tracker to do.
    PageNeverRests,
}

/// The time as the tracker is told.
pub(crate) fn told(lie: Option<Lie>, input: &Input, now: Now) -> Now {
    match lie {
        Some(Lie::PageClockIsLateAtTheEnd) if matches!(input, Input::Leaving | Input::End(_)) => {
            Now { wall: Wall(now.wall.0 - 3_600_000), ..now }
        }
        _ => now,
    }
}

/// What the tracker hears of an input, if anything.
pub(crate) fn heard(lie: Option<Lie>, input: Input) -> Option<Input> {
    match (lie, input) {
        (Some(Lie::PageLeavesInSilence), Input::Leaving | Input::Close) => None,
        (Some(Lie::PageKeepsTheFocus), Input::Focused(false)) => None,
        (Some(Lie::PageIsHasty), Input::Section { section, .. }) => Some(Input::Section { section, at_once: true }),
        (Some(Lie::PageMishearsRetryAfter), Input::Answered(id, Verdict::TryAgain { .. })) => {
            Some(Input::Answered(id, Verdict::TryAgain { after: None }))
        }
        (Some(Lie::PageMishearsARejection), Input::Answered(id, Verdict::Taken(mut taken))) => {
            let fates = taken.fates.iter_mut().flatten();
            fates.filter(|fate| **fate == Fate::Rejected).for_each(|fate| *fate = Fate::Stored);
            Some(Input::Answered(id, Verdict::Taken(taken)))
        }
        (_, input) => Some(input),
    }
}

/// A request as it leaves the page.
pub(crate) fn sent(lie: Option<Lie>, seen: &Seen, mut sent: Sent) -> Sent {
    match lie {
        Some(Lie::PageBoastsWhereStorageWasShort) if seen.refused.is_some() => {
            sent.said.beat.iter_mut().for_each(|beat| beat.active_seconds += 3_600.0);
        }
        Some(Lie::PageMisdatesTheDead) if seen.tab.as_ref().is_some_and(|tab| *tab != sent.said.tab) => {
            let end = sent.said.end.as_mut().and_then(|end| end.at.as_mut());
            end.into_iter().for_each(|at| *at -= 3_600_000);
        }
        Some(Lie::PageNumbersTwice) => {
            let first = sent.said.events.first().map(|event| event.seq);
            sent.said.events.iter_mut().zip(first).for_each(|(event, seq)| event.seq = seq);
            if let [first, second, ..] = sent.said.events.as_mut_slice() {
                second.seq = first.seq;
            }
        }
        Some(Lie::PageSendsTooMuch) if sent.said.events.len() > 1 => {
            sent.body.push_str(&" ".repeat(KEEPALIVE_BYTES));
        }
        Some(Lie::PageDeclaresNothing) => sent.said.dropped.clear(),
        Some(Lie::PageDeclaresNothingAgain) if seen.refused_account.values().any(|declared| *declared > 0) => {
            sent.said.dropped.clear();
        }
        Some(Lie::PageStaysInItsEpoch) => sent.said.epoch = Some(1),
        _ => {}
    }
    sent
}

/// What is remembered of a page, to be said again.
#[derive(Clone, Debug, Default)]
pub(crate) struct Said {
    beat: Option<Rc<Sent>>,
    events: Option<Rc<Sent>>,
}

impl Said {
    pub(crate) fn remember(&mut self, sent: &Rc<Sent>) {
        if sent.parting {
            return;
        }
        if sent.said.beat.is_some() {
            self.beat = Some(sent.clone());
        }
        if !sent.said.events.is_empty() {
            self.events = Some(sent.clone());
        }
    }

    /// What the page says, after this input, beside what its tracker wants to say.
    pub(crate) fn again(&self, lie: Option<Lie>, input: &Input) -> Option<Did> {
        let sent = match (lie, input) {
            (Some(Lie::PageBeatsOn), Input::End(_)) => self.beat.clone(),
            (Some(Lie::PageSpeaksAway), Input::Leaving) => {
                let sent = self.beat.as_deref().cloned();
                sent.map(|sent| Rc::new(Sent { said: crate::said::Said { beat: None, ..sent.said }, ..sent }))
            }
            (Some(Lie::PageSendsAgain), Input::Answered(_, Verdict::Taken(_))) => self.events.clone(),
            _ => None,
        };
        sent.map(Did::Sent)
    }
}
