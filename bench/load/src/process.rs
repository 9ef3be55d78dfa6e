//! The server as a process: started, killed, and measured in /proc, with the generator and the database beside it.

use crate::Options;
use crate::connection::Connection;
use std::fmt;
use std::net::{Ipv4Addr, SocketAddr};
use std::process::Stdio;
use std::time::{Duration, Instant};
use tokio::process::{Child, Command};

/// Clock ticks a second, in which Linux counts processor time for user space on every architecture.
const TICKS: f64 = 100.0;

/// A running server.
pub(crate) struct Server {
    child: Child,
    options: Options,
    /// Processor time of those that were killed.
    spent: f64,
}

impl Server {
    /// Starts it and waits until it is ready.
    pub(crate) async fn start(options: &Options) -> Result<Self, String> {
        let mut server = Self { child: spawn(options)?, options: options.clone(), spent: 0.0 };
        server.ready().await?;
        Ok(server)
    }

    /// Where it listens.
    pub(crate) fn address(&self) -> SocketAddr {
        SocketAddr::from((Ipv4Addr::LOCALHOST, self.options.port))
    }

    /// SIGKILL, and a new one on the same database.
    pub(crate) async fn kill_and_restart(&mut self) -> Result<(), String> {
        self.spent += self.id().map_or(0.0, processor_seconds);
        self.child.kill().await.map_err(|error| error.to_string())?;
        self.child = spawn(&self.options)?;
        self.ready().await
    }

    /// SIGTERM by way of the shell's own kill, and the wait for its end.
    pub(crate) async fn stop(mut self) {
        if let Some(id) = self.id() {
            let _ = Command::new("kill").arg(id.to_string()).status().await;
        }
        let _ = self.child.wait().await;
    }

    /// Its greatest resident memory.
    pub(crate) fn peak_memory_mib(&self) -> u64 {
        let status =
            self.id().and_then(|id| std::fs::read_to_string(format!("/proc/{id}/status")).ok()).unwrap_or_default();
        let line = status.lines().find(|line| line.starts_with("VmHWM:")).unwrap_or_default();
        line.split_whitespace().nth(1).and_then(|kib| kib.parse::<u64>().ok()).unwrap_or(0) / 1_024
    }

    fn id(&self) -> Option<u32> {
        self.child.id()
    }

    async fn ready(&mut self) -> Result<(), String> {
        let began = Instant::now();
        while began.elapsed() < Duration::from_secs(60) {
            if let Ok(Some(status)) = self.child.try_wait() {
                return Err(format!("the server ended at once: {status}"));
            }
            let answer = Connection::new(self.address()).get("/readyz").await;
            if answer.is_some_and(|(status, _)| status == 200) {
                return Ok(());
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        Err("the server was not ready within a minute".into())
    }
}

/// Without limits of requests: all that is sent here comes from one address.
fn spawn(options: &Options) -> Result<Child, String> {
    Command::new(&options.server)
        .args(["--auth", "none", "--database", &options.database])
        .args(["--listen", &format!("127.0.0.1:{}", options.port)])
        .args(["--subject-requests-per-minute", "0", "--network-requests-per-minute", "0"])
        .env("RUST_LOG", "error")
        .stdout(Stdio::null())
        .kill_on_drop(true)
        .spawn()
        .map_err(|error| format!("{} could not be started: {error}", options.server.display()))
}

/// Processor seconds that each has taken, and when.
pub(crate) struct Share {
    at: Instant,
    server: f64,
    generator: f64,
    database: f64,
    /// Of the whole machine: what was not idle, and all.
    machine: (f64, f64),
}

impl Share {
    /// Up to now.
    pub(crate) fn now(server: &Server, postmaster: Option<u32>) -> Self {
        Self {
            at: Instant::now(),
            server: server.spent + server.id().map_or(0.0, processor_seconds),
            generator: processor_seconds(std::process::id()),
            database: postmaster.map_or(0.0, family_seconds),
            machine: machine_seconds(),
        }
    }

    /// From then to now.
    pub(crate) fn since(self, before: &Self) -> Taken {
        let seconds = self.at.duration_since(before.at).as_secs_f64();
        let all = (self.machine.1 - before.machine.1).max(1.0);
        Taken {
            server: (self.server - before.server) / seconds,
            generator: (self.generator - before.generator) / seconds,
            database: (self.database - before.database) / seconds,
            busy: (self.machine.0 - before.machine.0) / all,
            processors: all / seconds,
        }
    }
}

/// Processors that each took on average.
pub(crate) struct Taken {
    server: f64,
    generator: f64,
    database: f64,
    busy: f64,
    processors: f64,
}

impl fmt::Display for Taken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { server, generator, database, busy, processors } = self;
        let others = (busy * processors - server - generator - database).max(0.0);
        write!(
            f,
            "of {processors:.1} processors: server {server:.2}, database {database:.2}, generator {generator:.2}, everything else {others:.2}"
        )
    }
}

fn processor_seconds(process: u32) -> f64 {
    let stat = std::fs::read_to_string(format!("/proc/{process}/stat")).unwrap_or_default();
    // The program's name stands in brackets and may have spaces; the times are the 14th and 15th field.
    let fields: Vec<&str> = stat.rsplit(')').next().unwrap_or_default().split_whitespace().collect();
    let ticks = |index: usize| fields.get(index).and_then(|text| text.parse::<f64>().ok()).unwrap_or(0.0);
    (ticks(11) + ticks(12)) / TICKS
}

/// A process and its children, those that have ended too.
fn family_seconds(process: u32) -> f64 {
    let stat = std::fs::read_to_string(format!("/proc/{process}/stat")).unwrap_or_default();
    let fields: Vec<&str> = stat.rsplit(')').next().unwrap_or_default().split_whitespace().collect();
    let ended: f64 = [13, 14].iter().filter_map(|index| fields.get(*index)?.parse::<f64>().ok()).sum();
    let children = std::fs::read_to_string(format!("/proc/{process}/task/{process}/children")).unwrap_or_default();
    let living: f64 = children.split_whitespace().filter_map(|id| id.parse().ok()).map(processor_seconds).sum();
    processor_seconds(process) + ended / TICKS + living
}

fn machine_seconds() -> (f64, f64) {
    let stat = std::fs::read_to_string("/proc/stat").unwrap_or_default();
    let ticks: Vec<f64> = stat
        .lines()
        .next()
        .unwrap_or_default()
        .split_whitespace()
        .skip(1)
        .take(8)
        .filter_map(|text| text.parse().ok())
        .collect();
    let all: f64 = ticks.iter().sum();
    let idle = ticks.get(3).unwrap_or(&0.0) + ticks.get(4).unwrap_or(&0.0);
    ((all - idle) / TICKS, all / TICKS)
}
