//! Presence: one heartbeat speaks for all the rooms its person is in, and no message from the past takes anything back.

use crate::rooms::ROOM;
use crate::support::{Server, Visit, click, id_at, kind};
use serde_json::{Value, json};
use session_server::limits::BEAT_ROOMS;
use session_server::store::rooms::{Member, Presence};
use uuid::Uuid;

const SEEN: &str = "SELECT last_seen_at FROM session_participants";

async fn in_room(server: &Server) -> Visit {
    let visit = server.visit().await;
    assert_eq!(server.room("join", visit.says(json!({}))).await.0, 200);
    visit
}

fn beat(visit: &Visit, rooms: Value) -> Value {
    visit.says(json!({ "heartbeat": { "activity": "active" }, "rooms": rooms }))
}

#[tokio::test]
async fn one_heartbeat_speaks_for_all_rooms_and_is_told_when_each_expires() {
    let server = Server::start().await.with_room().await;
    let visit = in_room(&server).await;
    server.pass(1_200);
    let other = "019ca945-0a00-7000-8000-00000000000b";
    let reply = server.ok("heartbeat", beat(&visit, json!([other, ROOM, ROOM]))).await;
    assert_eq!(reply["expiresAt"], "2026-03-01T13:20:00.000Z");
    assert_eq!(
        reply["rooms"],
        json!([
            { "roomId": ROOM, "expiresAt": "2026-03-01T13:20:00.000Z" },
            { "roomId": other, "type": "urn:session-tracker:problem:session-not-found", "detail": "Session not found or inactive" },
        ])
    );
    let (status, reply) = server.room("presence", visit.says(json!({}))).await;
    assert_eq!((status, &reply["expiresAt"]), (200, &json!("2026-03-01T13:20:00.000Z")));
}

#[tokio::test]
async fn a_device_beats_for_itself() {
    let server = Server::start().await.with_room().await;
    let device = "019ca945-0a00-7000-8000-0000000000dd";
    let start = json!({ "sessionId": id_at(server.now(), 1), "userId": "ada", "deviceId": device });
    let started = server.ok("start", start).await;
    let says = |members: Value| {
        let mut body = json!({ "sessionId": started["sessionId"], "token": started["token"] });
        body.as_object_mut().unwrap().extend(members.as_object().unwrap().clone());
        body
    };
    server.room("join", says(json!({ "deviceId": device }))).await;
    server.room("join", json!({ "userId": "ada" })).await;
    server.pass(30);
    server.ok("heartbeat", says(json!({ "rooms": [ROOM] }))).await;
    let seen = "SELECT last_seen_at FROM session_participants ORDER BY device_id";
    assert_eq!(server.sql(seen).await, ["2026-03-01T12:00:00.000Z", "2026-03-01T12:00:30.000Z"]);
}

#[tokio::test]
async fn presence_only_ever_moves_forward() {
    let server = Server::start().await.with_room().await;
    in_room(&server).await;
    let member = Member { room_id: ROOM.parse().unwrap(), user_id: "ada".into(), device_id: Uuid::nil() };
    let noon = server.now();
    let later = noon.plus(std::time::Duration::from_secs(20));
    let at = |at| Presence { member: member.clone(), at };
    let answers = server.app.store.update_presence(&[at(later), at(noon)]).await.unwrap();
    assert_eq!(answers[0], answers[1], "the earlier one is told what the later one has made true");
    assert_eq!(server.sql(SEEN).await, [later.to_string()]);
    server.room("join", json!({ "userId": "ada" })).await;
    assert_eq!(server.sql(SEEN).await, [later.to_string()], "a join with an earlier clock takes nothing back either");
}

#[tokio::test]
async fn whoever_left_or_came_too_late_is_not_there() {
    let server = Server::start().await.with_room().await;
    let visit = in_room(&server).await;
    server.room("leave", visit.says(json!({}))).await;
    let reply = server.ok("heartbeat", beat(&visit, json!([ROOM]))).await;
    assert_eq!(kind(&reply["rooms"][0]), "session-not-found");
    server.room("join", visit.says(json!({}))).await;
    server.pass(3_599);
    server.ok("heartbeat", visit.says(json!({}))).await;
    server.pass(1);
    let reply = server.ok("heartbeat", beat(&visit, json!([ROOM]))).await;
    assert_eq!(
        (&reply["status"], kind(&reply["rooms"][0])),
        (&json!("active"), "invite-expired"),
        "the session goes on, the room does not"
    );
    assert_eq!(server.sql(SEEN).await, ["2026-03-01T12:00:00.000Z"]);
}

#[tokio::test]
async fn a_session_that_is_over_is_in_no_room() {
    let server = Server::start().await.with_room().await;
    let visit = in_room(&server).await;
    server.ok("end", visit.says(json!({ "reason": "logout" }))).await;
    server.pass(60);
    assert_eq!(server.post("heartbeat", beat(&visit, json!([ROOM]))).await.0, 410);
    let mut batch = beat(&visit, json!([ROOM]));
    batch["events"] = json!([click(1)]);
    let reply = server.ok("batch", batch).await;
    assert_eq!((&reply["accepted"], &reply["rooms"]), (&json!([0]), &json!(null)));
    assert_eq!(server.sql(SEEN).await, ["2026-03-01T12:00:00.000Z"]);
}

#[tokio::test]
async fn a_heartbeat_speaks_for_32_rooms_and_not_for_one_more() {
    let server = Server::start().await;
    let visit = server.visit().await;
    let rooms = |count: usize| (0..count).map(|n| json!(id_at(server.now(), n as u128))).collect::<Value>();
    let reply = server.ok("heartbeat", beat(&visit, rooms(BEAT_ROOMS))).await;
    assert_eq!(reply["rooms"].as_array().unwrap().len(), BEAT_ROOMS);
    for wrong in [rooms(BEAT_ROOMS + 1), rooms(1_000), json!(["lobby"]), json!("lobby"), json!([7])] {
        for route in ["heartbeat", "batch"] {
            let (status, problem) = server.post(route, beat(&visit, wrong.clone())).await;
            assert_eq!((status, &problem["errors"][0]["pointer"]), (422, &json!("/rooms")));
        }
    }
}
