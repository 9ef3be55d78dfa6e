//! What an operator may set: each flag is also an environment variable, `SESSION_` and its name in upper case. `--help` documents them.
//! The rooms: the constants of sessions (`timing`), what is refused together (`check`), settings out of a file ([`file`]), identity
//! providers ([`issuer`]), and how single flags are read (`duration`, `database`). Nobody here knows what a setting is used for.

pub mod file;
pub mod issuer;

mod check;
mod database;
mod duration;
mod timing;

use crate::auth::AuthMode;
use crate::client_address::ForwardedHeader;
use crate::logging::LogFormat;
use axum::http::HeaderName;
use clap::Parser;
pub use database::without_credentials;
pub(crate) use duration::seconds;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;
pub use timing::Timing;

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
    #[arg(long, env = "SESSION_DATABASE", default_value_t = database::by_default())]
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
    #[arg(long = "clock-ahead-seconds", env = "SESSION_CLOCK_AHEAD_SECONDS", value_name = "SECONDS", default_value = "0", value_parser = duration::seconds_ahead, hide = true)]
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
}
