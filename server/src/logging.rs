//! Where the log goes and what it looks like. Every line of a request has its id. Addresses are logged without their query, and no header
//! and no body ever is, so that no token can be.

use crate::config::Settings;
use std::io::IsTerminal;
use tracing_subscriber::EnvFilter;
use tracing_subscriber::fmt::Subscriber;

/// What a line of the log looks like.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub enum LogFormat {
    /// For people.
    Human,
    /// One JSON object a line.
    Json,
}

/// Sends the log to standard error from here on.
///
/// # Errors
/// If the filter cannot be read.
pub fn start(settings: &Settings) -> Result<(), String> {
    let filter = EnvFilter::try_new(&settings.log)
        .map_err(|error| format!("--log {}: {error}; such as `info` or `warn,session_server=debug`", settings.log))?;
    let log = Subscriber::builder().with_env_filter(filter).with_writer(std::io::stderr).with_target(false);
    match settings.log_format {
        LogFormat::Human => log.with_ansi(std::io::stderr().is_terminal()).init(),
        LogFormat::Json => log.json().flatten_event(true).with_current_span(true).with_span_list(false).init(),
    }
    Ok(())
}
