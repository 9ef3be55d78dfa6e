//! `session-load`: the tracker's own traffic against the reference server, at a rate that does not wait for answers. Each latency counts from
//! the moment at which a request was due, so a server that stalls is charged for everything that had to wait behind it.
//!
//! It starts the server itself, on a database of its own, tells what share of the processors each of the three took, and in the end asks the
//! server for every event that was acknowledged.

mod audit;
mod connection;
mod process;
mod schedule;
mod tally;
mod traffic;

use clap::Parser;
use process::{Server, Share};
use schedule::{Plan, Stream};
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Duration;
use tally::Tally;

/// Loads the reference server with the tracker's own traffic.
#[derive(Clone, Debug, Parser)]
#[command(name = "session-load")]
pub(crate) struct Options {
    /// The server's program.
    #[arg(long)]
    server: PathBuf,

    /// Its database: `sqlite:` and a path, or a `postgres://` URL. Rows are written into it and left there.
    #[arg(long)]
    database: String,

    /// The process of PostgreSQL's postmaster, to count what it and its children take.
    #[arg(long)]
    postmaster: Option<u32>,

    /// The port that the server listens on.
    #[arg(long, default_value = "8845")]
    port: u16,

    /// Kept-alive connections.
    #[arg(long, default_value = "1000")]
    connections: usize,

    /// Sessions that go on at once. They are started first, and that is not measured.
    #[arg(long, default_value = "1000")]
    sessions: usize,

    /// Heartbeats a second. 100,000 sessions that beat every 30 s are 3,334.
    #[arg(long, default_value = "0")]
    beats: u32,

    /// Events a second, in batches.
    #[arg(long, default_value = "0")]
    events: u32,

    /// Events in a batch: the tracker sends a second after the twentieth.
    #[arg(long, default_value = "20")]
    batch: u32,

    /// Reads of `stats` a second, by turns as each of the users in `--readers`.
    #[arg(long, default_value = "0")]
    reads: u32,

    /// Who reads: `userId`s with a history, separated by commas.
    #[arg(long, value_delimiter = ',')]
    readers: Vec<String>,

    /// How long, in seconds.
    #[arg(long, default_value = "600")]
    seconds: u64,

    /// Kill the server (SIGKILL) when half the time has passed, and start it again. What was not acknowledged is sent again, as the tracker would.
    #[arg(long)]
    kill: bool,

    /// Run this in a shell when a quarter of the time has passed, such as what restarts PostgreSQL.
    #[arg(long)]
    disturb: Option<String>,
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    match run(Options::parse()).await {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(sentence) => {
            eprintln!("session-load: {sentence}");
            ExitCode::from(2)
        }
    }
}

async fn run(options: Options) -> Result<bool, String> {
    let mut server = Server::start(&options).await?;
    let address = server.address();
    let mut sessions = traffic::open_sessions(address, options.sessions, options.connections).await?;
    let readers = options.readers.clone();
    let plan = Plan { connections: options.connections, seconds: options.seconds, batch: options.batch, readers };
    if options.reads > 0 && options.readers.is_empty() {
        return Err("--reads needs --readers: users whose figures are asked for".into());
    }
    let streams = [
        Stream { kind: traffic::Kind::Read, per_second: f64::from(options.reads) },
        Stream { kind: traffic::Kind::Beat, per_second: f64::from(options.beats) },
        Stream { kind: traffic::Kind::Batch, per_second: f64::from(options.events) / f64::from(options.batch) },
    ];

    let before = Share::now(&server, options.postmaster);
    let mut tally = Tally::default();
    let loading = schedule::run(address, &plan, &streams, &mut sessions, &mut tally);
    let disturbing = disturb(&mut server, &options);
    let (loaded, disturbed) = tokio::join!(loading, disturbing);
    loaded?;
    disturbed?;
    let share = Share::now(&server, options.postmaster).since(&before);

    println!("{}", tally.report(options.seconds));
    println!("{share}");
    println!(
        "the server's peak resident memory: {} MiB{}",
        server.peak_memory_mib(),
        if options.kill { " (since its restart)" } else { "" }
    );
    let audit = audit::run(address, &sessions).await?;
    println!("{audit}");
    server.stop().await;
    Ok(audit.is_clean())
}

/// What goes wrong meanwhile.
async fn disturb(server: &mut Server, options: &Options) -> Result<(), String> {
    let quarter = Duration::from_millis(options.seconds * 250);
    if let Some(command) = &options.disturb {
        tokio::time::sleep(quarter).await;
        println!("running: {command}");
        let done = tokio::process::Command::new("sh").args(["-c", command]).status().await;
        let is_done = done.is_ok_and(|status| status.success());
        if !is_done {
            return Err(format!("this failed: {command}"));
        }
    }
    if options.kill {
        tokio::time::sleep(if options.disturb.is_some() { quarter } else { quarter * 2 }).await;
        println!("killing the server with SIGKILL, and starting it again");
        server.kill_and_restart().await?;
    }
    Ok(())
}
