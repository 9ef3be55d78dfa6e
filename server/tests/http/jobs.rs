//! The jobs: silent sessions end, rooms that are over and history that is past its time go, one run at a time, and each run is noted.

use crate::support::{SERVICE_TOKEN, Server, answer, click, kind};
use serde_json::{Value, json};
use session_server::jobs::{self, Job};
use std::time::Duration;

/// Runs a job. How many rows it changed.
pub(crate) async fn run(server: &Server, job: Job) -> u64 {
    jobs::run(&server.app, job).await.unwrap().expect("nobody else is at it").rows
}

async fn end_inactive(server: &Server) -> u64 {
    run(server, Job::EndInactive).await
}

#[tokio::test]
async fn silent_sessions_are_ended_once_and_the_run_is_noted() {
    let server = Server::start().await;
    let silent = server.visit().await;
    server.ok("heartbeat", silent.says(json!({ "heartbeat": { "activity": "idle" } }))).await;
    server.pass(1_800);
    server.ok("start", json!({ "userId": "bob" })).await;
    server.pass(1_799);
    assert_eq!(end_inactive(&server).await, 0);
    server.pass(1);
    assert_eq!(end_inactive(&server).await, 1);
    server.pass(1);
    assert_eq!(end_inactive(&server).await, 0);

    let rows = "SELECT user_id || ' ' || status || ' ' || coalesce(ended_at, '') FROM user_sessions ORDER BY user_id";
    assert_eq!(server.sql(rows).await, ["ada timeout 2026-03-01T12:00:00.000Z", "bob active "]);
    assert_eq!(server.count("SELECT count(*) FROM session_events WHERE event_type = 'session_end'").await, 1);
    assert_eq!(
        server.sql("SELECT job || ' ' || rows FROM job_runs ORDER BY rows DESC").await,
        ["end_inactive_sessions 1", "end_inactive_sessions 0"],
        "of runs that did nothing only the last is kept"
    );
}

#[tokio::test]
async fn a_day_old_session_is_ended_though_it_still_beats() {
    let server = Server::start().await;
    let visit = server.visit().await;
    for _ in 0..47 {
        server.pass(1_800);
        server.ok("heartbeat", visit.says(json!({}))).await;
    }
    server.pass(1_799);
    assert_eq!(end_inactive(&server).await, 0);
    server.pass(1);
    assert_eq!(end_inactive(&server).await, 1);
    assert_eq!(server.sql("SELECT end_reason FROM user_sessions").await, ["timeout"]);
}

#[tokio::test]
async fn rooms_that_are_over_and_rooms_long_closed_are_deleted_and_new_ones_are_not() {
    let server = Server::start().await;
    let make = |id: u32| json!({ "userId": "ada", "roomId": room_id(id) });
    for id in [1, 2, 3] {
        server.send("/api/rooms", make(id)).await;
    }
    let at = |id: u32, action: &str| format!("/api/rooms/{}/{action}", room_id(id));
    server.send(&at(1, "join"), json!({ "userId": "bob" })).await;
    server.send(&at(3, "leave"), json!({ "userId": "ada", "close": true })).await;
    server.pass(3_599);
    assert_eq!(run(&server, Job::CleanupRooms).await, 0);
    server.send(&at(1, "presence"), json!({ "userId": "bob" })).await;
    server.send("/api/rooms", make(4)).await;
    server.pass(1);
    assert_eq!(run(&server, Job::CleanupRooms).await, 2, "the one nobody joined, and the closed one");
    assert_eq!(server.count("SELECT count(*) FROM collab_sessions").await, 2);
    server.pass(3_599);
    assert_eq!(run(&server, Job::CleanupRooms).await, 2);
    assert_eq!(server.count("SELECT count(*) FROM session_participants").await, 0);
}

