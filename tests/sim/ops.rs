//! What can happen, as a list that a person can read: the operations, how a seed becomes a schedule of them, and how a schedule
//! that fails is made short. An operation names pages and visitors by numbers that wrap around, so leaving one out never makes
//! another meaningless. This room knows nothing of the tracker.

use crate::network::Fault;

/// Numbers from a seed: splitmix64 (Steele, Lea and Flood, 2014).
#[derive(Clone, Debug)]
pub(crate) struct Dice(pub(crate) u64);

impl Dice {
    pub(crate) fn bits(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        z ^ (z >> 31)
    }

    /// From 0 up to, not including, `bound`.
    pub(crate) fn below(&mut self, bound: u64) -> u64 {
        self.bits() % bound
    }

    pub(crate) fn is_one_in(&mut self, chances: u64) -> bool {
        self.below(chances) == 0
    }

    pub(crate) fn one_of<T: Copy>(&mut self, choices: &[T]) -> T {
        choices[self.below(choices.len() as u64) as usize]
    }
}

/// What becomes of a visitor's storage.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Harm {
    /// Somebody cleared it.
    Cleared,
    /// Somebody wrote nonsense over it.
    Corrupted,
    /// It neither gives nor takes anything.
    Blocked,
    /// It works again, with what it held.
    Mended,
}

/// One thing that happens.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Op {
    /// A visitor opens a page, which starts its tracker.
    Open { visitor: u8, user: u8 },
    /// A page starts its tracker again, as after a logout.
    Start { page: u8 },
    /// The application logs one event.
    Log { page: u8, bytes: u16 },
    /// The application logs many events at once.
    Burst { page: u8, count: u8, bytes: u16 },
    /// The person goes to another section.
    Go { page: u8, section: u8, at_once: bool },
    /// The application wants everything sent.
    Flush { page: u8 },
    /// The application ends the session.
    End { page: u8, logout: bool },
    /// The page comes into view, or is hidden.
    Show { page: u8, visible: bool },
    /// The window gets or loses the focus.
    Focus { page: u8, focused: bool },
    /// The person touches something.
    Act { page: u8 },
    /// The browser says that the network is back.
    Online { page: u8 },
    /// The page goes into the back/forward cache; its beacons may hold so many bytes.
    Leave { page: u8, quota: u32 },
    /// The page comes back out of it.
    Return { page: u8 },
    /// The page leaves for good, and the same tab opens the next one.
    Navigate { page: u8, quota: u32 },
    /// The page is there no more, and never said so.
    Crash { page: u8 },
    /// The application is done with the tracker.
    Close { page: u8 },
    /// Time passes.
    Pass { millis: u32 },
    /// The visitor's device sleeps.
    Sleep { visitor: u8, minutes: u16 },
    /// Every device sleeps.
    Night { hours: u8 },
    /// The visitor's clock is set.
    Jump { visitor: u8, seconds: i32 },
    /// The next request meets this.
    Meet(Fault),
    /// Nobody reaches the backend.
    Outage { seconds: u16 },
    /// Something happens to a visitor's storage.
    Storage { visitor: u8, harm: Harm },
    /// The backend believes no token that it has given so far.
    NewKeys,
    /// Somebody else ends a visitor's sessions.
    EndElsewhere { visitor: u8 },
}

/// A schedule of so many operations.
pub(crate) fn schedule(seed: u64, length: usize) -> Vec<Op> {
    let mut dice = Dice(seed ^ 0x5E55_1041);
    let mut ops = vec![Op::Open { visitor: 0, user: 0 }];
    while ops.len() < length {
        ops.push(any(&mut dice));
    }
    ops
}

