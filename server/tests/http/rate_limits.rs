//! Who asks too often is told when to come back, before anything is stored; who asks as a tracker does never hears of it.

use crate::logins;
use crate::support::{Server, answer, kind};
use axum::http::HeaderName;
use reqwest::{RequestBuilder, Response};
use serde_json::{Value, json};
use session_server::auth::AuthMode;
use session_server::client_address::ForwardedHeader;

async fn assert_limited(response: Response) {
    let wait: u64 = response.headers()["retry-after"].to_str().unwrap().parse().unwrap();
    assert!((1..=61).contains(&wait), "{wait}");
    let (status, problem) = answer(response).await;
    assert_eq!((status, kind(&problem)), (429, "rate-limited"));
}

#[tokio::test]
async fn a_subject_has_a_bucket_of_its_own_for_writes_and_reads_together() {
    let server = Server::with(|settings| settings.subject_requests_per_minute = 3).await;
    let start = |user: &str| server.beacon("start", &json!({ "userId": user }));
    for _ in 0..2 {
        assert_eq!(start("ada").send().await.unwrap().status(), 201);
    }
    let stats = || server.get("/api/sessions/stats?userId=ada");
    assert_eq!(stats().send().await.unwrap().status(), 200);
    assert_limited(start("ada").send().await.unwrap()).await;
    assert_limited(stats().send().await.unwrap()).await;
    assert_eq!(start("eve").send().await.unwrap().status(), 201);
    assert_eq!(server.count("SELECT count(*) FROM user_sessions WHERE user_id = 'ada'").await, 2);
}

#[tokio::test]
async fn only_whoever_is_let_in_is_counted() {
    let folder_server = logins::server(AuthMode::Required).await;
    let settings = folder_server.app.settings.clone();
    let server = Server::with(|own| {
        (own.auth, own.issuers, own.subject_requests_per_minute) = (settings.auth, settings.issuers, 1);
    })
    .await;
    let read = |bearer: String| server.get("/api/sessions/stats").bearer_auth(bearer);
    for _ in 0..5 {
        assert_eq!(read("forged".into()).send().await.unwrap().status(), 401);
        assert_eq!(read(logins::token("ada") + "x").send().await.unwrap().status(), 401);
    }
    assert_eq!(read(logins::token("ada")).send().await.unwrap().status(), 200, "nobody spends another's bucket");
    assert_limited(read(logins::token("ada")).send().await.unwrap()).await;
}

#[tokio::test]
async fn a_network_is_counted_by_the_address_that_the_trusted_proxy_saw() {
    let server = Server::with(|settings| {
        (settings.network_requests_per_minute, settings.trusted_proxy_hops) = (2, 1);
    })
    .await;
    let from = |request: RequestBuilder, address: &str| request.header("x-forwarded-for", address);
    let start = |address: &str| from(server.beacon("start", &json!({})), address);
    for address in ["203.0.113.1", "9.9.9.9, 203.0.113.2"] {
        assert_eq!(start(address).send().await.unwrap().status(), 201);
    }
    assert_limited(start("8.8.8.8, 203.0.113.3").send().await.unwrap()).await;
    assert_limited(from(server.get("/api/nothing"), "203.0.113.3").send().await.unwrap()).await;
    assert_eq!(start("203.0.114.1").send().await.unwrap().status(), 201);
    assert_eq!(server.count("SELECT count(*) FROM user_sessions").await, 3);
}

#[tokio::test]
async fn this_machine_and_what_it_claims_to_forward_are_not_counted() {
    let server = Server::with(|settings| settings.network_requests_per_minute = 1).await;
    for _ in 0..5 {
        let start = server.beacon("start", &json!({})).header("x-forwarded-for", "203.0.113.1");
        assert_eq!(start.send().await.unwrap().status(), 201);
    }
}

#[tokio::test]
async fn the_stored_country_is_what_the_proxys_header_says_over_what_the_page_says() {
    let server = Server::with(|settings| {
        (settings.trusted_proxy_hops, settings.country_header) = (1, Some(HeaderName::from_static("cf-ipcountry")));
    })
    .await;
    let page = json!({ "locationInfo": { "country": "FR", "timezone": "Europe/Paris" } });
    for (body, header, country) in [
        (json!({}), "de", "DE"),
        (page.clone(), "DE", "DE"),
        (page.clone(), "XX", "FR"),
        (page.clone(), "T1", "FR"),
        (page.clone(), "DEU", "FR"),
        (page, "", "FR"),
    ] {
        assert_eq!(server.beacon("start", &body).header("cf-ipcountry", header).send().await.unwrap().status(), 201);
        let stored = "SELECT location_info FROM user_sessions ORDER BY change_order DESC LIMIT 1";
        let stored: Value = serde_json::from_str(&server.sql(stored).await.concat()).unwrap();
        assert_eq!(stored["country"], country, "{header:?}");
        assert_eq!(stored["timezone"], body["locationInfo"]["timezone"]);
    }
}

#[tokio::test]
async fn no_country_is_stored_unless_the_operator_asks() {
    let server = Server::with(|settings| settings.trusted_proxy_hops = 1).await;
    let start = server.beacon("start", &json!({})).header("cf-ipcountry", "DE");
    assert_eq!(start.send().await.unwrap().status(), 201);
    assert_eq!(server.count("SELECT count(*) FROM user_sessions WHERE location_info IS NOT NULL").await, 0);
}

#[tokio::test]
async fn the_stored_network_is_the_clients_and_not_the_proxys() {
    let server = Server::with(|settings| {
        (settings.store_ip, settings.trusted_proxy_hops) = (true, 2);
        settings.forwarded_header = ForwardedHeader::Forwarded;
    })
    .await;
    let forwarded = "for=1.1.1.1, for=\"[2001:db8:1:2::3]:4711\";proto=https, for=198.51.100.2";
    let start = server.beacon("start", &json!({})).header("forwarded", forwarded).header("x-forwarded-for", "2.2.2.2");
    assert_eq!(start.send().await.unwrap().status(), 201);
    assert_eq!(server.sql("SELECT ip_address FROM user_sessions").await, ["2001:db8:1::/48"]);
}