#[tokio::test]
async fn an_operator_may_ask_for_a_minimum_of_participants_and_a_greatest_age() {
    let server = Server::with(|settings| {
        settings.timing.rooms.min_participants = Some(2);
        settings.timing.rooms.max_age = Some(Duration::from_secs(86_400));
    })
    .await;
    server.send("/api/rooms", json!({ "userId": "ada", "roomId": room_id(1) })).await;
    let at = |action: &str| format!("/api/rooms/{}/{action}", room_id(1));
    for user in ["ada", "bob"] {
        server.send(&at("join"), json!({ "userId": user })).await;
    }
    for _ in 0..23 {
        server.pass(3_599);
        for user in ["ada", "bob"] {
            server.send(&at("presence"), json!({ "userId": user })).await;
        }
        assert_eq!(run(&server, Job::CleanupRooms).await, 0);
    }
    server.send("/api/rooms", json!({ "userId": "ada", "roomId": room_id(2) })).await;
    server.send(&format!("/api/rooms/{}/join", room_id(2)), json!({ "userId": "ada" })).await;
    server.pass(3_599);
    server.send(&at("presence"), json!({ "userId": "ada" })).await;
    server.send(&format!("/api/rooms/{}/presence", room_id(2)), json!({ "userId": "ada" })).await;
    assert_eq!(run(&server, Job::CleanupRooms).await, 0);
    server.pass(24);
    assert_eq!(run(&server, Job::CleanupRooms).await, 2, "one is a day old, in the other there is one for an hour");
}

#[tokio::test]
async fn history_is_kept_for_ninety_days_after_its_end_and_a_month_later_it_is_gone_with_all_that_is_in_it() {
    let server = Server::start().await;
    let visit = server.visit().await;
    server.ok("batch", visit.says(json!({ "lastSeq": 2, "events": [click(1), click(2)] }))).await;
    server.ok("end", visit.says(json!({ "reason": "logout" }))).await;
    server.send("/api/ai/interactions", json!({ "userId": "ada", "prompt": "Hello" })).await;
    server.pass(90 * 86_400);
    assert_eq!(run(&server, Job::CleanupHistory).await, 0);
    // A store that keeps history by the month deletes it by the month.
    server.pass(31 * 86_400 + 1);
    let later = server.ok("start", json!({ "userId": "ada" })).await;
    let seen = server.feed("/api/admin/sessions").await["next"].clone();
    assert!(run(&server, Job::CleanupHistory).await >= 2, "a session, and a conversation with its interaction");
    for (table, rows) in [("user_sessions", 1), ("session_events", 1), ("session_tabs", 0), ("ai_sessions", 0)] {
        assert_eq!(server.rows_of(table).await, rows, "{table}");
    }
    server.pass(30);
    server.ok("heartbeat", json!({ "sessionId": later["sessionId"], "token": later["token"] })).await;
    let fed = server.feed(&format!("/api/admin/sessions?since={}", seen.as_str().unwrap())).await;
    assert_eq!(fed["sessions"].as_array().unwrap().len(), 1, "who reads the feed misses nothing by a deletion");
}

#[tokio::test]
async fn of_two_runs_of_a_job_at_once_one_works_and_a_run_that_died_stops_the_next_for_five_minutes_at_most() {
    let server = Server::start().await;
    let (store, job) = (&server.app.store, Job::EndInactive.name());
    let dead = uuid::Uuid::from_u128(1);
    let until = server.now().plus(session_server::limits::JOB_LEASE);
    assert!(store.claim_job(job, dead, server.now(), until).await.unwrap());
    assert_eq!(jobs::run(&server.app, Job::EndInactive).await.unwrap(), None);
    let stats = server.feed("/api/admin/cleanup/stats").await;
    assert_eq!(stats["jobs"][0]["isRunning"], true);
    let (_, ran) = service(&server, "/api/admin/cleanup/run", json!({})).await;
    assert_eq!((&ran["busy"], ran["runs"].as_array().unwrap().len()), (&json!([job]), 2));
    server.pass(300);
    assert!(jobs::run(&server.app, Job::EndInactive).await.unwrap().is_some());
    assert!(store.held_jobs(server.now()).await.unwrap().is_empty(), "a run that is done lets go");
}

