//! Stopping: the real program gets a real signal while writes wait, answers them, and leaves them stored.

use crate::support::{NOON, Server, answer, click, count, database, id_at, time};
use serde_json::json;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::Arc;
use tempfile::TempDir;

#[tokio::test(flavor = "multi_thread")]
async fn writes_that_wait_are_committed_and_later_ones_are_told_to_come_back() {
    let server = Arc::new(Server::start().await);
    let visit = Arc::new(server.visit().await);
    let tasks: Vec<_> = (1..=100)
        .map(|seq| {
            let (server, visit) = (Arc::clone(&server), Arc::clone(&visit));
            tokio::spawn(async move { server.post("log-event", visit.says(click(seq))).await.0 })
        })
        .collect();
    server.app.close().await;
    let mut accepted = 0;
    for task in tasks {
        match task.await.unwrap() {
            201 => accepted += 1,
            status => assert_eq!(status, 503),
        }
    }
    assert_eq!(server.count("SELECT count(*) FROM session_events WHERE event_type = 'click'").await, accepted);
    assert_eq!(answer(server.get("/readyz").send().await.unwrap()).await.0, 503);
    assert_eq!(answer(server.get("/livez").send().await.unwrap()).await.0, 200);
}

/// The real program in an empty folder, and the address it says it listens on.
async fn running(folder: &TempDir) -> (Child, String) {
    let mut program = Command::new(env!("CARGO_BIN_EXE_session-server"))
        .current_dir(folder.path())
        .args(["--listen", "127.0.0.1:0", "--database", &database(folder).await])
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut line = String::new();
    BufReader::new(program.stdout.take().unwrap()).read_line(&mut line).unwrap();
    let address = line.trim().rsplit('/').next().unwrap().to_owned();
    (program, address)
}

/// The real program, with a session started there.
async fn program_with_a_session(folder: &TempDir) -> Child {
    let (program, address) = running(folder).await;
    let url = format!("http://{address}/api/sessions/start");
    let client = reqwest::Client::builder().no_proxy().build().unwrap();
    let start = json!({ "sessionId": id_at(time(NOON), 1), "userId": "ada" }).to_string();
    let started = client.post(url).header("content-type", "text/plain").body(start).send().await.unwrap();
    assert_eq!(started.status(), 201);
    program
}

async fn stop(program: Child, signal: &str) -> (ExitStatus, String) {
    assert!(Command::new("kill").args([signal, &program.id().to_string()]).status().unwrap().success());
    ended(program).await
}

/// How the program ended, and what it logged.
async fn ended(mut program: Child) -> (ExitStatus, String) {
    let ended = tokio::task::spawn_blocking(move || {
        let mut log = String::new();
        program.stderr.take().unwrap().read_to_string(&mut log).unwrap();
        (program.wait().unwrap(), log)
    });
    ended.await.unwrap()
}

#[tokio::test]
async fn the_program_says_where_it_is_and_stops_cleanly_when_asked() {
    let folder = tempfile::tempdir().unwrap();
    let program = program_with_a_session(&folder).await;
    let (status, log) = stop(program, "-TERM").await;
    assert!(status.success(), "{log}");
    assert!(log.contains("every acknowledged write is stored"), "{log}");
    assert!(!folder.path().join("sessions.db-wal").exists(), "SQLite's log is merged into the file");
}

/// A whole request whose last bytes come only after the signal.
#[tokio::test]
async fn a_request_that_is_open_when_the_signal_comes_is_answered_and_stored() {
    let folder = tempfile::tempdir().unwrap();
    let (program, address) = running(&folder).await;
    let body = json!({ "sessionId": id_at(time(NOON), 1), "userId": "ada" }).to_string();
    let mut connection = TcpStream::connect(&address).unwrap();
    let head = format!(
        "POST /api/sessions/start HTTP/1.1\r\nhost: {address}\r\ncontent-type: text/plain\r\ncontent-length: {}\r\n\r\n",
        body.len()
    );
    connection.write_all((head + &body[..10]).as_bytes()).unwrap();
    // The answer to a later connection shows that the earlier one was taken.
    let client = reqwest::Client::builder().no_proxy().build().unwrap();
    assert_eq!(client.get(format!("http://{address}/livez")).send().await.unwrap().status(), 200);
    assert!(Command::new("kill").args(["-TERM", &program.id().to_string()]).status().unwrap().success());
    while TcpStream::connect(&address).is_ok() {
        tokio::task::yield_now().await;
    }
    connection.write_all(&body.as_bytes()[10..]).unwrap();
    let mut answer = String::new();
    connection.read_to_string(&mut answer).unwrap();
    assert!(answer.starts_with("HTTP/1.1 201 "), "{answer}");
    let (status, log) = ended(program).await;
    assert!(status.success(), "{log}");
    assert_eq!(stored(&folder).await, 1);
}

#[tokio::test]
async fn what_was_acknowledged_is_there_after_the_program_is_killed() {
    let folder = tempfile::tempdir().unwrap();
    let program = program_with_a_session(&folder).await;
    assert!(!stop(program, "-KILL").await.0.success());
    assert_eq!(stored(&folder).await, 1);
}

/// How many sessions are in the database that the program has left, each with its event.
async fn stored(folder: &TempDir) -> i64 {
    count(&database(folder).await, "SELECT count(*) FROM user_sessions JOIN session_events USING (user_id)").await
}

#[tokio::test]
async fn a_port_that_is_taken_is_said_with_what_to_do() {
    let folder = tempfile::tempdir().unwrap();
    let (program, address) = running(&folder).await;
    let second = Command::new(env!("CARGO_BIN_EXE_session-server"))
        .current_dir(folder.path())
        .args(["--listen", &address, "--database", "sqlite:second.db"])
        .output()
        .unwrap();
    assert!(!second.status.success());
    let said = String::from_utf8_lossy(&second.stderr);
    assert!(said.contains("cannot listen on") && said.contains("Name another address"), "{said}");
    stop(program, "-TERM").await;
}

#[test]
fn a_setting_that_is_wrong_is_one_sentence_and_a_failure() {
    let folder = tempfile::tempdir().unwrap();
    let output = Command::new(env!("CARGO_BIN_EXE_session-server"))
        .current_dir(folder.path())
        .args(["--listen", "0.0.0.0:0"])
        .output()
        .unwrap();
    assert!(!output.status.success());
    assert!(String::from_utf8_lossy(&output.stderr).contains("--insecure"));
    assert!(!folder.path().join("data").exists(), "nothing is made before the settings are checked");
}
