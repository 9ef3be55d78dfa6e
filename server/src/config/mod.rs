//! What an operator may set: each flag is also an environment variable, `SESSION_` and its name in upper case. `--help` documents them.

pub mod file;
pub mod issuer;

use crate::auth::AuthMode;
use crate::auth::issuers::Issuers;
use crate::client_address::ForwardedHeader;
use crate::logging::LogFormat;
use crate::room::RoomTiming;
use axum::http::HeaderName;
use clap::Parser;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

/// The reference backend of the session API: who is there, where, and for how long.
#[derive(Clone, Debug, Parser)]
#[command(
    name = "session-server",
    version,
    after_help = "session-server doctor, with the same settings, goes through a checklist of what must work, and fails if something does not."
)]
pub struct Settings {
    /// A TOML or JSON file with settings under the names of these flags, without the dashes in front. A flag outranks its environment
    /// variable, and that the file.
    #[arg(long, env = "SESSION_CONFIG", value_name = "FILE")]
    pub config: Option<PathBuf>,

    /// Address and port to listen on. Port 0 takes any free one.
    #[arg(long, env = "SESSION_LISTEN", default_value = "127.0.0.1:8787")]
    pub listen: SocketAddr,

    /// Where to store: `sqlite:` and a path (the file and its folder are made when missing), or a `postgres://` URL.
    /// `DATABASE_URL` is read too.
    #[arg(long, env = "SESSION_DATABASE", default_value_t = default_database())]
    pub database: String,

    /// Who is asking. `none`: whoever the request says, which is for one machine only. `optional`: whoever a token of an issuer says,
    /// and anonymous visitors. `required`: whoever a token of an issuer says.
    #[arg(long, env = "SESSION_AUTH", value_enum, default_value = "none")]
    pub auth: AuthMode,

    /// An identity provider whose tokens are believed; may be said several times (`;` between them in the environment).
    /// `kind=firebase,project=ID` or `kind=supabase,url=https://….supabase.co[,legacy_secret=…]` or
    /// `kind=jwks,issuer=…,audience=…,jwks_url=https://…[,algorithms=RS256+ES256]` or `kind=hs256,issuer=…,audience=…,secret=…`.
    /// A secret is `env:NAME` or `file:PATH`. In the configuration file, each is a table `[[issuer]]` of the same names.
    #[arg(long = "issuer", env = "SESSION_ISSUER", value_name = "NAME=VALUE,…", value_delimiter = ';', value_parser = issuer::parse)]
    pub issuers: Vec<issuer::Provider>,

    /// The server signs its own tokens with a new key after so many days. Tokens of earlier keys stay good until they expire.
    #[arg(long, env = "SESSION_SIGNING_KEY_DAYS", value_name = "DAYS", default_value = "90", value_parser = clap::value_parser!(u32).range(1..=3650))]
    pub signing_key_days: u32,

    /// Allow `--auth none` on an address that other machines reach. Anybody can then write and read as anybody.
    #[arg(long, env = "SESSION_INSECURE")]
    pub insecure: bool,

    /// Serve this folder's files under `/`.
    #[arg(long, env = "SESSION_WWW", value_name = "DIR")]
    pub www: Option<PathBuf>,

    /// Serve this folder's files (the built npm package) under `/pkg/`.
    #[arg(long, env = "SESSION_PKG", value_name = "DIR")]
    pub pkg: Option<PathBuf>,

    /// The file that holds the service token of the admin routes; made, readable by its owner alone, when missing.
    #[arg(long, env = "SESSION_SERVICE_TOKEN_FILE", value_name = "FILE", default_value = "data/service-token")]
    pub service_token_file: PathBuf,

    /// Give the service token to a page of this server that is opened on this machine (`/live/service-token`).
    #[arg(long, env = "SESSION_HAND_OUT_SERVICE_TOKEN")]
    pub hand_out_service_token: bool,

    /// Origins whose pages may use the API, such as `https://app.example`; `*` for all. The server's own pages always may,
    /// and with `--auth none` so may those of this machine (`http://localhost:3000`).
    #[arg(long, env = "SESSION_ALLOW_ORIGIN", value_name = "ORIGIN", value_delimiter = ',')]
    pub allow_origin: Vec<String>,

