//! What the tracker sends: its bodies, byte for byte alike in shape, and the sessions that they speak of.

use crate::connection::Connection;
use serde_json::{Value, json};
use std::fmt::Write as _;
use std::net::SocketAddr;
use time::OffsetDateTime;
use uuid::Uuid;

/// What a request says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    /// That the page is still there.
    Beat,
    /// What happened in it.
    Batch,
    /// Not the tracker's: an application asks for a user's figures.
    Read,
}

/// A session that goes on.
#[derive(Clone, Debug)]
pub(crate) struct Session {
    pub(crate) user: String,
    id: Uuid,
    tab: Uuid,
    token: String,
    seq: u64,
    /// The events that the server has acknowledged.
    pub(crate) acknowledged: Vec<Uuid>,
}

/// A request that is due.
#[derive(Clone, Debug)]
pub(crate) struct Message {
    pub(crate) route: String,
    pub(crate) body: String,
    pub(crate) session: usize,
    pub(crate) events: Vec<Uuid>,
}

impl Session {
    #[cfg(test)]
    pub(crate) fn of_test(acknowledged: Vec<Uuid>) -> Self {
        let (id, tab) = (Uuid::now_v7(), Uuid::now_v7());
        Self { user: "ada".into(), id, tab, token: String::new(), seq: 0, acknowledged }
    }

    pub(crate) fn id(&self) -> Uuid {
        self.id
    }

    /// What it has to say.
    pub(crate) fn message(&mut self, kind: Kind, session: usize, events: u32) -> Message {
        let now = now();
        let mut body = format!(
            r#"{{"sessionId":"{}","token":"{}","tabId":"{}","epoch":1,"sentAt":"{now}""#,
            self.id, self.token, self.tab
        );
        let mut ids = Vec::new();
        if kind == Kind::Batch {
            let _ = write!(body, r#","lastSeq":{},"events":["#, self.seq + u64::from(events));
            for index in 0..events {
                self.seq += 1;
                let id = Uuid::now_v7();
                let comma = if index == 0 { "" } else { "," };
                let _ = write!(
                    body,
                    r#"{comma}{{"eventId":"{id}","seq":{},"eventType":"button_click","eventData":{{"name":"buy","plan":"Größe M"}},"section":"pricing","occurredAt":"{now}"}}"#,
                    self.seq
                );
                ids.push(id);
            }
            body.push(']');
        } else {
            body.push_str(r#","heartbeat":{"activity":"active","activityCount":3,"activeSeconds":30}"#);
        }
        body.push('}');
        let route = if kind == Kind::Batch { "batch" } else { "heartbeat" };
        Message { route: route.into(), body, session, events: ids }
    }
}

/// Starts so many sessions, each of a user of its own.
pub(crate) async fn open_sessions(
    address: SocketAddr,
    count: usize,
    connections: usize,
) -> Result<Vec<Session>, String> {
    let workers = connections.clamp(1, 64);
    let tasks: Vec<_> = (0..workers)
        .map(|worker| {
            tokio::spawn(async move {
                let mut connection = Connection::new(address);
                let mut sessions = Vec::new();
                for index in (worker..count).step_by(workers) {
                    sessions.push(open(&mut connection, index).await?);
                }
                Ok::<_, String>(sessions)
            })
        })
        .collect();
    let mut sessions = Vec::with_capacity(count);
    for task in tasks {
        sessions.extend(task.await.map_err(|error| error.to_string())??);
    }
    Ok(sessions)
}

async fn open(connection: &mut Connection, index: usize) -> Result<Session, String> {
    let (id, tab, user) = (Uuid::now_v7(), Uuid::now_v7(), format!("load-{index}"));
    let body = json!({
        "sessionId": id, "userId": user, "tabId": tab, "epoch": 1, "deviceId": tab, "replace": "device", "platform": "web",
        "deviceInfo": { "os": "Linux", "browser": "Chromium 156", "screen": "large", "mobile": false },
        "locationInfo": { "timezone": "Europe/Vienna", "locale": "de-AT" }, "section": "home", "startedAt": now(), "sentAt": now(),
    });
    let (status, reply) = connection.post("start", body.to_string()).await.ok_or("a start was not answered")?;
    let reply: Value = serde_json::from_slice(&reply).unwrap_or_default();
    let token = reply["token"].as_str().ok_or(format!("a start was answered with {status} {reply}"))?.to_owned();
    Ok(Session { user, id, tab, token, seq: 0, acknowledged: Vec::new() })
}

/// RFC 3339 in UTC with milliseconds.
fn now() -> String {
    let now = OffsetDateTime::now_utc();
    let (hour, minute, second, millis) = (now.hour(), now.minute(), now.second(), now.millisecond());
    format!("{}T{hour:02}:{minute:02}:{second:02}.{millis:03}Z", now.date())
}