/// One person's visit, a page at a time, with nothing in it that may end a session: whatever the network does to it.
pub(crate) fn visit(seed: u64, length: usize) -> Vec<Op> {
    let mut dice = Dice(seed ^ 0x715_17E5);
    let mut ops = vec![Op::Open { visitor: 0, user: 0 }];
    while ops.len() < length {
        let (page, quota) = (0, quota(&mut dice));
        match dice.below(12) {
            0..=2 => ops.push(Op::Log { page, bytes: 20 }),
            3 => ops.push(Op::Go { page, section: dice.below(5) as u8, at_once: false }),
            4 => ops.push(Op::Show { page, visible: dice.is_one_in(2) }),
            5 => ops.extend([Op::Leave { page, quota }, Op::Pass { millis: passing(&mut dice) }, Op::Return { page }]),
            6 => ops.push(Op::Navigate { page, quota }),
            7 => ops.extend([Op::Crash { page }, Op::Open { visitor: 0, user: 0 }]),
            8 => ops.extend((!Fault::any(&mut dice.clone()).refuses()).then(|| Op::Meet(Fault::any(&mut dice)))),
            _ => ops.push(Op::Pass { millis: passing(&mut dice).min(70_000) }),
        }
    }
    ops
}

fn any(dice: &mut Dice) -> Op {
    let page = dice.below(16) as u8;
    let visitor = dice.below(3) as u8;
    match dice.below(100) {
        0..=3 => Op::Open { visitor, user: u8::from(dice.is_one_in(5)) },
        4..=24 => Op::Log { page, bytes: dice.one_of(&[0, 20, 20, 60, 200, 900]) },
        25 if dice.is_one_in(150) => Op::Burst { page, count: 200, bytes: 30_000 },
        25 => {
            Op::Burst { page, count: dice.one_of(&[8, 25, 25, 60]), bytes: dice.one_of(&[30, 30, 30, 400, 400, 3_000]) }
        }
        26..=33 => Op::Go { page, section: dice.below(5) as u8, at_once: dice.is_one_in(4) },
        34..=35 => Op::Flush { page },
        36 => Op::End { page, logout: dice.is_one_in(2) },
        37 => Op::Start { page },
        38..=43 => Op::Show { page, visible: dice.is_one_in(2) },
        44..=45 => Op::Focus { page, focused: dice.is_one_in(2) },
        46..=48 => Op::Act { page },
        49 => Op::Online { page },
        50..=52 => Op::Leave { page, quota: quota(dice) },
        53..=55 => Op::Return { page },
        56..=58 => Op::Navigate { page, quota: quota(dice) },
        59 if dice.is_one_in(2) => Op::Crash { page },
        59 if dice.is_one_in(3) => Op::Close { page },
        59..=79 => Op::Pass { millis: passing(dice) },
        80 if dice.is_one_in(6) => Op::Night { hours: dice.one_of(&[1, 9, 23]) },
        80 => Op::Sleep { visitor, minutes: dice.one_of(&[1, 1, 5, 20, 35, 70]) },
        81 => Op::Jump { visitor, seconds: jump(dice) },
        82 if dice.is_one_in(2) => Op::Outage { seconds: dice.one_of(&[3, 20, 120, 900]) },
        83 if dice.is_one_in(2) => Op::Storage {
            visitor,
            harm: dice.one_of(&[Harm::Cleared, Harm::Corrupted, Harm::Blocked, Harm::Mended, Harm::Mended]),
        },
        84 if dice.is_one_in(3) => Op::NewKeys,
        84 if dice.is_one_in(3) => Op::EndElsewhere { visitor },
        _ => Op::Meet(Fault::any(dice)),
    }
}

fn passing(dice: &mut Dice) -> u32 {
    let most = dice.one_of(&[50, 400, 1_500, 3_000, 6_000, 6_000, 40_000, 70_000, 400_000]);
    dice.below(most) as u32 + 1
}

fn quota(dice: &mut Dice) -> u32 {
    dice.one_of(&[65_536, 65_536, 65_536, 20_000, 3_000, 0])
}

fn jump(dice: &mut Dice) -> i32 {
    dice.one_of(&[-90_000, -4_000, -100, -2, 3, 100, 4_000, 700_000])
}

/// The shortest schedule that still fails, found by leaving out ever smaller stretches.
pub(crate) fn shrink(mut ops: Vec<Op>, fails: &dyn Fn(&[Op]) -> bool) -> Vec<Op> {
    let mut stretch = ops.len().div_ceil(2);
    loop {
        let mut at = 0;
        while at < ops.len() {
            let mut shorter = ops.clone();
            shorter.drain(at..(at + stretch).min(ops.len()));
            if fails(&shorter) {
                ops = shorter;
            } else {
                at += stretch;
            }
        }
        if stretch == 1 {
            return ops;
        }
        stretch = stretch.div_ceil(2);
    }
}