    /// Platforms that sessions may name, beside those in the database's table `platforms` (`web`, `ios-external`, `ios-internal`,
    /// `ios-widget`, `macos-internal`); `*` for any.
    #[arg(
        long = "platform",
        env = "SESSION_PLATFORM",
        value_name = "NAME",
        value_delimiter = ',',
        default_value = "*"
    )]
    pub platforms: Vec<String>,

    /// Store the visitor's network with a session: the address cut to /24 (IPv4) or /48 (IPv6). Off, nothing of it is stored.
    #[arg(long, env = "SESSION_STORE_IP")]
    pub store_ip: bool,

    /// Run so many seconds ahead of the machine's clock: a restart with it is a jump in time, for tests on this machine.
    #[arg(long = "clock-ahead-seconds", env = "SESSION_CLOCK_AHEAD_SECONDS", value_name = "SECONDS", default_value = "0", value_parser = seconds_ahead, hide = true)]
    pub clock_ahead: Duration,

    /// How many proxies of yours stand in front of the server, one behind the other. Of the addresses that they forward, the one that the
    /// outermost has seen is the client's. Without any, the header is not read.
    #[arg(long, env = "SESSION_TRUSTED_PROXY_HOPS", value_name = "NUMBER", default_value = "0")]
    pub trusted_proxy_hops: u8,

    /// In which header your proxies forward the client's address.
    #[arg(long, env = "SESSION_FORWARDED_HEADER", value_enum, default_value = "x-forwarded-for")]
    pub forwarded_header: ForwardedHeader,

    /// In which header your proxies name the visitor's country by its two letters, such as `cf-ipcountry`: it is stored in the session's
    /// `locationInfo` as `country`, over what the page says. Without it no country is looked up.
    #[arg(long, env = "SESSION_COUNTRY_HEADER", value_name = "HEADER")]
    pub country_header: Option<HeaderName>,

    /// Requests a minute of one subject, of which that many may come at once; 0 for no limit. Ten busy tabs make about 600.
    #[arg(long, env = "SESSION_SUBJECT_REQUESTS_PER_MINUTE", value_name = "NUMBER", default_value = "1200")]
    pub subject_requests_per_minute: u32,

    /// Requests a minute from one network (/24 or /48), of which that many may come at once; 0 for no limit. This machine's own are not
    /// counted.
    #[arg(long, env = "SESSION_NETWORK_REQUESTS_PER_MINUTE", value_name = "NUMBER", default_value = "120000")]
    pub network_requests_per_minute: u32,

    /// A connection is closed when it has not said for so long what it wants next. Longer than two heartbeats, so that a page's connection
    /// lives between them.
    #[arg(long = "head-timeout-seconds", env = "SESSION_HEAD_TIMEOUT_SECONDS", value_name = "SECONDS", default_value = "75", value_parser = seconds)]
    pub head_timeout: Duration,

    /// A body must have arrived after so long. A slow phone needs seconds; a stalled connection would hold its buffer for ever.
    #[arg(long = "body-timeout-seconds", env = "SESSION_BODY_TIMEOUT_SECONDS", value_name = "SECONDS", default_value = "30", value_parser = seconds)]
    pub body_timeout: Duration,

    /// Where Prometheus may ask for `/metrics`, such as 127.0.0.1:9464. They are counted either way, and without it served nowhere.
    #[arg(long, env = "SESSION_METRICS_LISTEN", value_name = "ADDRESS")]
    pub metrics_listen: Option<SocketAddr>,

    /// What is logged: `error`, `warn`, `info`, `debug` (each request) or `trace`, or by module, such as `warn,session_server=debug`.
    #[arg(long, env = "SESSION_LOG", value_name = "FILTER", default_value = "info")]
    pub log: String,

    /// What a line of the log looks like.
    #[arg(long, env = "SESSION_LOG_FORMAT", value_enum, default_value = "human")]
    pub log_format: LogFormat,

    /// The constants of sessions.
    #[command(flatten)]
    pub timing: Timing,
}

/// The constants of sessions. The start reply tells them to the client, so they have one home.
#[derive(Clone, Debug, clap::Args)]
pub struct Timing {
    /// A session ends when nothing was heard of it for so long.
    #[arg(long = "timeout-seconds", env = "SESSION_TIMEOUT_SECONDS", value_name = "SECONDS", default_value = "3600", value_parser = seconds)]
    pub timeout: Duration,

    /// A session whose page was left can be taken up again for so long.
    #[arg(long = "resume-seconds", env = "SESSION_RESUME_SECONDS", value_name = "SECONDS", default_value = "1800", value_parser = seconds)]
    pub resume: Duration,

