//! What was lost is named: sequence numbers that neither came nor were declared as dropped.

use crate::support::{Server, click};
use serde_json::json;

#[tokio::test]
async fn every_gap_is_named() {
    let server = Server::start().await;
    let visit = server.visit().await;
    server.ok("batch", visit.says(json!({ "lastSeq": 7, "events": [click(1), click(2), click(7)] }))).await;
    let dropped = json!([{ "reason": "queue_full", "count": 2, "seq": [[3, 4]] }]);
    server.ok("heartbeat", visit.says(json!({ "lastSeq": 9, "dropped": dropped }))).await;
    let tab = &visit.trail(&server).await["tabs"][0];
    assert_eq!(tab["missing"], json!({ "count": 4, "seq": [[5, 6], [8, 9]] }));
    assert_eq!((&tab["lastSeq"], &tab["received"], &tab["dropped"]), (&json!(9), &json!(3), &dropped));

    server.ok("batch", visit.says(json!({ "events": [click(5), click(6), click(8), click(9)] }))).await;
    assert_eq!(visit.trail(&server).await["tabs"][0]["missing"], json!({ "count": 0, "seq": [] }));
}

#[tokio::test]
async fn an_older_account_that_comes_later_takes_nothing_back() {
    let server = Server::start().await;
    let visit = server.visit().await;
    let account = |last_seq: u64, count: u64| {
        visit.says(
            json!({ "lastSeq": last_seq, "dropped": [{ "reason": "expired", "count": count, "seq": [[1, count]] }] }),
        )
    };
    server.ok("heartbeat", account(9, 5)).await;
    server.ok("heartbeat", account(4, 2)).await;
    let tab = &visit.trail(&server).await["tabs"][0];
    assert_eq!((&tab["lastSeq"], &tab["dropped"][0]["count"]), (&json!(9), &json!(5)));
}

#[tokio::test]
async fn each_tab_has_its_own_account() {
    let server = Server::start().await;
    let visit = server.visit().await;
    server.ok("batch", visit.says(json!({ "lastSeq": 1, "events": [click(1)] }))).await;
    let other = "019ca945-1d88-7000-8000-0000000000bb";
    server.ok("heartbeat", visit.says(json!({ "tabId": other, "lastSeq": 2 }))).await;
    let trail = visit.trail(&server).await;
    let missing: Vec<_> = trail["tabs"].as_array().unwrap().iter().map(|tab| tab["missing"]["count"].clone()).collect();
    assert_eq!(missing, [json!(0), json!(2)]);
}
