//! Each fault that can be planted, and exactly the cases that it breaks.

use crate::fault::Fault::*;
use crate::fault::Login;
use crate::found;
use session_conformance::cases;

macro_rules! planted {
    ($($name:ident: $fault:ident, $login:ident => [$($case:literal),+ $(,)?];)+) => {
        $(
            #[test]
            fn $name() {
                let found = found(true, Login::$login, Some($fault));
                assert_eq!(found.broken, [$($case),+], "{}", found.sentences);
            }
        )+

        const BROKEN_BY_SOME: &[&[&str]] = &[$(&[$($case),+]),+];
    };
}

#[test]
fn breaks_nothing_leaves_no_case_that_could_not_fail() {
    for case in cases::all() {
        assert!(BROKEN_BY_SOME.iter().any(|broken| broken.contains(&case.name)), "no fault breaks {}", case.name);
    }
}

planted! {
    allows_no_headers: AllowsNoHeaders, None => ["cors-preflight"];
    allows_no_page_to_read: AllowsNoPageToRead, None => ["cors-preflight", "cors-beacon", "cors-exposes-retry-after"];
    announces_no_limits: AnnouncesNoLimits, None => ["start-tells-its-terms"];
    answers_always_201: AnswersAlways201, None => ["start-repeated", "event-repeated", "goodbye-repeated"];
    answers_plain_problems: AnswersPlainProblems, None => [
        "start-replaces", "start-tells-of-a-crash", "lane-other-415", "token-of-another-session-403",
        "token-forged-401", "gzip", "unknown-session-404", "foreign-session-404", "foreign-session-unread",
        "event-types-of-the-server", "update-needs-its-section", "end-final-410", "stats-days-back",
        "reads-need-a-caller", "limit-of-a-batch", "limit-of-a-beacon", "limit-of-events", "limit-of-event-data",
        "limit-of-names", "limit-of-user-ids", "limit-of-platforms", "limit-of-tokens", "limit-of-counts",
        "limit-of-drops", "limit-of-objects", "limit-of-metadata-merged", "limit-of-depth", "limit-of-characters", "limit-of-numbers",
        "problem-invalid-json", "problem-wrong-type", "problem-never-a-500", "problem-no-such-route",
        "problem-wrong-method", "problem-has-the-requests-id",
    ];
    batches_change_no_section: BatchesChangeNoSection, None => ["batch-section-change"];
    beats_are_always_active: BeatsAreAlwaysActive, None => ["heartbeat-says-how-it-stands"];
    believes_any_age: BelievesAnyAge, None => ["time-of-the-start-unbelieved"];
    believes_any_bearer: BelievesAnyBearer, Required => ["token-never-reads", "bearer-wrong-401"];
    believes_any_token: BelievesAnyToken, None => ["token-forged-401", "limit-of-tokens"];
    believes_any_type: BelievesAnyType, None => ["problem-wrong-type"];
    believes_event_times: BelievesEventTimes, None => ["time-of-an-event"];
    believes_the_devices_clock: BelievesTheDevicesClock, None => [
        "time-of-the-start-is-an-age", "time-of-the-start-unbelieved", "time-of-the-end-is-an-age",
    ];
    believes_user_ids_beside_tokens: BelievesUserIdsBesideTokens, None => ["token-is-enough"];
    believes_user_ids_in_queries: BelievesUserIdsInQueries, Required => ["foreign-user-id-403"];
    changes_to_nowhere: ChangesToNowhere, None => ["update-needs-its-section"];
    counts_bytes: CountsBytes, None => ["limit-of-names", "limit-of-user-ids"];
    counts_statements: CountsStatements, None => [
        "section-change-repeated", "update-changes-section", "update-is-a-heartbeat", "stats-count",
    ];
    drops_events_of_a_start: DropsEventsOfAStart, None => ["start-carries-everything", "goodbye-repeated"];
    ends_again: EndsAgain, None => ["end-repeated", "end-takes-the-place", "goodbye-repeated"];
    ends_by_old_goodbyes: EndsByOldGoodbyes, None => ["end-provisional-overtaken"];
    expires_in_half_the_time: ExpiresInHalfTheTime, None => ["heartbeat-moves-the-expiry"];
    exposes_nothing: ExposesNothing, None => ["cors-exposes-retry-after"];
    fails_a_batch_for_one_event: FailsABatchForOneEvent, None => [
        "batch-lists-by-index", "batch-of-bad-events-200", "limit-of-event-data", "limit-of-counts",
        "limit-of-depth", "limit-of-characters", "limit-of-numbers",
    ];
    fails_for_nobody: FailsForNobody, None => ["stats-of-nobody-yet"];
    fails_on_strange_bodies: FailsOnStrangeBodies, None => [
        "event-types-of-the-server", "update-needs-its-section", "limit-of-names", "limit-of-user-ids",
        "limit-of-platforms", "limit-of-tokens", "limit-of-counts", "limit-of-drops", "limit-of-objects",
        "limit-of-depth", "limit-of-characters", "limit-of-numbers", "problem-wrong-type", "problem-never-a-500",
    ];
    forgets_devices: ForgetsDevices, None => ["start-belongs-to-its-caller"];
    forgets_visitors: ForgetsVisitors, Optional => [
        "start-repeated-changes-nothing", "start-replaces", "start-tells-of-a-crash", "visitor-comes-back",
        "end-final-410", "end-provisional-overtaken", "goodbye-repeated", "id-mapped", "stats-count", "stats-sum",
    ];
    forgets_who_replaces: ForgetsWhoReplaces, None => ["start-replaces"];
    hides_gaps: HidesGaps, None => ["events-missing"];
    ignores_days_back: IgnoresDaysBack, None => ["stats-days-back"];
    ignores_previous_end: IgnoresPreviousEnd, None => ["start-tells-of-a-crash"];
    inflates_nothing: InflatesNothing, None => ["gzip"];
    keeps_old_ids: KeepsOldIds, None => ["id-mapped", "id-of-an-event-mapped"];
    keeps_the_last_total: KeepsTheLastTotal, None => ["heartbeat-keeps-the-greatest"];
    knows_every_session: KnowsEverySession, None => [
        "start-repeated", "unknown-session-404", "foreign-session-404", "batch-whole-visit",
    ];
    last_arrival_wins: LastArrivalWins, None => ["update-later-one-wins"];
    lists_ended_sessions: ListsEndedSessions, None => ["end-is-told", "active-lists"];
    logs_the_servers_events: LogsTheServersEvents, None => ["event-types-of-the-server", "batch-lists-by-index"];
    loses_late_events: LosesLateEvents, None => ["event-after-the-end"];
    loses_retry_after: LosesRetryAfter, None => ["retry-after-forms"];
    maps_every_id: MapsEveryId, None => [
        "start-names-its-session", "time-of-an-event", "id-kept", "id-of-an-event-mapped",
    ];
    mints_one_id_for_all: MintsOneIdForAll, None => ["start-mints-an-id"];
    names_events_itself: NamesEventsItself, None => ["event-logged"];
    names_no_last_start: NamesNoLastStart, None => ["stats-have-their-fields"];
    names_sessions_itself: NamesSessionsItself, None => [
        "start-names-its-session", "start-repeated", "batch-whole-visit", "id-mapped", "id-kept",
    ];
    never_revives: NeverRevives, None => ["end-provisional-start-revives", "end-provisional-contact-revives"];
    opens_every_session: OpensEverySession, None => ["foreign-session-404", "foreign-session-unread"];
    pages_for_ever: PagesForEver, None => ["events-by-the-page"];
    provisional_ends_stand: ProvisionalEndsStand, None => ["end-takes-the-place"];
    refuses_events_without_id: RefusesEventsWithoutId, None => ["event-without-id", "event-data-kept"];
    refuses_json: RefusesJson, None => [
        "lane-json", "unknown-session-404", "foreign-session-404", "problem-invalid-json",
    ];
    refuses_late_section_changes: RefusesLateSectionChanges, None => ["event-after-the-end"];
    refuses_text_goodbyes: RefusesTextGoodbyes, None => [
        "lane-text", "events-in-order", "end-repeated", "end-is-told", "end-final-410",
        "end-provisional-start-revives", "end-provisional-contact-revives", "end-provisional-old-contact",
        "end-provisional-overtaken", "end-events-revive-nothing", "end-takes-the-place", "event-after-the-end",
        "time-of-the-end-is-an-age", "stats-count", "stats-sum", "active-lists", "limit-of-a-beacon",
        "problem-invalid-json", "problem-wrong-type", "unknown-members-ignored",
    ];
    refuses_unknown_members: RefusesUnknownMembers, None => ["unknown-members-ignored"];
    repeats_reset_the_start: RepeatsResetTheStart, None => ["start-repeated-changes-nothing"];
    revives_by_any_contact: RevivesByAnyContact, None => ["end-provisional-old-contact"];
    revives_by_events: RevivesByEvents, None => ["end-events-revive-nothing", "event-after-the-end", "goodbye-repeated"];
    revives_the_ended: RevivesTheEnded, None => ["event-after-the-end"];
    rewrites_event_data: RewritesEventData, None => ["event-data-kept"];
    rounds_averages_up: RoundsAveragesUp, None => ["stats-of-nobody-yet", "stats-sum"];
    shares_tokens: SharesTokens, None => ["token-of-another-session-403", "foreign-session-404"];
    sorts_by_arrival: SortsByArrival, None => ["events-in-order"];
    stores_twice: StoresTwice, None => [
        "event-repeated", "section-change-repeated", "batch-lists-by-index", "batch-repeated", "batch-whole-visit",
        "goodbye-repeated", "id-of-an-event-mapped",
    ];
    takes_any_body: TakesAnyBody, None => ["limit-of-a-batch", "limit-of-a-beacon"];
    takes_any_count: TakesAnyCount, None => ["limit-of-counts"];
    takes_any_depth: TakesAnyDepth, None => ["limit-of-depth"];
    takes_any_event_data: TakesAnyEventData, None => ["limit-of-event-data"];
    takes_any_media_type: TakesAnyMediaType, None => ["lane-other-415"];
    takes_any_number: TakesAnyNumber, None => ["limit-of-numbers"];
    takes_any_number_of_events: TakesAnyNumberOfEvents, None => ["limit-of-events"];
    takes_nul: TakesNul, None => ["limit-of-characters"];
    takes_presence_after_the_end: TakesPresenceAfterTheEnd, None => [
        "start-replaces", "start-tells-of-a-crash", "end-final-410",
    ];
    welcomes_nobody: WelcomesNobody, Required => ["foreign-user-id-403", "bearer-none-401", "reads-need-a-caller"];
    writes_local_times: WritesLocalTimes, None => ["end-is-told", "time-of-the-end-is-an-age"];
}
