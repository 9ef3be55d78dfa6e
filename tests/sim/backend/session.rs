//! One session at the backend: which contacts count, how it ends and is taken back, and what each of its tabs has accounted for.

use crate::said::{Beat, Declared, Said};
use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;

const MINUTE: u64 = 60_000;
const RESUME: u64 = 30 * MINUTE;
const TIMEOUT: u64 = 60 * MINUTE;
const LONGEST: u64 = 24 * 60 * MINUTE;
/// An age above this was measured across a jump of the device's clock.
const LONGEST_AGE: u64 = 7 * LONGEST;

/// How a session ended, when by the backend's clock, and at which epoch.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct End {
    pub(crate) reason: Box<str>,
    pub(crate) at: u64,
    epoch: u64,
}

impl End {
    /// Nothing takes it back: it was meant so, or the time for that is over.
    pub(crate) fn is_final(&self, now: u64) -> bool {
        &*self.reason != "app_close" || now > self.at + RESUME
    }
}

/// What a tab has said of its events, and which of them are stored.
#[derive(Clone, Debug, Default)]
pub(crate) struct Account {
    pub(crate) last_seq: u64,
    pub(crate) received: BTreeSet<u64>,
    dropped: BTreeMap<String, Declared>,
}

impl Account {
    /// How many numbers are neither stored nor declared as dropped.
    pub(crate) fn missing(&self) -> u64 {
        let declared = self.dropped.values().flat_map(|declared| &declared.seq);
        let covered = declared.flat_map(|(first, last)| *first..=*last).chain(self.received.iter().copied());
        let covered = covered.filter(|seq| *seq <= self.last_seq).collect::<BTreeSet<_>>().len() as u64;
        // What was declared beyond the ranges that a request can name is only counted.
        let unnamed = |declared: &Declared| {
            declared.count - declared.seq.iter().map(|(first, last)| last - first + 1).sum::<u64>()
        };
        (self.last_seq - covered).saturating_sub(self.dropped.values().map(unnamed).sum())
    }
}

#[derive(Clone, Debug)]
pub(crate) struct Session {
    pub(crate) started: u64,
    pub(crate) contact: u64,
    pub(crate) device: Option<Rc<str>>,
    pub(crate) end: Option<End>,
    pub(crate) active_seconds: u64,
    pub(crate) activities: u64,
    pub(crate) tabs: BTreeMap<Rc<str>, Account>,
    epoch: u64,
}

impl Session {
    pub(crate) fn new(said: &Said, now: u64) -> Self {
        Self {
            started: now - age(said.sent_at, said.started_at),
            contact: now,
            device: said.device.clone(),
            end: None,
            active_seconds: 0,
            activities: 0,
            tabs: BTreeMap::new(),
            epoch: said.epoch.unwrap_or(1),
        }
    }

    /// When something was that is so old by the device's clock: not before the session.
    pub(crate) fn age(&self, sent: Option<u64>, then: Option<u64>, now: u64) -> u64 {
        (now - age(sent, then)).max(self.started)
    }

    /// Ends it if nothing was heard of it for the timeout, or if it has lasted its longest.
    pub(crate) fn expire(&mut self, now: u64) {
        if self.end.is_none() && (now >= self.contact + TIMEOUT || now >= self.started + LONGEST) {
            self.finish("timeout", self.contact);
        }
    }

    /// Ends it for good.
    pub(crate) fn finish(&mut self, reason: &str, at: u64) {
        self.end = Some(End { reason: reason.into(), at, epoch: self.epoch });
    }

    /// A sign of life: it revives a session that ended provisionally, if it was made after that.
    pub(crate) fn touch(&mut self, epoch: u64, now: u64) {
        match &self.end {
            Some(end) if epoch > end.epoch && !end.is_final(now) => self.end = None,
            Some(_) => return,
            None => {}
        }
        self.contact = now;
        self.epoch = self.epoch.max(epoch);
    }

    /// Somebody says that it ended at this moment.
    pub(crate) fn leave(&mut self, reason: &str, epoch: u64, at: u64, now: u64) {
        let is_provisional = reason == "app_close";
        let stands = match &self.end {
            Some(end) => end.is_final(now) || (is_provisional && epoch <= end.epoch),
            None => is_provisional && epoch < self.epoch,
        };
        if !stands {
            self.epoch = self.epoch.max(epoch);
            self.finish(reason, at);
        }
    }

    /// The totals of a heartbeat: the greatest count.
    pub(crate) fn beat(&mut self, beat: Beat) {
        self.active_seconds = self.active_seconds.max(beat.active_seconds as u64);
        self.activities = self.activities.max(beat.activity_count);
    }

    pub(crate) fn account_of(&mut self, tab: &Rc<str>) -> &mut Account {
        self.tabs.entry(tab.clone()).or_default()
    }

    /// Takes note of what a tab says of its events: totals, of which the greatest count, for an old request may come late.
    pub(crate) fn account(&mut self, said: &Said) {
        let account = self.account_of(&said.tab);
        account.last_seq = account.last_seq.max(said.last_seq);
        for declared in &said.dropped {
            let known = account.dropped.entry(declared.reason.clone()).or_insert_with(|| declared.clone());
            if declared.count > known.count {
                *known = declared.clone();
            }
        }
    }
}

fn age(sent: Option<u64>, then: Option<u64>) -> u64 {
    let age = sent.zip(then).and_then(|(sent, then)| sent.checked_sub(then));
    age.filter(|age| *age <= LONGEST_AGE).unwrap_or_default()
}
