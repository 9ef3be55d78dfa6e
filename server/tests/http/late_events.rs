//! Events that come after their session's end: from a closed page's storage, days later.

use crate::support::{Server, click, kind};
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