#[tokio::test]
async fn each_job_runs_when_it_is_due_and_a_restart_runs_none_too_early() {
    let server = Server::start().await;
    let ran = async || {
        jobs::tick(&server.app).await;
        let runs = server.feed("/api/admin/cleanup/stats").await["runs"].clone();
        let now = server.now().to_string();
        let ran = runs.as_array().unwrap().iter().filter(|run| run["startedAt"] == now.as_str());
        ran.map(|run| run["job"].as_str().unwrap().to_owned()).collect::<Vec<_>>()
    };
    let all = ["cleanup_inactive_sessions", "cleanup_old_sessions", "end_inactive_sessions"];
    assert_eq!(ran().await, all);
    server.pass(59);
    assert_eq!(ran().await, [""; 0]);
    server.pass(1);
    assert_eq!(ran().await, ["end_inactive_sessions"]);
    server.pass(840);
    assert_eq!(ran().await, ["cleanup_inactive_sessions", "end_inactive_sessions"]);
    let stats = server.feed("/api/admin/cleanup/stats").await;
    assert_eq!(
        (&stats["isRunning"], &stats["jobs"][1]["nextRunAt"], &stats["jobs"][2]["nextRunAt"]),
        (&json!(true), &json!("2026-03-01T12:30:00.000Z"), &json!("2026-03-02T12:00:00.000Z"))
    );
}

#[tokio::test]
async fn runs_are_asked_for_and_told_to_the_service_token_alone() {
    let server = Server::start().await;
    server.visit().await;
    server.pass(3_600);
    let (status, problem) = server.send("/api/admin/cleanup/run", json!({})).await;
    assert_eq!((status, kind(&problem)), (401, "token-missing"));
    let (status, problem) = answer(server.get("/api/admin/cleanup/stats").send().await.unwrap()).await;
    assert_eq!((status, kind(&problem)), (401, "token-missing"));
    assert_eq!(server.count("SELECT count(*) FROM job_runs").await, 0);

    let (status, problem) = service(&server, "/api/admin/cleanup/run", json!({ "job": "format_disk" })).await;
    assert_eq!((status, &problem["errors"][0]["pointer"]), (422, &json!("/job")));
    let (status, ran) = service(&server, "/api/admin/cleanup/run", json!({ "job": "end_inactive_sessions" })).await;
    assert_eq!(status, 200);
    assert_eq!(
        ran["runs"],
        json!([{ "job": "end_inactive_sessions", "startedAt": "2026-03-01T13:00:00.000Z",
                 "finishedAt": "2026-03-01T13:00:00.000Z", "count": 1, "error": null }])
    );
    let stats = server.feed("/api/admin/cleanup/stats").await;
    assert_eq!((&stats["runs"], &stats["isRunning"]), (&ran["runs"], &json!(false)));
    assert_eq!((&stats["jobs"][0]["count"], &stats["jobs"][0]["failures"]), (&json!(1), &json!(0)));
}

fn room_id(number: u32) -> String {
    format!("019ca945-0a00-7000-8000-00000000b{number:03}")
}

/// A POST with the service token.
async fn service(server: &Server, path: &str, body: Value) -> (u16, Value) {
    let request = server.client.post(format!("{}{path}", server.base)).bearer_auth(SERVICE_TOKEN);
    answer(request.header("content-type", "application/json").body(body.to_string()).send().await.unwrap()).await
}

impl Server {
    async fn rows_of(&self, table: &str) -> i64 {
        match table {
            "user_sessions" => self.count("SELECT count(*) FROM user_sessions").await,
            "session_events" => self.count("SELECT count(*) FROM session_events").await,
            "session_tabs" => self.count("SELECT count(*) FROM session_tabs").await,
            _ => self.count("SELECT count(*) FROM ai_sessions").await,
        }
    }
}
