//! What an operator reads of everybody's sessions together.

use crate::jobs::run;
use crate::support::{SERVICE_TOKEN, Server, answer, click, id_at, kind};
use serde_json::{Value, json};
use session_server::jobs::Job;

/// A session of somebody's, of so many seconds, that began so long after noon. The server's clock ends where the session does.
async fn session(server: &Server, user: &str, seconds: u64) {
    let start = json!({ "userId": user, "section": "home", "replace": "none" });
    let started = server.ok("start", start).await;
    server.pass(seconds);
    let end = json!({ "sessionId": started["sessionId"], "token": started["token"], "reason": "logout",
                      "endedAt": server.now(), "sentAt": server.now() });
    server.ok("end", end).await;
}

async fn refused(server: &Server, path: &str) -> (u16, Value) {
    answer(server.get(path).bearer_auth(SERVICE_TOKEN).send().await.unwrap()).await
}

#[tokio::test]
async fn only_the_service_token_reads_them() {
    let server = Server::start().await;
    for path in ["summary", "timeline", "online"] {
        let (status, problem) = answer(server.get(&format!("/api/analytics/{path}")).send().await.unwrap()).await;
        assert_eq!((status, kind(&problem)), (401, "token-missing"), "{path}");
        server.feed(&format!("/api/analytics/{path}")).await;
    }
}

#[tokio::test]
async fn nothing_is_summed_up_as_nothing() {
    let summary = Server::start().await.feed("/api/analytics/summary").await;
    assert_eq!((&summary["totalSessions"], &summary["averageDurationSeconds"]), (&json!(0), &json!(0)));
    assert_eq!((&summary["peakHours"], &summary["delivery"]["completeness"]), (&json!([]), &json!(null)));
    assert_eq!(summary["retention"][0], json!({ "day": 1, "users": 0, "returned": 0, "share": null }));
}

#[tokio::test]
async fn durations_hours_and_ends_are_counted() {
    let server = Server::start().await;
    for (user, seconds) in [("ada", 9), ("bob", 10), ("ada", 1_800)] {
        session(&server, user, seconds).await;
    }
    server.pass(3_600);
    session(&server, "cyd", 59).await;
    let summary = server.feed("/api/analytics/summary?daysBack=1").await;
    assert_eq!((&summary["totalSessions"], &summary["totalUsers"]), (&json!(4), &json!(3)));
    assert_eq!((&summary["totalSeconds"], &summary["averageDurationSeconds"]), (&json!(1_878), &json!(469)));
    assert_eq!(
        (&summary["hours"][12], &summary["hours"][13], &summary["peakHours"]),
        (&json!(3), &json!(1), &json!([12, 13]))
    );
    let lengths: Vec<_> =
        summary["durations"].as_array().unwrap().iter().map(|bucket| bucket["sessions"].clone()).collect();
    assert_eq!(lengths, [1, 1, 1, 0, 0, 0, 1, 0, 0].map(|count| json!(count)));
    assert_eq!(summary["durations"][8], json!({ "fromSeconds": 10_800, "toSeconds": null, "sessions": 0 }));
    assert_eq!((&summary["endReasons"], &summary["platforms"]), (&json!({ "logout": 4 }), &json!({ "web": 4 })));
    assert_eq!(summary["sections"], json!([{ "section": "home", "count": 4 }]));
    assert_eq!(
        summary["eventTypes"],
        json!([{ "eventType": "session_end", "count": 4 }, { "eventType": "session_start", "count": 4 }])
    );
    server.pass(2 * 86_400);
    assert_eq!(server.feed("/api/analytics/summary?daysBack=1").await["totalSessions"], 0);
    assert_eq!(server.feed("/api/analytics/summary?daysBack=3").await["totalSessions"], 4);
}

#[tokio::test]
async fn what_did_not_arrive_is_counted_by_the_numbers_that_are_missing() {
    let server = Server::start().await;
    let visit = server.visit().await;
    let dropped = json!([{ "reason": "queue_full", "count": 2, "seq": [[3, 4]] }]);
    server
        .ok("batch", visit.says(json!({ "lastSeq": 10, "dropped": dropped, "events": [click(1), click(2), click(9)] })))
        .await;
    server.ok("heartbeat", visit.says(json!({ "tabId": id_at(server.now(), 77), "lastSeq": 2 }))).await;
    let delivery = server.feed("/api/analytics/summary").await["delivery"].clone();
    assert_eq!(
        delivery,
        json!({ "tabs": 2, "tabsWithGaps": 2, "given": 12, "received": 3, "dropped": 2, "missing": 7, "completeness": 0.4167 })
    );
}

#[tokio::test]
async fn retention_is_of_users_who_came_back_on_that_day() {
    let server = Server::start().await;
    session(&server, "ada", 10).await;
    session(&server, "bob", 10).await;
    server.pass(86_400 - 5);
    session(&server, "bob", 1).await;
    server.pass(86_400);
    let first = &server.feed("/api/analytics/summary?daysBack=30").await["retention"];
    assert_eq!(first[0], json!({ "day": 1, "users": 2, "returned": 1, "share": 0.5 }), "ada never came back");
    assert_eq!(first[1], json!({ "day": 7, "users": 0, "returned": 0, "share": null }), "that day is not over");
    server.pass(6 * 86_400);
    assert_eq!(server.feed("/api/analytics/summary?daysBack=30").await["retention"][1]["users"], 2);
}

