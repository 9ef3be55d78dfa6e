//! `session-conformance http://host/api/sessions`: tells, case by case, whether a backend keeps the promises of the session API.
//! Exit codes: 0 if it keeps all, 1 if it breaks one, 2 if there was nothing to judge.

use clap::Parser;
use session_conformance::backend::{Backend, Profile, Settings};
use session_conformance::case::{Finding, Judgement};
use session_conformance::{cases, judge, report};
use std::process::ExitCode;
use std::time::Duration;

/// Judges any backend of the session API. It writes sessions of its own into the backend, and reads nobody else's.
#[derive(Debug, Parser)]
#[command(name = "session-conformance", version)]
struct Options {
    /// The URL under which `start` is, such as http://127.0.0.1:8787/api/sessions.
    #[arg(required_unless_present = "list")]
    url: Option<String>,

    /// Judge by this profile; otherwise by the one that the reply to a start announces.
    #[arg(long, value_enum)]
    profile: Option<Profile>,

    /// A user's bearer token, where the backend has a login.
    #[arg(long, env = "SESSION_CONFORMANCE_TOKEN", hide_env_values = true)]
    token: Option<String>,

    /// Another user's bearer token, to try that one cannot reach the other's sessions.
    #[arg(long, env = "SESSION_CONFORMANCE_OTHER_TOKEN", hide_env_values = true, requires = "token")]
    other_token: Option<String>,

    /// A page's origin that the backend allows, such as https://app.example, to try what a browser needs.
    #[arg(long)]
    origin: Option<String>,

    /// How long an answer may take, in seconds.
    #[arg(long, default_value = "10", value_parser = clap::value_parser!(u64).range(1..=300))]
    timeout: u64,

    /// Only cases whose name contains this.
    #[arg(long, default_value = "", hide_default_value = true)]
    only: String,

    /// Say it all as one JSON object instead.
    #[arg(long)]
    json: bool,

    /// Name the cases and their rules, and judge nothing.
    #[arg(long)]
    list: bool,
}

fn main() -> ExitCode {
    let options = Options::parse();
    if options.list {
        for case in cases::all() {
            println!("{}\n    {} ({})", case.name, case.rule, case.chapter);
        }
        return ExitCode::SUCCESS;
    }
    match run(options) {
        Ok(code) => code,
        Err(sentence) => {
            eprintln!("session-conformance: {sentence}");
            ExitCode::from(2)
        }
    }
}

fn run(options: Options) -> Result<ExitCode, String> {
    let backend = Backend::meet(Settings {
        api: options.url.unwrap_or_default().trim_end_matches('/').to_owned(),
        profile: options.profile,
        token: options.token,
        other_token: options.other_token,
        origin: options.origin,
        timeout: Duration::from_secs(options.timeout),
    })?;
    if !options.json {
        println!("{}", report::heading(&backend));
    }
    let tell = |judgement: &Judgement| {
        if !options.json {
            println!("{}", report::line(judgement));
        }
    };
    let judgements = judge(&backend, &options.only, tell);
    if judgements.is_empty() {
        return Err(format!(
            "no case of the {:?} profile has \"{}\" in its name; --list names them all",
            backend.profile(),
            options.only
        ));
    }
    if options.json {
        println!("{:#}", report::json(&backend, &judgements));
    } else {
        println!("{}", report::summary(&judgements, backend.profile()));
    }
    let is_broken = judgements.iter().any(|judgement| matches!(judgement.finding, Finding::Broken(_)));
    Ok(ExitCode::from(u8::from(is_broken)))
}
