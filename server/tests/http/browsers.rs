//! What browsers need to be told: which pages may use the API, and that without a preflight on the beacon lane.

use crate::support::Server;
use reqwest::Method;
use serde_json::json;

const PAGE: &str = "https://app.example";

async fn server() -> Server {
    Server::with(|settings| settings.allow_origin = vec![PAGE.into()]).await
}

#[tokio::test]
async fn an_allowed_page_can_write_and_read_the_answer() {
    let server = server().await;
    let response = server.beacon("start", &json!({ "userId": "ada" })).header("origin", PAGE).send().await.unwrap();
    assert_eq!(response.status(), 201);
    assert_eq!(response.headers()["access-control-allow-origin"], PAGE);
    assert!(response.headers()["vary"].to_str().unwrap().to_lowercase().contains("origin"));
    let exposed = response.headers()["access-control-expose-headers"].to_str().unwrap();
    assert!(exposed.contains("retry-after") && exposed.contains("x-request-id"), "{exposed}");
}

#[tokio::test]
async fn a_problem_can_be_read_across_origins_too() {
    let server = server().await;
    let response = server.raw("start", "{").header("origin", PAGE).send().await.unwrap();
    assert_eq!(
        (response.status().as_u16(), &response.headers()["access-control-allow-origin"]),
        (400, &PAGE.parse().unwrap())
    );
}

#[tokio::test]
async fn the_json_lane_passes_its_preflight() {
    let server = server().await;
    let response = server
        .client
        .request(Method::OPTIONS, format!("{}/api/sessions/start", server.base))
        .header("origin", PAGE)
        .header("access-control-request-method", "POST")
        .header("access-control-request-headers", "authorization,content-type")
        .send()
        .await
        .unwrap();
    assert!(response.status().is_success());
    let allowed = response.headers()["access-control-allow-headers"].to_str().unwrap();
    assert!(allowed.contains("authorization") && allowed.contains("content-type"), "{allowed}");
    assert_eq!(response.headers()["access-control-max-age"], "7200");
}

#[tokio::test]
async fn a_foreign_pages_beacon_is_refused_before_anything_is_stored() {
    let server = server().await;
    for origin in ["https://evil.example", "null", "https://app.example.evil.example", "http://app.example"] {
        let response =
            server.beacon("start", &json!({ "userId": "ada" })).header("origin", origin).send().await.unwrap();
        assert_eq!(response.status(), 403, "{origin}");
        assert_eq!(response.headers().get("access-control-allow-origin"), None);
    }
    assert_eq!(server.count("SELECT count(*) FROM user_sessions").await, 0);
}

#[tokio::test]
async fn own_pages_and_this_machines_need_no_setting_and_a_star_allows_all() {
    let server = Server::start().await;
    for origin in [server.base.as_str(), "http://localhost:5173"] {
        let response = server.beacon("start", &json!({})).header("origin", origin).send().await.unwrap();
        assert_eq!(
            (response.status().as_u16(), &response.headers()["access-control-allow-origin"]),
            (201, &origin.parse().unwrap())
        );
    }
    let server = Server::with(|settings| settings.allow_origin = vec!["*".into()]).await;
    assert_eq!(server.beacon("start", &json!({})).header("origin", "null").send().await.unwrap().status(), 201);
}

#[tokio::test]
async fn a_foreign_name_for_this_machine_is_refused_while_there_is_no_login() {
    let server = Server::with(|settings| settings.hand_out_service_token = true).await;
    for path in ["/api/sessions/stats?userId=ada", "/live/service-token"] {
        assert_eq!(server.get(path).header("host", "rebound.example").send().await.unwrap().status(), 403, "{path}");
    }
    let server = Server::with(|settings| settings.insecure = true).await;
    let path = "/api/sessions/stats?userId=ada";
    assert_eq!(server.get(path).header("host", "sessions.example").send().await.unwrap().status(), 200);
}