    /// A person counts as idle after so long without input.
    #[arg(long = "idle-seconds", env = "SESSION_IDLE_SECONDS", value_name = "SECONDS", default_value = "300", value_parser = seconds)]
    pub idle: Duration,

    /// Pages say that they are still there so often.
    #[arg(long = "heartbeat-seconds", env = "SESSION_HEARTBEAT_SECONDS", value_name = "SECONDS", default_value = "30", value_parser = seconds)]
    pub heartbeat: Duration,

    /// A section counts as entered when it was stayed in for so long.
    #[arg(long = "debounce-milliseconds", env = "SESSION_DEBOUNCE_MILLISECONDS", value_name = "MILLISECONDS", default_value = "1000", value_parser = milliseconds)]
    pub debounce: Duration,

    /// Queued events are sent after at most so long.
    #[arg(long = "flush-seconds", env = "SESSION_FLUSH_SECONDS", value_name = "SECONDS", default_value = "5", value_parser = seconds)]
    pub flush: Duration,

    /// History is kept at least so many days.
    #[arg(long = "history-days", env = "SESSION_HISTORY_DAYS", value_name = "DAYS", default_value = "90", value_parser = clap::value_parser!(u32).range(1..=3650))]
    pub history_days: u32,

    /// Conversations with a model are kept at least so many days after their last interaction.
    #[arg(long = "ai-history-days", env = "SESSION_AI_HISTORY_DAYS", value_name = "DAYS", default_value = "90", value_parser = clap::value_parser!(u32).range(1..=3650))]
    pub ai_history_days: u32,

    /// The constants of rooms.
    #[command(flatten)]
    pub rooms: RoomTiming,
}

impl Default for Timing {
    fn default() -> Self {
        Self {
            timeout: Duration::from_secs(3_600),
            resume: Duration::from_secs(1_800),
            idle: Duration::from_secs(300),
            heartbeat: Duration::from_secs(30),
            debounce: Duration::from_secs(1),
            flush: Duration::from_secs(5),
            history_days: 90,
            ai_history_days: 90,
            rooms: RoomTiming::default(),
        }
    }
}

impl Settings {
    /// The settings of a server that was given no flags, for this database.
    #[must_use]
    pub fn for_database(database: impl Into<String>) -> Self {
        let mut settings = Self::parse_from(["session-server"]);
        settings.database = database.into();
        settings
    }

    /// For how long one key of the server's signs.
    #[must_use]
    pub fn key_signs_for(&self) -> Duration {
        Duration::from_secs(u64::from(self.signing_key_days) * 86_400)
    }

    /// Refuses what would be dangerous, in a sentence for the operator.
    ///
    /// # Errors
    /// What is wrong, and what to do about it.
    pub fn check(&self) -> Result<(), String> {
        let local = self.listen.ip().is_loopback();
        if self.auth == AuthMode::None && !local && !self.insecure {
            return Err(format!(
                "--auth none on {} would let anybody on the network write and read as anybody. \
                 Listen on 127.0.0.1, or say --insecure if that is meant.",
                self.listen
            ));
        }
        if self.auth == AuthMode::Required && self.issuers.is_empty() {
            return Err("--auth required needs an --issuer, or nobody could log in.".into());
        }
        Issuers::open(&self.issuers)?;
        if self.hand_out_service_token && !local {
            return Err("--hand-out-service-token is for a server on this machine: listen on 127.0.0.1.".into());
        }
        if !self.clock_ahead.is_zero() && !local {
            return Err("--clock-ahead-seconds is for tests on this machine: listen on 127.0.0.1.".into());
        }
        if self.country_header.is_some() && self.trusted_proxy_hops == 0 {
            return Err(
                "--country-header without --trusted-proxy-hops would believe whatever a visitor writes into it.".into(),
            );
        }
        for origin in &self.allow_origin {
            let host = origin.strip_prefix("https://").or_else(|| origin.strip_prefix("http://"));
            if origin != "*" && host.is_none_or(|host| host.is_empty() || host.contains('/')) {
                return Err(format!(
                    "--allow-origin {origin}: an origin is https://host or http://host:port, without a path, or *."
                ));
            }
        }
        Ok(())
    }
}

