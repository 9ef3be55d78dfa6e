//! Whether the server has what it acknowledged: every event once.

use crate::connection::Connection;
use crate::traffic::Session;
use serde_json::Value;
use std::collections::HashMap;
use std::fmt;
use std::net::SocketAddr;

/// What was found.
#[derive(Debug, Default)]
pub(crate) struct Audit {
    sessions: usize,
    acknowledged: usize,
    lost: usize,
    doubled: usize,
}

impl Audit {
    /// Whether nothing is lost or doubled.
    pub(crate) fn is_clean(&self) -> bool {
        self.lost == 0 && self.doubled == 0
    }
}

impl fmt::Display for Audit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { sessions, acknowledged, lost, doubled } = self;
        write!(f, "of {acknowledged} acknowledged events in {sessions} sessions: {lost} lost, {doubled} doubled")
    }
}

/// Asks for the events of each session that has any.
pub(crate) async fn run(address: SocketAddr, sessions: &[Session]) -> Result<Audit, String> {
    let mut connection = Connection::new(address);
    let mut audit = Audit::default();
    for session in sessions.iter().filter(|session| !session.acknowledged.is_empty()) {
        let stored = stored(&mut connection, session).await?;
        audit.sessions += 1;
        audit.acknowledged += session.acknowledged.len();
        audit.lost += session.acknowledged.iter().filter(|id| !stored.contains_key(&id.to_string())).count();
        audit.doubled += stored.values().filter(|count| **count > 1).count();
    }
    Ok(audit)
}

/// How often each event is listed.
async fn stored(connection: &mut Connection, session: &Session) -> Result<HashMap<String, u32>, String> {
    let mut counts = HashMap::new();
    let mut since = String::new();
    loop {
        let path = format!("/api/sessions/{}/events?userId={}&limit=500{since}", session.id(), session.user);
        let (status, body) = connection.get(&path).await.ok_or("a session's events could not be read")?;
        let page: Value = serde_json::from_slice(&body).unwrap_or_default();
        let events =
            page["events"].as_array().ok_or(format!("a session's events were answered with {status} {page}"))?;
        for id in events.iter().filter_map(|event| event["eventId"].as_str()) {
            *counts.entry(id.to_owned()).or_insert(0) += 1;
        }
        match page["next"].as_str() {
            Some(next) => since = format!("&since={next}"),
            None => return Ok(counts),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use tokio::io::{AsyncReadExt, AsyncWriteExt};
    use tokio::net::TcpListener;
    use uuid::Uuid;

    /// What is found of a session whose server answers every request with these events.
    async fn found(acknowledged: &[Uuid], listed: &[Uuid]) -> Audit {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let events: Vec<_> = listed.iter().map(|id| serde_json::json!({ "eventId": id })).collect();
        let body = serde_json::json!({ "events": events }).to_string();
        let answer = format!("HTTP/1.1 200 OK\r\ncontent-length: {}\r\n\r\n{body}", body.len());
        tokio::spawn(async move {
            let (mut stream, _) = listener.accept().await.unwrap();
            let _ = stream.read(&mut [0; 4_096]).await;
            stream.write_all(answer.as_bytes()).await.unwrap();
        });
        let session = Session::of_test(acknowledged.to_vec());
        run(address, &[session]).await.unwrap()
    }

    #[tokio::test]
    async fn an_acknowledged_event_that_is_not_there_is_lost_and_one_that_is_there_twice_is_doubled() {
        let [one, two, unacknowledged] = [Uuid::now_v7(), Uuid::now_v7(), Uuid::now_v7()];
        assert!(found(&[one, two], &[two, one, unacknowledged]).await.is_clean());
        let lost = found(&[one, two], &[two]).await;
        assert_eq!((lost.lost, lost.doubled, lost.is_clean()), (1, 0, false));
        let doubled = found(&[one], &[one, one]).await;
        assert_eq!((doubled.lost, doubled.doubled, doubled.is_clean()), (0, 1, false));
    }
}
