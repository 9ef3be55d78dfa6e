//! Rooms as people use them: made, joined by a link, left, closed, and dead after an hour in which nobody was seen.

use crate::support::{Server, answer, kind};
use serde_json::{Value, json};
use std::time::Duration;

pub(crate) const ROOM: &str = "019ca945-0a00-7000-8000-00000000000a";

impl Server {
    pub(crate) async fn room(&self, action: &str, body: Value) -> (u16, Value) {
        let path = if action.is_empty() { "/api/rooms".into() } else { format!("/api/rooms/{ROOM}/{action}") };
        self.send(&path, body).await
    }

    /// Ada makes the room.
    pub(crate) async fn with_room(self) -> Self {
        assert_eq!(self.room("", json!({ "userId": "ada", "roomId": ROOM })).await.0, 201);
        self
    }

    async fn joins(&self, user: &str) -> (u16, Value) {
        self.room("join", json!({ "userId": user, "accessMethod": "invite" })).await
    }
}

#[tokio::test]
async fn a_room_is_made_once_by_one_owner() {
    let server = Server::start().await;
    let make = |user: &str| server.room("", json!({ "userId": user, "roomId": ROOM, "maxParticipants": 2 }));
    let (status, room) = make("ada").await;
    assert_eq!((status, &room["ownerId"], &room["participantCount"]), (201, &json!("ada"), &json!(0)));
    assert_eq!(room["expiresAt"], "2026-03-01T13:00:00.000Z");
    assert_eq!(make("ada").await.0, 200);
    let (status, problem) = make("eve").await;
    assert_eq!((status, kind(&problem)), (409, "conflict"));
    let (status, room) = server.room("", json!({ "userId": "bob" })).await;
    assert_eq!((status, &room["maxParticipants"]), (201, &json!(100)));
    assert_eq!(server.count("SELECT count(*) FROM collab_sessions").await, 2);
}

#[tokio::test]
async fn an_invitation_holds_for_an_hour_after_anybody_was_seen_and_says_so_when_it_is_dead() {
    let server = Server::start().await.with_room().await;
    server.pass(3_599);
    let (status, room) = server.joins("bob").await;
    assert_eq!((status, &room["participantCount"]), (200, &json!(1)), "a new room waits as long as a used one");
    server.pass(3_600);
    let (status, problem) = server.joins("cyd").await;
    assert_eq!((status, kind(&problem)), (410, "invite-expired"));
    assert_eq!(
        problem["detail"],
        "This invitation link has expired. Sessions become inactive after 1 hour of no activity."
    );
    let (status, room) = server.room("join", json!({ "userId": "bob", "accessMethod": "direct" })).await;
    assert_eq!((status, &room["expiresAt"]), (200, &json!("2026-03-01T14:59:59.000Z")), "who was in it comes back");
    assert_eq!(server.joins("cyd").await.0, 200, "and with that the link lives again");
}

#[tokio::test]
async fn the_sentence_follows_the_setting() {
    let server = Server::with(|settings| settings.timing.rooms.timeout = Duration::from_secs(1_800)).await;
    let server = server.with_room().await;
    server.pass(1_800);
    let detail = server.joins("bob").await.1["detail"].clone();
    assert_eq!(detail, "This invitation link has expired. Sessions become inactive after 30 minutes of no activity.");
}

#[tokio::test]
async fn what_is_no_room_closed_or_not_open_to_the_caller_is_not_found() {
    let server = Server::start().await.with_room().await;
    let elsewhere = "/api/rooms/019ca945-0a00-7000-8000-00000000000b/join";
    for (status, problem) in [
        server.send(elsewhere, json!({ "userId": "bob" })).await,
        server.send("/api/rooms/lobby/join", json!({ "userId": "bob" })).await,
        server.room("join", json!({ "userId": "bob", "accessMethod": "direct" })).await,
        server.room("leave", json!({ "userId": "bob" })).await,
        server.room("presence", json!({ "userId": "bob" })).await,
    ] {
        assert_eq!((status, kind(&problem)), (404, "session-not-found"));
        assert_eq!(problem["detail"], "Session not found or inactive");
    }
}

#[tokio::test]
async fn only_its_owner_closes_a_room_and_then_nobody_comes_in() {
    let server = Server::start().await.with_room().await;
    server.joins("bob").await;
    let (status, problem) = server.room("leave", json!({ "userId": "bob", "close": true })).await;
    assert_eq!((status, kind(&problem)), (403, "forbidden"));
    for _ in 0..2 {
        let (status, room) = server.room("leave", json!({ "userId": "ada", "close": true })).await;
        assert_eq!((status, &room["isActive"], &room["participantCount"]), (200, &json!(false), &json!(0)));
    }
    assert_eq!(server.joins("bob").await.0, 404);
    assert_eq!(server.room("join", json!({ "userId": "ada", "accessMethod": "direct" })).await.0, 404);
    assert_eq!(server.room("presence", json!({ "userId": "bob" })).await.0, 404);
}

#[tokio::test]
async fn a_full_room_takes_nobody_new_however_many_devices_are_in_it() {
    let server = Server::start().await;
    server.room("", json!({ "userId": "ada", "roomId": ROOM, "maxParticipants": 1 })).await;
    let on = |user: &str, device: u32| json!({ "userId": user, "deviceId": format!("019ca945-0a00-7000-8000-0000000000d{device}") });
    assert_eq!(server.room("join", on("bob", 1)).await.0, 200);
    assert_eq!(server.room("join", on("bob", 2)).await.1["participantCount"], 1);
    let (status, problem) = server.room("join", on("cyd", 3)).await;
    assert_eq!((status, kind(&problem)), (409, "room-full"));
    server.room("leave", on("bob", 1)).await;
    assert_eq!(server.room("join", on("cyd", 3)).await.0, 409, "he is still there on the other device");
    server.room("leave", on("bob", 2)).await;
    assert_eq!(server.room("join", on("cyd", 3)).await.0, 200);
}

