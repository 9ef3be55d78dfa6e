//! The open loop: every request has a moment at which it is due, whatever became of those before it.

use crate::connection::Connection;
use crate::tally::Tally;
use crate::traffic::{Kind, Message, Session};
use std::net::SocketAddr;
use std::time::Duration;
use tokio::sync::mpsc::{self, UnboundedReceiver, UnboundedSender};
use tokio::time::{Instant, sleep, sleep_until, timeout_at};

/// How often it is looked what is due. Far below what is measured.
const TICK: Duration = Duration::from_millis(1);
/// How long a client waits before it sends again what was not acknowledged.
const RETRY: Duration = Duration::from_millis(500);
/// How long the last answers are awaited.
const TAIL: Duration = Duration::from_secs(30);

/// How it is sent.
pub(crate) struct Plan {
    pub(crate) connections: usize,
    pub(crate) seconds: u64,
    pub(crate) batch: u32,
    pub(crate) readers: Vec<String>,
}

/// Requests of one kind, evenly spaced.
pub(crate) struct Stream {
    pub(crate) kind: Kind,
    pub(crate) per_second: f64,
}

struct Due {
    kind: Kind,
    at: Instant,
    message: Message,
}

enum Outcome {
    Acknowledged { kind: Kind, session: usize, events: Vec<uuid::Uuid>, after: Duration },
    Repeated(Kind),
    Refused { kind: Kind, why: String },
}

/// Sends what is due for so long, and waits for the last answers.
pub(crate) async fn run(
    address: SocketAddr,
    plan: &Plan,
    streams: &[Stream],
    sessions: &mut [Session],
    tally: &mut Tally,
) -> Result<(), String> {
    let (told, mut outcomes) = mpsc::unbounded_channel();
    let mut lines = Vec::new();
    for _ in 0..plan.connections {
        let (line, due) = mpsc::unbounded_channel();
        let mut connection = Connection::new(address);
        if !connection.warm().await {
            return Err("a connection could not be made: raise the limit of open files (ulimit -n)".into());
        }
        tokio::spawn(work(connection, due, told.clone()));
        lines.push(line);
    }
    drop(told);

    let sent = send(plan, streams, sessions, &lines, &mut outcomes, tally).await;
    drop(lines);
    let mut open = sent;
    let deadline = Instant::now() + TAIL;
    while let Ok(Some(outcome)) = timeout_at(deadline, outcomes.recv()).await {
        open -= usize::from(note(outcome, sessions, tally));
    }
    tally.unfinished(open);
    Ok(())
}

/// Gives each request to a connection when it is due; how many are open at the end.
async fn send(
    plan: &Plan,
    streams: &[Stream],
    sessions: &mut [Session],
    lines: &[UnboundedSender<Due>],
    outcomes: &mut UnboundedReceiver<Outcome>,
    tally: &mut Tally,
) -> usize {
    let began = Instant::now() + TICK;
    let length = Duration::from_secs(plan.seconds);
    let mut given = vec![0_u64; streams.len()];
    let (mut turn, mut open) = (0_usize, 0_usize);
    while began.elapsed() < length {
        for (stream, given) in streams.iter().zip(&mut given) {
            if stream.per_second <= 0.0 {
                continue;
            }
            while began + Duration::from_secs_f64(*given as f64 / stream.per_second) <= Instant::now() {
                let at = began + Duration::from_secs_f64(*given as f64 / stream.per_second);
                let index = turn % sessions.len();
                let message = match stream.kind {
                    Kind::Read => read(&plan.readers[*given as usize % plan.readers.len()]),
                    kind => sessions[index].message(kind, index, plan.batch),
                };
                let _ = lines[turn % lines.len()].send(Due { kind: stream.kind, at, message });
                turn += 1;
                open += 1;
                *given += 1;
            }
        }
        while let Ok(outcome) = outcomes.try_recv() {
            open -= usize::from(note(outcome, sessions, tally));
        }
        sleep_until(Instant::now() + TICK).await;
    }
    open
}

fn read(user: &str) -> Message {
    let route = format!("/api/sessions/stats?daysBack=90&userId={user}");
    Message { route, body: String::new(), session: 0, events: Vec::new() }
}

/// True if the request has come to its end.
fn note(outcome: Outcome, sessions: &mut [Session], tally: &mut Tally) -> bool {
    match outcome {
        Outcome::Acknowledged { kind, session, events, after } => {
            tally.acknowledged(kind, events.len(), after);
            sessions[session].acknowledged.extend(events);
            true
        }
        Outcome::Repeated(kind) => {
            tally.repeated(kind);
            false
        }
        Outcome::Refused { kind, why } => {
            eprintln!("refused: {why}");
            tally.refused(kind);
            true
        }
    }
}

/// One connection's work: what is due, in order, each until it is acknowledged.
async fn work(mut connection: Connection, mut due: UnboundedReceiver<Due>, told: UnboundedSender<Outcome>) {
    while let Some(Due { kind, at, message }) = due.recv().await {
        loop {
            let answer = match kind {
                Kind::Read => connection.get(&message.route).await,
                Kind::Beat | Kind::Batch => connection.post(&message.route, message.body.clone()).await,
            };
            let outcome = match answer {
                Some((200..=299, _)) => {
                    let events = message.events.clone();
                    Outcome::Acknowledged { kind, session: message.session, events, after: at.elapsed() }
                }
                None | Some((408 | 429 | 500..=599, _)) => {
                    let _ = told.send(Outcome::Repeated(kind));
                    sleep(RETRY).await;
                    continue;
                }
                Some((status, body)) => {
                    let why = format!("{status} {}", String::from_utf8_lossy(&body));
                    Outcome::Refused { kind, why }
                }
            };
            let _ = told.send(outcome);
            break;
        }
    }
}
