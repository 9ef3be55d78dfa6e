//! Sessions and events under the names that other documents use.

use crate::support::{Server, click, id_at};
use serde_json::{Value, json};

/// The metadata of the only session.
async fn metadata(server: &Server) -> Value {
    serde_json::from_str(&server.sql("SELECT metadata FROM user_sessions_v1").await.concat()).unwrap()
}

/// Its sections, in order.
async fn history(server: &Server) -> Vec<String> {
    let metadata = metadata(server).await;
    let entries = metadata["section_history"].as_array().unwrap().iter();
    let entries = entries.inspect(|entry| assert!(entry["timestamp"].is_string(), "{entry}"));
    entries.map(|entry| entry["section"].as_str().unwrap().into()).collect()
}

#[tokio::test]
async fn the_history_of_sections_has_the_last_50_in_order_beside_what_the_client_keeps_there() {
    let server = Server::start().await;
    let visit = server.visit().await;
    assert_eq!(history(&server).await, ["home"]);
    for number in 1..=60_u64 {
        server.pass(1);
        let id = id_at(server.now(), number.into());
        let change = json!({ "eventId": id, "section": format!("page {number}"), "metadata": { "plan": "M" } });
        server.ok("update", visit.says(change)).await;
        let from = number.saturating_sub(49);
        let expected = (from..=number).map(|number| if number == 0 { "home".into() } else { format!("page {number}") });
        if [49, 50, 60].contains(&number) {
            assert_eq!(history(&server).await, expected.collect::<Vec<String>>());
        }
    }
    assert_eq!(metadata(&server).await["plan"], "M");
    assert_eq!(server.sql("SELECT metadata FROM user_sessions").await.concat().replace(' ', ""), r#"{"plan":"M"}"#);
}

#[tokio::test]
async fn what_is_no_section_is_in_no_history() {
    let server = Server::start().await;
    let visit = server.visit().await;
    server.ok("log-event", visit.says(click(1))).await;
    server.ok("end", visit.says(json!({ "reason": "logout" }))).await;
    assert_eq!(history(&server).await, ["home"]);
}

#[tokio::test]
async fn events_are_interactions_and_live_sessions_have_a_summary() {
    let server = Server::start().await;
    let visit = server.visit().await;
    server.ok("log-event", visit.says(click(1))).await;
    let kinds = "SELECT interaction_type FROM user_interactions ORDER BY created_at, interaction_type";
    assert_eq!(server.sql(kinds).await, ["click", "session_start"]);
    let live = "SELECT count(*) FROM active_sessions_summary WHERE platform = 'web' AND active_count = 1";
    assert_eq!(server.count(live).await, 1);
    server.ok("end", visit.says(json!({ "reason": "logout" }))).await;
    assert_eq!(server.count(live).await, 0);
}