#[tokio::test]
async fn of_many_who_want_the_last_seat_one_gets_it() {
    let server = Server::start().await;
    server.room("", json!({ "userId": "ada", "roomId": ROOM, "maxParticipants": 3 })).await;
    let joining = (0..8).map(|number| {
        let request = server.client.post(format!("{}/api/rooms/{ROOM}/join", server.base));
        let body = json!({ "userId": format!("user{number}") }).to_string();
        tokio::spawn(request.header("content-type", "text/plain").body(body).send())
    });
    let mut taken = 0;
    for join in joining.collect::<Vec<_>>() {
        taken += usize::from(join.await.unwrap().unwrap().status() == 200);
    }
    assert_eq!(taken, 3);
}

#[tokio::test]
async fn participants_are_told_to_each_other_and_to_nobody_else() {
    let server = Server::start().await.with_room().await;
    server.joins("bob").await;
    server.pass(10);
    server.joins("cyd").await;
    server.room("leave", json!({ "userId": "bob" })).await;
    server.pass(89);
    let list = |user: &str| server.get(&format!("/api/rooms/{ROOM}/participants?userId={user}"));
    let (status, found) = answer(list("ada").send().await.unwrap()).await;
    assert_eq!(status, 200);
    assert_eq!(
        found["participants"],
        json!([
            { "userId": "bob", "deviceId": null, "isActive": false, "isPresent": false, "accessMethod": "invite",
              "joinedAt": "2026-03-01T12:00:00.000Z", "lastSeenAt": "2026-03-01T12:00:10.000Z" },
            { "userId": "cyd", "deviceId": null, "isActive": true, "isPresent": true, "accessMethod": "invite",
              "joinedAt": "2026-03-01T12:00:10.000Z", "lastSeenAt": "2026-03-01T12:00:10.000Z" },
        ])
    );
    server.pass(1);
    let (status, found) = answer(list("bob").send().await.unwrap()).await;
    assert_eq!((status, &found["participants"][1]["isPresent"]), (200, &json!(false)), "three beats have passed");
    let (status, problem) = answer(list("eve").send().await.unwrap()).await;
    assert_eq!((status, kind(&problem)), (404, "session-not-found"));
}

#[tokio::test]
async fn the_expiry_check_goes_by_the_servers_clock() {
    let server = Server::start().await.with_room().await;
    let path = format!("/api/rooms/{ROOM}/expiry?userId=eve");
    server.pass(3_599);
    let alive = server.read(&path).await;
    assert_eq!(
        alive,
        json!({ "roomId": ROOM, "expired": false, "expiresAt": "2026-03-01T13:00:00.000Z", "timeoutSeconds": 3600,
                "serverTime": "2026-03-01T12:59:59.000Z" })
    );
    server.pass(1);
    assert_eq!(server.read(&path).await["expired"], true);
    server.room("leave", json!({ "userId": "ada", "close": true })).await;
    assert_eq!(answer(server.get(&path).send().await.unwrap()).await.0, 404);
}

#[tokio::test]
async fn a_write_token_speaks_for_its_user_in_rooms_too() {
    let server = Server::start().await.with_room().await;
    let visit = server.visit().await;
    let (status, room) = server.room("join", visit.says(json!({ "userId": "eve" }))).await;
    assert_eq!((status, &room["participantCount"]), (200, &json!(1)));
    assert_eq!(server.sql("SELECT user_id FROM session_participants").await, ["ada"]);
    let (status, problem) = server.room("join", json!({ "token": visit.token })).await;
    assert_eq!((status, &problem["errors"][0]["pointer"]), (422, &json!("/sessionId")));
    let (status, problem) = server.room("join", json!({})).await;
    assert_eq!((status, kind(&problem)), (401, "token-missing"));
}

#[tokio::test]
async fn bodies_that_are_at_fault_are_named_and_change_nothing() {
    let server = Server::start().await;
    let faults = [
        ("", json!({ "userId": "ada", "roomId": "lobby" }), "/roomId"),
        ("", json!({ "userId": "ada", "maxParticipants": 0 }), "/maxParticipants"),
        ("", json!({ "userId": "ada", "maxParticipants": 1_001 }), "/maxParticipants"),
        ("join", json!({ "userId": "ada", "accessMethod": "magic" }), "/accessMethod"),
        ("join", json!({ "userId": "ada", "deviceId": 7 }), "/deviceId"),
        ("leave", json!({ "userId": "ada", "close": "yes" }), "/close"),
        ("presence", json!({ "userId": "x".repeat(129) }), "/userId"),
    ];
    for (action, body, pointer) in faults {
        let (status, problem) = server.room(action, body).await;
        assert_eq!((status, &problem["errors"][0]["pointer"]), (422, &json!(pointer)), "{action}: {problem}");
    }
    for most in [1, 1_000] {
        assert_eq!(server.room("", json!({ "userId": "ada", "maxParticipants": most })).await.0, 201);
    }
    assert_eq!(server.count("SELECT count(*) FROM collab_sessions").await, 2);
}