/// A database's URL as it may be shown: no user, no password, no parameters. Where it cannot be told where a password ends, the scheme alone.
#[must_use]
pub fn without_credentials(url: &str) -> String {
    let Some((scheme, rest)) = url.split_once("://") else { return url.into() };
    let shown = rest.split('?').next().unwrap_or_default();
    match (shown.rsplit_once('@'), rest.contains('@')) {
        (Some((_, shown)), _) => format!("{scheme}://{shown}"),
        (None, true) => format!("{scheme}://…"),
        (None, false) => format!("{scheme}://{shown}"),
    }
}

/// Hosting platforms name the database so.
fn default_database() -> String {
    std::env::var("DATABASE_URL").unwrap_or_else(|_| "sqlite:data/sessions.db".into())
}

pub(crate) fn seconds(text: &str) -> Result<Duration, String> {
    number(text, 86_400).map(Duration::from_secs)
}

fn seconds_ahead(text: &str) -> Result<Duration, String> {
    text.parse().map(Duration::from_secs).map_err(|_| "expected a whole number of seconds".into())
}

fn milliseconds(text: &str) -> Result<Duration, String> {
    number(text, 60_000).map(Duration::from_millis)
}

fn number(text: &str, most: u64) -> Result<u64, String> {
    text.parse()
        .ok()
        .filter(|number| (1..=most).contains(number))
        .ok_or(format!("expected a whole number from 1 to {most}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_database_is_shown_without_its_password() {
        for (url, shown) in [
            ("postgres://ada:secret@db.example:5432/app?sslmode=require", "postgres://db.example:5432/app"),
            ("postgres://ada:s@cr/et@db.example/app", "postgres://db.example/app"),
            ("postgres://ada:wh?at@db.example/app", "postgres://…"),
            ("postgres://db.example/app?password=secret", "postgres://db.example/app"),
            ("sqlite:data/sessions.db", "sqlite:data/sessions.db"),
        ] {
            assert_eq!(without_credentials(url), shown);
        }
    }

    fn settings(flags: &[&str]) -> Settings {
        Settings::parse_from([&["session-server"], flags].concat())
    }

    #[test]
    fn the_defaults_are_safe() {
        assert_eq!(settings(&[]).check(), Ok(()));
    }

    #[test]
    fn no_login_is_refused_where_other_machines_could_reach_it() {
        assert!(settings(&["--listen", "0.0.0.0:0"]).check().unwrap_err().contains("--insecure"));
        assert_eq!(settings(&["--listen", "0.0.0.0:0", "--insecure"]).check(), Ok(()));
    }

    #[test]
    fn the_service_token_is_not_handed_to_the_network() {
        let flags = ["--listen", "0.0.0.0:0", "--insecure", "--hand-out-service-token"];
        assert!(settings(&flags).check().is_err());
    }

    #[test]
    fn the_clock_of_a_server_that_others_reach_is_not_moved() {
        assert_eq!(settings(&["--clock-ahead-seconds", "3660"]).check(), Ok(()));
        assert!(settings(&["--listen", "0.0.0.0:0", "--insecure", "--clock-ahead-seconds", "1"]).check().is_err());
        assert_eq!(settings(&["--listen", "0.0.0.0:0", "--insecure", "--clock-ahead-seconds", "0"]).check(), Ok(()));
    }

    #[test]
    fn a_login_that_nobody_could_pass_is_refused() {
        assert!(settings(&["--auth", "required"]).check().unwrap_err().contains("--issuer"));
        let flags = ["--auth", "required", "--issuer", "kind=firebase,project=app", "--listen", "0.0.0.0:0"];
        assert_eq!(settings(&flags).check(), Ok(()));
        assert_eq!(settings(&["--auth", "optional", "--listen", "0.0.0.0:0"]).check(), Ok(()));
    }

    #[test]
    fn a_country_is_believed_behind_a_proxy_alone() {
        let flags = ["--country-header", "cf-ipcountry"];
        assert!(settings(&flags).check().unwrap_err().contains("--trusted-proxy-hops"));
        assert_eq!(settings(&[&flags[..], &["--trusted-proxy-hops", "1"]].concat()).check(), Ok(()));
    }

    #[test]
    fn an_origin_has_no_path() {
        assert!(settings(&["--allow-origin", "https://app.example/start"]).check().is_err());
        assert_eq!(settings(&["--allow-origin", "https://a.example,http://b.example:3000"]).check(), Ok(()));
    }

    #[test]
    fn a_duration_of_nothing_is_refused() {
        assert!(Settings::try_parse_from(["session-server", "--timeout-seconds", "0"]).is_err());
        assert!(Settings::try_parse_from(["session-server", "--timeout-seconds", "86401"]).is_err());
    }
}
