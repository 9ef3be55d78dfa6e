//! `session-server doctor`: the checklist of a backend that is ready to be used, tried out against the settings' own database and server. What
//! it stores for that is of a user of its own, and erased again. It knows the store by its traits alone, so it is the same for each.

use crate::clock::Clock;
use crate::config::Settings;
use crate::jobs::Job;
use crate::limits::JOB_ROWS;
use crate::room::{AccessMethod, RoomRefusal};
use crate::session::times::Sent;
use crate::session::write::{Event, Start, Write};
use crate::store::Store;
use crate::store::rooms::{Member, NewRoom, Presence};
use std::io;
use std::net::SocketAddr;
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::timeout;
use uuid::Uuid;

/// How long the server may take to say that it is ready.
const ANSWER: Duration = Duration::from_secs(5);

/// One line of the checklist.
#[derive(Debug)]
pub struct Check {
    /// What was tried.
    pub name: &'static str,
    /// What was found, or what is wrong and what to do about it.
    pub result: Result<String, String>,
}

/// Goes through the checklist. It is passed if every result is `Ok`.
pub async fn examine(settings: &Settings, store: &dyn Store, clock: &dyn Clock) -> Vec<Check> {
    let patient = Patient { settings, store, clock, user: format!("doctor:{}", Uuid::now_v7()) };
    let mut checks = vec![Check { name: "schema", result: patient.schema().await }];
    // Without its tables a store can answer nothing else; one sentence about that is enough.
    if checks[0].result.is_ok() {
        checks.push(Check { name: "test", result: patient.session().await });
        checks.push(Check { name: "presence", result: patient.presence().await });
        checks.push(Check { name: "link expiry", result: patient.expiry().await });
        checks.push(Check { name: "cleanup", result: patient.cleanup().await });
        checks.push(Check { name: "traces", result: patient.erase().await });
        checks.push(Check { name: "jobs", result: patient.jobs().await });
    }
    checks.push(Check { name: "service", result: patient.service().await });
    checks
}

/// The checklist as people read it.
#[must_use]
pub fn report(checks: &[Check]) -> String {
    let line = |check: &Check| match &check.result {
        Ok(found) => format!("[ ok ] {}: {found}\n", check.name),
        Err(wrong) => format!("[FAIL] {}: {wrong}\n", check.name),
    };
    let failed = checks.iter().filter(|check| check.result.is_err()).count();
    let sum = match failed {
        0 => "The backend is ready.".to_owned(),
        1 => "The backend is not ready: 1 check failed.".to_owned(),
        _ => format!("The backend is not ready: {failed} checks failed."),
    };
    checks.iter().map(line).collect::<String>() + &sum
}

struct Patient<'a> {
    settings: &'a Settings,
    store: &'a dyn Store,
    clock: &'a dyn Clock,
    user: String,
}

type Finding = Result<String, String>;

/// What a store said that it should not have.
fn said(wrong: &impl std::fmt::Debug) -> String {
    format!("the store answered {wrong:?}")
}

