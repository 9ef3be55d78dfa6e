//! What became of every event: accepted = delivered + queued + in flight + dropped by reason, readable at any time.
//! It counts; it holds no event and decides nothing.

use crate::limits::DROP_RANGES;
use crate::lines::Lines;

/// Why an event that had its sequence number was given up. The server is told each of these.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DropReason {
    /// The queue was full.
    QueueFull,
    /// The backend refused it for good.
    Rejected,
    /// The backend refused it alone in its request as too large.
    TooLarge,
    /// The session it belonged to could never be announced.
    NoSession,
    /// Its tab vanished, and storage had no room for it.
    NotStored,
}

impl DropReason {
    /// Every reason, in the order of the ledger.
    pub const ALL: [Self; 5] = [Self::QueueFull, Self::Rejected, Self::TooLarge, Self::NoSession, Self::NotStored];

    /// The reason's name on the wire and in the ledger.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::QueueFull => "queue_full",
            Self::Rejected => "rejected",
            Self::TooLarge => "too_large",
            Self::NoSession => "no_session",
            Self::NotStored => "not_stored",
        }
    }
}

/// Why an event was not taken in at all. It has no sequence number, and only the page knows of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Refusal {
    /// Its type is not a text of 1 to 200 characters.
    InvalidType,
    /// Its type is one that the server alone writes.
    ReservedType,
    /// Its data is more than 32,768 bytes of JSON.
    TooLarge,
    /// Its data holds half of a surrogate pair, which no UTF-8 text can carry.
    LoneSurrogate,
    /// The session has ended.
    Ended,
    /// It belongs to a session that is not in the sample.
    Sampled,
}

impl Refusal {
    /// Every refusal, in the order of the ledger.
    pub const ALL: [Self; 6] =
        [Self::InvalidType, Self::ReservedType, Self::TooLarge, Self::LoneSurrogate, Self::Ended, Self::Sampled];

    /// The refusal's name in the ledger.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::InvalidType => "invalid_type",
            Self::ReservedType => "reserved_type",
            Self::TooLarge => "too_large",
            Self::LoneSurrogate => "lone_surrogate",
            Self::Ended => "ended",
            Self::Sampled => "sampled",
        }
    }

    /// What happened, what was expected, what to do.
    #[must_use]
    pub fn advice(self) -> &'static str {
        match self {
            Self::InvalidType => "event refused: its type must be a text of 1 to 200 characters",
            Self::ReservedType => {
                "event refused: session_start, section_change and session_end are written by the tracker and the server; call changeSection() or use another type"
            }
            Self::TooLarge => "event refused: its data is more than 32,768 bytes of JSON; send less of it",
            Self::LoneSurrogate => {
                "event refused: its data holds half of a surrogate pair; cut texts by characters, not by UTF-16 units"
            }
            Self::Sampled => "event refused: the session is not in the sample of sampleRate",
            Self::Ended => "event refused: the session has ended; call initializeSession() to begin another",
        }
    }
}

/// The running counts.
#[derive(Clone, Debug, Default)]
pub struct Ledger {
    accepted: u64,
    delivered: u64,
    dropped: [u64; DropReason::ALL.len()],
    refused: [u64; Refusal::ALL.len()],
}

impl Ledger {
    /// So many events got their sequence numbers, here or in a tab whose business was taken over.
    pub fn accept(&mut self, count: u64) {
        self.accepted += count;
    }

    /// So many are in storage, for whichever tab takes them over.
    pub fn hand_back(&mut self, count: usize) {
        self.accepted -= count as u64;
    }

    /// The backend has stored so many.
    pub fn deliver(&mut self, count: u64) {
        self.delivered += count;
    }

    /// So many accepted events were given up.
    pub fn give_up(&mut self, reason: DropReason, count: u64) {
        if let Some(dropped) = self.dropped.get_mut(reason as usize) {
            *dropped += count;
        }
    }

    /// An event was not taken in.
    pub fn refuse(&mut self, refusal: Refusal) {
        if let Some(count) = self.refused.get_mut(refusal as usize) {
            *count += 1;
        }
    }

    /// Events taken in so far.
    #[must_use]
    pub fn accepted(&self) -> u64 {
        self.accepted
    }

    /// Events the backend has stored.
    #[must_use]
    pub fn delivered(&self) -> u64 {
        self.delivered
    }

    /// Events given up, by reason; only reasons that occurred.
    pub fn dropped(&self) -> impl Iterator<Item = (&'static str, u64)> {
        let names = DropReason::ALL.into_iter().map(DropReason::name);
        names.zip(self.dropped).filter(|(_, count)| *count > 0)
    }

    /// Events not taken in, by reason; only reasons that occurred.
    pub fn refused(&self) -> impl Iterator<Item = (&'static str, u64)> {
        let names = Refusal::ALL.into_iter().map(Refusal::name);
        names.zip(self.refused).filter(|(_, count)| *count > 0)
    }
}

/// What one tab gave up of one session, as the server is told: totals by reason, and the sequence numbers they cover.
#[derive(Clone, Debug, Default)]
pub struct Losses {
    counts: [u64; DropReason::ALL.len()],
    /// Closed ranges, at most 64 for one reason; what does not fit is only counted.
    ranges: Vec<(DropReason, u64, u64)>,
}

impl Losses {
    /// Notes that the event with this sequence number was given up.
    pub fn add(&mut self, reason: DropReason, seq: u64) {
        if let Some(count) = self.counts.get_mut(reason as usize) {
            *count += 1;
        }
        let (mut known, mut last) = (0, None);
        for range in self.ranges.iter_mut().filter(|range| range.0 == reason) {
            known += 1;
            last = Some(&mut range.2);
        }
        match last {
            Some(last) if *last + 1 == seq => *last = seq,
            _ if known < DROP_RANGES => self.ranges.push((reason, seq, seq)),
            _ => {}
        }
    }

    /// How many events were given up for one reason.
    #[must_use]
    pub fn get(&self, reason: DropReason) -> u64 {
        self.counts.get(reason as usize).copied().unwrap_or_default()
    }

    /// Whether nothing was given up.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.counts.iter().all(|count| *count == 0)
    }

    /// The sequence numbers that were given up for one reason, as closed ranges.
    pub fn ranges(&self, reason: DropReason) -> impl Iterator<Item = (u64, u64)> {
        self.ranges.iter().filter(move |range| range.0 == reason).map(|(_, first, last)| (*first, *last))
    }

    /// Writes them to a record, or reads them there.
    pub fn carry(&mut self, lines: &mut Lines<'_>) {
        for count in &mut self.counts {
            lines.number(count);
        }
        let mut number = self.ranges.len() as u64;
        lines.number(&mut number);
        for index in 0..number {
            let known = self.ranges.get(index as usize).copied();
            let (reason, mut first, mut last) = known.unwrap_or((DropReason::NotStored, 0, 0));
            let mut code = reason as u64;
            for number in [&mut code, &mut first, &mut last] {
                lines.number(number);
            }
            let Some(reason) = DropReason::ALL.get(code as usize).filter(|_| lines.is_reading()) else { continue };
            self.ranges.push((*reason, first, last));
        }
    }
}
