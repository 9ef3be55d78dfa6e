//! The simulator is tested by breaking things on purpose: each lie must be found, by the rule that it breaks, and every rule
//! must have been broken by one.

use crate::checks::Rule;
use crate::lies::Lie;
use crate::runs::{LENGTH, run};
use crate::schedule::schedule;
use crate::world::Setting;
use std::collections::BTreeMap;

/// So many schedules are enough to find any lie.
const SCHEDULES: u64 = 1_000;

macro_rules! each_is_found {
    ($($story:ident: $lie:ident breaks $rule:ident $($with_storage:ident)?;)*) => {
        $(
            #[test]
            fn $story() {
                finds(Lie::$lie, Rule::$rule, false $(|| stringify!($with_storage) == "stored")?);
            }
        )*
        const RULES_BROKEN: &[Rule] = &[$(Rule::$rule),*];
    };
}

each_is_found! {
    a_backend_that_stores_twice_is_found: BackendForgetsKeys breaks Once;
    a_backend_that_mixes_users_up_is_found: BackendMixesUsers breaks Belonging;
    an_acknowledgement_of_what_never_arrived_is_found: NetworkAnswersForTheBackend breaks Acknowledged;
    a_session_of_which_the_backend_hears_nothing_is_found: NetworkSwallowsHeartbeats breaks Alive;
    a_queue_that_does_not_drain_is_found: NetworkNeverClears breaks Drain;
    pages_that_do_not_know_of_each_other_are_found: StorageForgets breaks OneSession stored;
    a_hidden_page_that_keeps_the_lead_is_found: PageKeepsTheLead breaks Lead stored;
    an_event_that_a_page_forgets_is_found: PageForgetsAnEvent breaks Lost;
    an_event_that_is_lost_beside_one_that_is_declared_is_found: PageForgetsForEachThatItGivesUp breaks Lost;
    an_event_that_a_page_declares_to_nobody_is_found: PageDeclaresNothing breaks Gaps;
    an_account_that_is_not_given_again_is_found: PageDeclaresNothingAgain breaks Gaps;
    an_acknowledged_event_that_is_sent_again_is_found: PageSendsAgain breaks Acknowledged;
    a_rejection_that_counts_as_delivered_is_found: PageMishearsARejection breaks Ledger;
    a_number_that_is_given_twice_is_found: PageNumbersTwice breaks Numbers;
    a_request_beyond_its_bound_is_found: PageSendsTooMuch breaks Bounds;
    a_second_request_beside_one_that_is_awaited_is_found: PageSendsTwice breaks OneRequest;
    a_heartbeat_after_the_end_is_found: PageBeatsOn breaks Presence;
    a_request_from_a_page_that_has_left_is_found: PageSpeaksAway breaks Parting;
    a_contact_no_later_than_the_goodbye_before_it_is_found: PageStaysInItsEpoch breaks Epoch;
    a_section_that_counts_too_early_is_found: PageIsHasty breaks Debounce;
    a_wait_that_is_cut_short_is_found: PageMishearsRetryAfter breaks RetryAfter;
    an_end_at_the_wrong_time_is_found: PageClockIsLateAtTheEnd breaks Total;
    time_that_counts_though_nobody_looks_is_found: PageKeepsTheFocus breaks Active;
    a_page_that_leaves_without_a_goodbye_is_found: PageLeavesInSilence breaks Goodbye;
    events_that_are_only_in_memory_are_found: PageKeepsNothing breaks Kept stored;
    events_that_are_only_in_memory_since_storage_was_full_are_found: PageGivesStorageUp breaks Kept stored;
    time_that_nobody_used_is_found_where_storage_was_full_too: PageBoastsWhereStorageWasShort breaks Active stored;
    an_end_of_a_dead_tab_at_the_wrong_time_is_found: PageMisdatesTheDead breaks Total stored;
    what_a_dead_tab_stored_and_nobody_takes_over_is_found: PageOverlooksTheDead breaks Lost stored;
    a_request_held_for_a_page_that_has_left_is_found: PageKeepsItsHand breaks Held;
    a_storm_of_requests_is_found: PageHurries breaks Storm;
    a_tracker_that_never_rests_is_found: PageNeverRests breaks Rest;
}

fn finds(lie: Lie, rule: Rule, has_storage: bool) {
    let mut found = BTreeMap::new();
    for seed in 0..SCHEDULES {
        if let Err(broken) = run(Setting { seed, has_storage, lie: Some(lie) }, &schedule(seed, LENGTH)) {
            if broken.rule == rule {
                return;
            }
            *found.entry(broken.rule).or_insert(0) += 1;
        }
    }
    panic!("{lie:?} was not found by {rule:?} in {SCHEDULES} schedules, but by {found:?}");
}

#[test]
fn every_rule_has_been_broken_on_purpose() {
    let unbroken: Vec<_> = Rule::ALL.into_iter().filter(|rule| !RULES_BROKEN.contains(rule)).collect();
    assert!(unbroken.is_empty(), "no lie breaks {unbroken:?}");
}
