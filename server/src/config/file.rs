//! Settings out of a file. Its names are the flags' own, so what a flag takes is said once; a flag and an environment variable outrank it.

use super::Settings;
use super::issuer::Provider;
use clap::parser::ValueSource;
use clap::{Arg, ArgMatches, Command, CommandFactory, FromArgMatches};
use std::ffi::OsString;
use std::path::Path;
use toml::{Table, Value};

/// The settings of these arguments, of the environment, and of the file that either names.
///
/// # Errors
/// What is wrong, for the operator; also the text of `--help`, which ends the program as well.
pub fn read(arguments: impl IntoIterator<Item = OsString>) -> Result<Settings, clap::Error> {
    let arguments: Vec<OsString> = arguments.into_iter().collect();
    let command = Settings::command();
    let said = command.clone().try_get_matches_from(&arguments)?;
    let Some(path) = Settings::from_arg_matches(&said)?.config else { return Settings::from_arg_matches(&said) };
    let wrong = |sentence: String| {
        command.clone().error(clap::error::ErrorKind::ValueValidation, format!("{}: {sentence}", path.display()))
    };

    let mut table = parse(&path).map_err(wrong)?;
    let issuers = table.remove("issuer").map(Value::try_into::<Vec<Provider>>).transpose();
    let issuers = issuers.map_err(|error| wrong(format!("issuer: {error}")))?;
    let mut all: Vec<OsString> = arguments.iter().take(1).cloned().collect();
    for (name, value) in &table {
        let argument = argument(&command, name).ok_or_else(|| wrong(format!("there is no setting `{name}`")))?;
        if !outranked(&said, argument) {
            all.extend(flags(name, value).map_err(wrong)?);
        }
    }
    all.extend(arguments.into_iter().skip(1));

    let matches = command.clone().try_get_matches_from(all)?;
    let mut settings = Settings::from_arg_matches(&matches)?;
    if let Some(issuers) = issuers.filter(|_| settings.issuers.is_empty()) {
        settings.issuers = issuers;
    }
    Ok(settings)
}

fn parse(path: &Path) -> Result<Table, String> {
    let text = std::fs::read_to_string(path).map_err(|error| error.to_string())?;
    if path.extension().is_some_and(|extension| extension == "json") {
        serde_json::from_str(&text).map_err(|error| error.to_string())
    } else {
        toml::from_str(&text).map_err(|error| error.to_string())
    }
}

/// TOML likes underscores where flags have dashes; either will do.
fn argument<'a>(command: &'a Command, name: &str) -> Option<&'a Arg> {
    let long = dashed(name);
    command.get_arguments().find(|argument| argument.get_long() == Some(&long)).filter(|_| long != "config")
}

fn dashed(name: &str) -> String {
    name.replace('_', "-")
}

fn outranked(said: &ArgMatches, argument: &Arg) -> bool {
    // Hosting platforms give the database in a variable that is not ours.
    let is_given = argument.get_id() == "database" && std::env::var_os("DATABASE_URL").is_some();
    is_given
        || matches!(
            said.value_source(argument.get_id().as_str()),
            Some(ValueSource::CommandLine | ValueSource::EnvVariable)
        )
}

fn flags(name: &str, value: &Value) -> Result<Vec<OsString>, String> {
    let flag = |text: &str| vec![format!("--{}={text}", dashed(name)).into()];
    match value {
        Value::Boolean(true) => Ok(vec![format!("--{}", dashed(name)).into()]),
        Value::Boolean(false) => Ok(Vec::new()),
        Value::String(text) => Ok(flag(text)),
        Value::Integer(number) => Ok(flag(&number.to_string())),
        Value::Array(items) => {
            let flags: Result<Vec<_>, _> = items.iter().map(|item| flags(name, item)).collect();
            Ok(flags?.concat())
        }
        _ => Err(format!("`{name}` must be a text, a whole number, true or false, or a list of these")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::auth::AuthMode;
    use std::time::Duration;

    fn with_file(name: &str, text: &str, flags: &[&str]) -> Result<Settings, String> {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join(name);
        std::fs::write(&file, text).unwrap();
        let arguments = [&["session-server", "--config", file.to_str().unwrap()], flags].concat();
        read(arguments.into_iter().map(Into::into)).map_err(|error| error.to_string())
    }

    const TOML: &str = r#"
        listen = "127.0.0.1:9999"
        auth = "required"
        allow_origin = ["https://a.example", "https://b.example"]
        store-ip = true
        insecure = false
        timeout-seconds = 600

        [[issuer]]
        kind = "firebase"
        project = "my-app"

        [[issuer]]
        kind = "hs256"
        issuer = "app"
        audience = "sessions"
        secret = "env:APP_SECRET"
    "#;

    #[test]
    fn a_file_says_what_flags_say_and_lists_the_issuers() {
        let settings = with_file("settings.toml", TOML, &[]).unwrap();
        assert_eq!(settings.listen.port(), 9999);
        assert_eq!((settings.auth, settings.store_ip, settings.insecure), (AuthMode::Required, true, false));
        assert_eq!(settings.allow_origin, ["https://a.example", "https://b.example"]);
        assert_eq!(settings.timing.timeout, Duration::from_secs(600));
        assert_eq!(settings.issuers.len(), 2);
    }

    #[test]
    fn json_will_do_as_well() {
        let text = r#"{ "auth": "optional", "issuer": [{ "kind": "supabase", "url": "https://x.supabase.co" }] }"#;
        let settings = with_file("settings.json", text, &[]).unwrap();
        assert_eq!((settings.auth, settings.issuers.len()), (AuthMode::Optional, 1));
    }

    #[test]
    fn a_flag_outranks_the_file() {
        let flags =
            ["--timeout-seconds", "60", "--allow-origin", "https://c.example", "--issuer", "kind=firebase,project=x"];
        let settings = with_file("settings.toml", TOML, &flags).unwrap();
        assert_eq!(settings.timing.timeout, Duration::from_secs(60));
        assert_eq!(settings.allow_origin, ["https://c.example"]);
        assert_eq!(settings.issuers.len(), 1);
    }

    #[test]
    fn what_is_wrong_in_the_file_is_named() {
        for (text, word) in [
            ("colour = 1", "colour"),
            ("timeout-seconds = 0", "timeout-seconds"),
            ("timeout-seconds = 1.5", "timeout-seconds"),
            ("auth = \"maybe\"", "maybe"),
            ("config = \"other\"", "config"),
            ("[[issuer]]\nkind = \"oauth\"", "oauth"),
            ("listen", "settings.toml"),
        ] {
            let error = with_file("settings.toml", text, &[]).unwrap_err();
            assert!(error.contains(word), "{text}: {error}");
        }
    }
}