#[tokio::test]
async fn a_series_has_a_point_for_every_bucket_the_empty_ones_too() {
    let server = Server::start().await;
    session(&server, "ada", 10).await;
    session(&server, "ada", 10).await;
    server.pass(7_200);
    session(&server, "bob", 10).await;
    let series = server.feed("/api/analytics/timeline?daysBack=1&bucket=hour").await;
    let points = series["points"].as_array().unwrap();
    assert_eq!(points.len(), 25);
    assert_eq!(points[22], json!({ "at": "2026-03-01T12:00:00.000Z", "sessions": 2, "users": 1, "events": 4 }));
    assert_eq!(points[23], json!({ "at": "2026-03-01T13:00:00.000Z", "sessions": 0, "users": 0, "events": 0 }));
    assert_eq!(points[24], json!({ "at": "2026-03-01T14:00:00.000Z", "sessions": 1, "users": 1, "events": 2 }));
    let minutes = server.feed("/api/analytics/timeline?bucket=minute").await;
    assert_eq!(minutes["points"].as_array().unwrap().len(), 1_441);
    let days = server.feed("/api/analytics/timeline?bucket=day&daysBack=365").await;
    assert_eq!(
        days["points"][365],
        json!({ "at": "2026-03-01T00:00:00.000Z", "sessions": 3, "users": 2, "events": 6 })
    );
}

/// The figures of everybody, without what moves with the clock.
async fn figures(server: &Server, days_back: u32) -> Vec<Value> {
    let mut figures = Vec::new();
    for path in ["summary?", "timeline?bucket=day&", "timeline?bucket=hour&"] {
        figures.push(server.feed(&format!("/api/analytics/{path}daysBack={days_back}")).await);
    }
    figures
}

#[tokio::test]
async fn hours_that_are_counted_for_good_give_the_same_figures_and_outlive_what_they_count() {
    let server = Server::start().await;
    // Half an hour in, so that a look back begins in the middle of an hour.
    server.pass(1_800);
    for (user, seconds) in [("ada", 10), ("bob", 1_500), ("cyd", 7_200)] {
        session(&server, user, seconds).await;
    }
    server.pass(20 * 86_400 - 8_710);
    session(&server, "ada", 60).await;
    for days_back in [10, 20, 30] {
        let before = figures(&server, days_back).await;
        run(&server, Job::CleanupHistory).await;
        assert_eq!(figures(&server, days_back).await, before, "{days_back} days back");
    }
    assert_eq!(
        server.count("SELECT CAST(sum(events) AS bigint) FROM event_rollups_hourly").await,
        6,
        "the last session is too young"
    );
    assert_eq!(server.count("SELECT count(*) FROM session_rollups_hourly WHERE total_seconds = 1510").await, 1);

    server.pass(140 * 86_400);
    run(&server, Job::CleanupHistory).await;
    assert_eq!(server.count("SELECT count(*) FROM session_events").await, 0, "history is over");
    let series = server.feed("/api/analytics/timeline?bucket=day&daysBack=365").await;
    let counted: Vec<_> = series["points"].as_array().unwrap().iter().filter(|point| point["sessions"] != 0).collect();
    assert_eq!(counted[0], &json!({ "at": "2026-03-01T00:00:00.000Z", "sessions": 3, "users": 0, "events": 6 }));
    assert_eq!((counted.len(), &counted[1]["events"]), (2, &json!(2)));
    server.pass(300 * 86_400);
    run(&server, Job::CleanupHistory).await;
    assert_eq!(server.count("SELECT count(*) FROM event_rollups_hourly").await, 0, "older than any question");
}

#[tokio::test]
async fn a_series_has_at_most_1500_points_and_every_fault_is_named() {
    let server = Server::start().await;
    for (query, expected) in [
        ("daysBack=1&bucket=minute", 200),
        ("daysBack=2&bucket=minute", 422),
        ("daysBack=62&bucket=hour", 200),
        ("daysBack=63&bucket=hour", 422),
        ("daysBack=365&bucket=day", 200),
        ("daysBack=366&bucket=day", 422),
        ("daysBack=0", 422),
        ("bucket=week", 422),
    ] {
        let (status, problem) = refused(&server, &format!("/api/analytics/timeline?{query}")).await;
        assert_eq!(status, expected, "{query}: {problem}");
    }
    for path in ["summary?daysBack=366", "summary?daysBack=x", "online?limit=0", "online?limit=501"] {
        assert_eq!(refused(&server, &format!("/api/analytics/{path}")).await.0, 422, "{path}");
    }
}

#[tokio::test]
async fn who_was_heard_of_within_three_beats_is_online() {
    let server = Server::start().await;
    let visit = server.visit().await;
    server.pass(60);
    server.ok("start", json!({ "userId": "bob", "section": "docs" })).await;
    server.pass(29);
    let online = server.feed("/api/analytics/online?limit=1").await;
    assert_eq!((&online["onlineSessions"], &online["onlineUsers"]), (&json!(2), &json!(2)));
    assert_eq!(online["sections"], json!({ "docs": 1, "home": 1 }));
    assert_eq!((online["sessions"].as_array().unwrap().len(), &online["sessions"][0]["userId"]), (1, &json!("bob")));
    server.pass(1);
    let online = server.feed("/api/analytics/online").await;
    assert_eq!(
        (&online["onlineSessions"], &online["activeSessions"]),
        (&json!(1), &json!(2)),
        "ada is silent, not gone"
    );
    server.ok("heartbeat", visit.says(json!({ "heartbeat": { "activity": "idle" } }))).await;
    let online = server.feed("/api/analytics/online").await;
    assert_eq!((&online["onlineSessions"], &online["idleSessions"]), (&json!(2), &json!(1)));
    server.pass(3_600);
    assert_eq!(server.feed("/api/analytics/online").await["activeSessions"], 0, "before any job has run");
}