impl Patient<'_> {
    async fn schema(&self) -> Finding {
        self.store.check().await.map_err(|error| error.to_string())?;
        Ok("every migration is applied".into())
    }

    async fn session(&self) -> Finding {
        let (now, session_id, event_id) = (self.clock.now(), Uuid::now_v7(), Uuid::now_v7());
        let event = Event {
            index: 0,
            id: event_id,
            seq: Some(1),
            kind: "doctor".into(),
            data: None,
            section: None,
            occurred_at: Some(now),
        };
        let write = Write {
            user_id: self.user.clone(),
            session_id,
            sent: Sent { received_at: now, sent_at: Some(now) },
            epoch: Some(1),
            tab: None,
            start: Some(Start { platform: "web".into(), ..Start::default() }),
            events: vec![event],
            section: None,
            metadata: None,
            beat: None,
            end: None,
        };
        let outcomes = self.store.apply(&[write]).await.map_err(|error| error.to_string())?;
        let [Ok(applied)] = outcomes.as_slice() else { return Err(said(&outcomes)) };
        let trail = self.store.trail(&self.user, applied.session.id, 0, 10).await.map_err(|error| error.to_string())?;
        let events = trail.map(|trail| trail.events).unwrap_or_default();
        if events.iter().any(|event| event.event_type == "doctor") && events.len() == 2 {
            Ok("a session and an event were stored, and read back".into())
        } else {
            Err(said(&events))
        }
    }

    async fn presence(&self) -> Finding {
        let now = self.clock.now();
        let later = now.plus(Duration::from_secs(1));
        let member = self.room(now).await?;
        let joined =
            self.store.join_room(&member, AccessMethod::Invite, now).await.map_err(|error| error.to_string())?;
        joined.map_err(|refusal| said(&refusal))?;
        let presences = [Presence { member: member.clone(), at: later }, Presence { member: member.clone(), at: now }];
        self.store.update_presence(&presences).await.map_err(|error| error.to_string())?;
        let seen = self.store.participants(member.room_id, &self.user).await.map_err(|error| error.to_string())?;
        match seen.as_deref() {
            Some([participant]) if participant.last_seen_at == later => {
                Ok("a beat was stored, and an older one took nothing back".into())
            }
            other => Err(said(&other)),
        }
    }

    async fn expiry(&self) -> Finding {
        let now = self.clock.now();
        let member = self.room(now.minus(self.settings.timing.rooms.timeout)).await?;
        match self.store.join_room(&member, AccessMethod::Invite, now).await.map_err(|error| error.to_string())? {
            Err(RoomRefusal::Expired) => Ok("the link of a room that nobody was seen in is refused".into()),
            other => Err(said(&other)),
        }
    }

    async fn cleanup(&self) -> Finding {
        let now = self.clock.now();
        let over = self.room(now.minus(self.settings.timing.rooms.timeout)).await?;
        let alive = self.room(now).await?;
        while self.store.cleanup_inactive_sessions(now, JOB_ROWS).await.map_err(|error| error.to_string())?
            >= u64::from(JOB_ROWS)
        {}
        let found = |room: Member| async move {
            self.store.room(room.room_id).await.map(|room| room.is_some()).map_err(|error| error.to_string())
        };
        match (found(over).await?, found(alive).await?) {
            (false, true) => Ok("a room that is over was deleted, a new one was not".into()),
            (over, alive) => {
                Err(format!("after a cleanup, a room that is over is there: {over}; a new one is: {alive}"))
            }
        }
    }

    async fn erase(&self) -> Finding {
        let mut rows = 0;
        loop {
            let erased = self.store.erase(&self.user, JOB_ROWS).await.map_err(|error| error.to_string())?;
            rows += erased;
            if erased == 0 {
                return Ok(format!("the {rows} rows of these checks are erased again"));
            }
        }
    }

    /// The most frequent job shows that the jobs run: the others may rightly be idle for long.
    async fn jobs(&self) -> Finding {
        let job = Job::EndInactive;
        let totals = self.store.job_totals().await.map_err(|error| error.to_string())?;
        let last = totals.iter().find(|totals| totals.job == job.name()).and_then(|totals| totals.last_success_at);
        let recent = self.clock.now().minus(job.every(&self.settings.timing) * 3);
        match last {
            Some(last) if last >= recent => Ok(format!("{} ran at {last}", job.name())),
            Some(last) => Err(format!("{} last succeeded at {last}. Is the server running?", job.name())),
            None => Err(format!("{} never ran. Start the server: it runs the jobs by itself.", job.name())),
        }
    }

    async fn service(&self) -> Finding {
        let mut address = self.settings.listen;
        if address.ip().is_unspecified() {
            address.set_ip(if address.is_ipv4() { [127, 0, 0, 1].into() } else { [0, 0, 0, 0, 0, 0, 0, 1].into() });
        }
        let url = format!("http://{address}/readyz");
        match timeout(ANSWER, ready(address)).await {
            Ok(Ok(line)) if line.contains(" 200") => Ok(format!("{url} says that it is ready")),
            Ok(Ok(line)) => Err(format!("{url} answers \"{line}\"; its body and the server's log say why.")),
            Ok(Err(error)) => Err(format!("{url} does not answer ({error}). Start the server, or name its --listen.")),
            Err(_) => Err(format!("{url} takes longer than {} s to answer.", ANSWER.as_secs())),
        }
    }

    async fn room(&self, made_at: crate::clock::Timestamp) -> Result<Member, String> {
        let new = NewRoom { id: Uuid::now_v7(), owner_id: self.user.clone(), max_participants: 2 };
        let made = self.store.create_room(&new, made_at).await.map_err(|error| error.to_string())?;
        made.map_err(|refusal| said(&refusal))?;
        Ok(Member { room_id: new.id, user_id: self.user.clone(), device_id: Uuid::nil() })
    }
}

/// The status line of the server's readiness. One request to one's own machine needs no HTTP client.
async fn ready(address: SocketAddr) -> io::Result<String> {
    let mut stream = TcpStream::connect(address).await?;
    let request = format!("GET /readyz HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\n\r\n");
    stream.write_all(request.as_bytes()).await?;
    let mut answer = Vec::new();
    stream.take(4_096).read_to_end(&mut answer).await?;
    Ok(String::from_utf8_lossy(&answer).lines().next().unwrap_or_default().to_owned())
}
