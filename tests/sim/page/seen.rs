//! What was seen of a page from outside, for the checks to compare with. It concludes nothing.

use session_tracker::flat::pairs;
use session_tracker::time::Mono;
use session_tracker::tracker::Input;
use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;

/// What was seen of a page, for the checks.
#[derive(Clone, Debug, Default)]
pub(crate) struct Seen {
    /// What it calls itself.
    pub(crate) tab: Option<Rc<str>>,
    /// The session that it was last in.
    pub(crate) session: Option<Rc<str>>,
    /// Under what name it keeps its entries, since it was loaded or back.
    pub(crate) place: Rc<str>,
    /// The bytes of the entries in which storage holds its events, as far as it knows: what somebody clears it misses when it looks for it.
    pub(crate) stored: BTreeMap<String, usize>,
    /// When it last wrote its record, by the world's clock.
    pub(crate) recorded_at: u64,
    /// How many of its events an answer said were stored.
    pub(crate) acknowledged: u64,
    /// How many events of each session it declared as given up in the last request of that session that was answered, if that was refused.
    pub(crate) refused_account: BTreeMap<Rc<str>, u64>,
    /// Before this no request may go.
    pub(crate) not_before: Option<Mono>,
    /// Sessions that the page knows to be over for good.
    pub(crate) over: BTreeSet<Rc<str>>,
    /// Where the person was said to go, and when.
    pub(crate) proposed: Option<(&'static str, Mono)>,
    /// When requests failed lately, by the world's clock, and of which tab and session they spoke.
    pub(crate) failures: Vec<(u64, Rc<str>, Rc<str>)>,
    /// What waited and what travelled when the page was gone.
    pub(crate) at_death: (usize, usize),
    /// How often it still waits to hear whether it leads.
    pub(crate) asked_to_lead: u32,
    /// When it was gone or left last, by the world's clock.
    pub(crate) died_at: u64,
    /// The same, of the time that its device was awake.
    pub(crate) died_awake: u64,
    /// When it was back last, by the same.
    pub(crate) returned_awake: u64,
    /// When it was loaded, by the same.
    pub(crate) loaded_awake: u64,
    /// Parting requests since it left.
    pub(crate) partings: usize,
    /// Whether one of them was refused.
    pub(crate) was_refused: bool,
    /// Sessions whose end has been handed over since it left, each by the tab whose part of it that ended: its own, or one that it had taken over.
    pub(crate) parted: BTreeSet<(Rc<str>, Rc<str>)>,
    /// Storage did not take its last word: the others cannot know that it left.
    pub(crate) is_unheard: bool,
    /// When storage last refused one of its texts.
    pub(crate) refused: Option<Mono>,
    /// Whether storage refused the last record that it wrote.
    pub(crate) is_unproven: bool,
    /// The epoch of the last goodbye of each session.
    pub(crate) goodbyes: BTreeMap<Rc<str>, u64>,
    /// Up to when its time in use has been added up, by the world's clock.
    pub(crate) used_to: u64,
    /// Whether its device has slept since then, with the page's clock running on.
    pub(crate) has_slept: bool,
}

impl Seen {
    /// It wrote an entry of its events, and storage took it; or there is none.
    pub(crate) fn store(&mut self, name: &str, bytes: Option<usize>) {
        match bytes {
            Some(bytes) => _ = self.stored.insert(name.into(), bytes),
            None => _ = self.stored.remove(name),
        }
    }

    /// It sees what storage holds.
    pub(crate) fn look(&mut self, input: &Input) {
        if let Input::Loaded(prefix, entries) = input {
            self.stored.retain(|name, _| !name.starts_with(prefix) || pairs(entries).any(|(held, _)| held == &**name));
        }
    }
}
