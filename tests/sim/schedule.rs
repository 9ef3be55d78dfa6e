//! How a seed becomes a schedule of operations. Every second schedule is of a visitor with several tabs.

use crate::dice::Dice;
use crate::network::Fault;
use crate::ops::{Harm, Op};

/// A schedule of so many operations.
pub(crate) fn schedule(seed: u64, length: usize) -> Vec<Op> {
    let mut dice = Dice(seed ^ 0x5E55_1041);
    let is_crowd = seed.is_multiple_of(2);
    let mut ops = if is_crowd { crowd(&mut dice) } else { vec![Op::Open { visitor: 0, user: 0 }] };
    while ops.len() < length {
        ops.push(any(&mut dice, is_crowd));
    }
    ops
}

/// Three to five tabs of the first visitor, one way or another.
fn crowd(dice: &mut Dice) -> Vec<Op> {
    let tabs = dice.one_of(&[3, 3, 4, 5]);
    if dice.is_one_in(4) {
        return vec![Op::OpenTogether { visitor: 0, tabs }];
    }
    let mut ops = vec![Op::Open { visitor: 0, user: 0 }];
    for _ in 1..tabs {
        if dice.is_one_in(2) {
            ops.push(Op::Pass { millis: passing(dice) });
        }
        ops.push(match dice.below(3) {
            0 => Op::Open { visitor: 0, user: 0 },
            1 => Op::OpenBehind { visitor: 0, user: 0 },
            _ => Op::Duplicate { page: 0 },
        });
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
            6 => ops.push(Op::Navigate { page, quota, cached: false }),
            // The next page is another tab's, which sees what this one wrote half a second later.
            7 => ops.extend([Op::Crash { page }, Op::Pass { millis: 501 }, Op::Open { visitor: 0, user: 0 }]),
            8 => ops.extend(Some(Fault::any(&mut dice)).filter(|fault| !fault.refuses()).map(Op::Meet)),
            _ => ops.push(Op::Pass { millis: passing(&mut dice).min(70_000) }),
        }
    }
    ops
}

fn any(dice: &mut Dice, is_crowd: bool) -> Op {
    let page = dice.below(16) as u8;
    // In a crowd most of what happens, happens to its visitor.
    let visitor = if is_crowd && !dice.is_one_in(4) { 0 } else { dice.below(3) as u8 };
    let user = u8::from(dice.is_one_in(5));
    match dice.below(1_000) {
        0..25 => Op::Open { visitor, user },
        25..35 => Op::OpenBehind { visitor, user },
        35..38 => Op::OpenTogether { visitor, tabs: dice.one_of(&[2, 3, 4]) },
        38..43 => Op::Duplicate { page },
        43..245 => Op::Log { page, bytes: dice.one_of(&[0, 20, 20, 60, 200, 900]) },
        245..255 => burst(dice, page),
        255..325 => Op::Go { page, section: dice.below(5) as u8, at_once: dice.is_one_in(4) },
        325..345 => Op::Flush { page },
        345..353 => Op::End { page, logout: dice.is_one_in(2) },
        353..363 => Op::Start { page },
        363..403 => Op::Show { page, visible: dice.is_one_in(2) },
        403..443 => Op::Switch { page },
        443..463 => Op::Focus { page, focused: dice.is_one_in(2) },
        463..493 => Op::Act { page },
        493..503 => Op::Online { page },
        503..530 => Op::Leave { page, quota: quota(dice) },
        530..570 => Op::Return { page },
        570..580 => Op::Freeze { page },
        580..584 => Op::Discard { page },
        584..614 => Op::Navigate { page, quota: quota(dice), cached: dice.is_one_in(2) },
        614..620 => Op::CloseTab { page, quota: quota(dice) },
        620..623 => Op::Destroy { page },
        623..625 => Op::Login { page, user: dice.below(2) as u8 },
        625 => Op::Identify { page, user: dice.below(2) as u8 },
        626..632 => Op::Crash { page },
        632..634 => Op::CrashAll { visitor },
        634..836 => Op::Pass { millis: passing(dice) },
        836..838 => Op::Night { hours: dice.one_of(&[1, 9, 23]) },
        838..846 => Op::Sleep { visitor, minutes: dice.one_of(&[1, 1, 5, 20, 35, 70]) },
        846..855 => Op::Jump { visitor, seconds: jump(dice) },
        855..861 => Op::Outage { seconds: dice.one_of(&[3, 20, 120, 900, 5_000]) },
        861..867 => Op::Storage { visitor, harm: harm(dice) },
        867..870 => Op::NewKeys,
        870..873 => Op::EndElsewhere { visitor },
        _ => Op::Meet(Fault::any(dice)),
    }
}

fn burst(dice: &mut Dice, page: u8) -> Op {
    if dice.is_one_in(150) {
        return Op::Burst { page, count: 200, bytes: 30_000 };
    }
    Op::Burst { page, count: dice.one_of(&[8, 25, 25, 60]), bytes: dice.one_of(&[30, 30, 30, 400, 400, 3_000]) }
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

fn harm(dice: &mut Dice) -> Harm {
    dice.one_of(&[Harm::Cleared, Harm::Corrupted, Harm::Blocked, Harm::Full, Harm::Mended, Harm::Mended, Harm::Mended])
}
