//! Events that come after their session's end: from a closed page's storage, days later.

use crate::support::{Server, click, id_at, kind};
use serde_json::json;

const WEEK: u64 = 7 * 86_400;

#[tokio::test]
async fn events_are_stored_for_a_week_after_the_end_and_change_nothing_else() {
    let server = Server::start().await;
    let visit = server.visit().await;
    server.ok("end", visit.says(json!({ "reason": "logout" }))).await;
    let ended =
        server.sql("SELECT status || ended_at || total_duration_seconds || last_heartbeat_at FROM user_sessions").await;
    server.pass(WEEK);
    let reply = server
        .ok("batch", visit.says(json!({ "events": [click(1)], "heartbeat": { "activity": "active" }, "epoch": 9 })))
        .await;
    assert_eq!((&reply["accepted"], &reply["status"]), (&json!([0]), &json!("ended")));
    assert_eq!(
        server.sql("SELECT status || ended_at || total_duration_seconds || last_heartbeat_at FROM user_sessions").await,
        ended
    );

    server.pass(1);
    let reply = server.ok("batch", visit.says(json!({ "events": [click(2)] }))).await;
    assert_eq!((kind(&reply["rejected"][0]), &reply["accepted"]), ("session-ended", &json!([])));
    assert_eq!(server.post("log-event", visit.says(click(3))).await.0, 410);
    assert_eq!(server.count("SELECT count(*) FROM session_events WHERE event_type = 'click'").await, 1);
}

#[tokio::test]
async fn a_section_change_by_update_is_stored_after_the_end_and_a_statement_is_refused() {
    let server = Server::start().await;
    let visit = server.visit().await;
    server.ok("end", visit.says(json!({ "reason": "logout" }))).await;
    server.pass(WEEK);
    let change = visit.says(json!({
        "eventId": id_at(server.now(), 7), "section": "docs", "seq": 1, "occurredAt": "2026-03-01T12:00:00.001Z",
        "eventData": { "dwellSeconds": 7.5 }
    }));
    let reply = server.ok("update", change.clone()).await;
    assert_eq!(
        (&reply["status"], &reply["endReason"], &reply["section"]),
        (&json!("ended"), &json!("logout"), &json!("docs"))
    );
    assert_eq!(server.ok("update", change).await["status"], "ended", "a repetition is answered alike");
    let (status, problem) = server.post("update", visit.says(json!({ "section": "docs" }))).await;
    assert_eq!((status, kind(&problem)), (410, "session-ended"));

    server.pass(1);
    let late = visit.says(json!({ "eventId": id_at(server.now(), 8), "section": "home", "seq": 2 }));
    let (status, problem) = server.post("update", late).await;
    assert_eq!((status, kind(&problem)), (410, "session-ended"));
    let stored = "SELECT event_data FROM session_events WHERE event_type = 'section_change'";
    assert_eq!(server.sql(stored).await, [r#"{"dwellSeconds":7.5}"#]);
}
