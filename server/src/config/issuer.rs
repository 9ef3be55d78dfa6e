//! An identity provider as the operator writes it: a table `[[issuer]]` of the configuration file, or `--issuer kind=firebase,project=…`.
//! What it means for a token is said in [`crate::auth::issuers`].

use jsonwebtoken::Algorithm;
use serde::Deserialize;
use serde_json::{Map, Value};
use std::path::PathBuf;

/// One provider.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(tag = "kind", rename_all = "lowercase", deny_unknown_fields)]
pub enum Provider {
    /// Firebase Authentication: RS256 by Google's keys, for this project.
    Firebase {
        /// The project's id.
        project: String,
        /// Where the keys are, if not at Google's.
        #[serde(default = "googles_keys")]
        jwks_url: String,
    },
    /// Supabase: ES256 or RS256 by the project's keys, and HS256 by its legacy secret where that is given.
    Supabase {
        /// `https://<project>.supabase.co`.
        url: String,
        /// Whom tokens are for.
        #[serde(default = "authenticated")]
        audience: String,
        /// The project's legacy JWT secret.
        #[serde(default)]
        legacy_secret: Option<SharedSecret>,
    },
    /// Any provider that publishes its keys.
    Jwks {
        /// The `iss` of its tokens.
        issuer: String,
        /// Whom tokens are for.
        audience: String,
        /// Where its keys are.
        jwks_url: String,
        /// What it signs with.
        #[serde(default = "usual_algorithms", deserialize_with = "public_algorithms")]
        algorithms: Vec<Algorithm>,
    },
    /// Whoever knows a secret.
    Hs256 {
        /// The `iss` of its tokens.
        issuer: String,
        /// Whom tokens are for.
        audience: String,
        /// The secret.
        secret: SharedSecret,
    },
}

/// Where a secret is: never in the configuration itself, nor in a flag, which every user of the machine can read.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(try_from = "String")]
pub enum SharedSecret {
    /// `file:PATH`.
    File(PathBuf),
    /// `env:NAME`.
    Environment(String),
}

/// RFC 7518, section 3.2: a key for HS256 has at least 256 bits, or it can be guessed from any token.
const SECRET_BYTES: usize = 32;

impl SharedSecret {
    /// The secret.
    ///
    /// # Errors
    /// A sentence that says where it was looked for.
    pub fn read(&self) -> Result<String, String> {
        let (place, secret) = match self {
            Self::File(path) => (
                format!("the file {}", path.display()),
                std::fs::read_to_string(path).map_err(|error| error.to_string()),
            ),
            Self::Environment(name) => {
                (format!("the environment variable {name}"), std::env::var(name).map_err(|error| error.to_string()))
            }
        };
        let secret = secret.map_err(|error| format!("an issuer's secret cannot be read from {place}: {error}"))?;
        let secret = secret.trim_end_matches(['\r', '\n']);
        if secret.len() < SECRET_BYTES {
            return Err(format!(
                "an issuer's secret in {place} has {} bytes; HS256 needs {SECRET_BYTES} or more, or it can be guessed from any token",
                secret.len()
            ));
        }
        Ok(secret.into())
    }
}

impl TryFrom<String> for SharedSecret {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        match text.split_once(':') {
            Some(("file", path)) if !path.is_empty() => Ok(Self::File(path.into())),
            Some(("env", name)) if !name.is_empty() => Ok(Self::Environment(name.into())),
            _ => Err("a secret is given as file:PATH or env:NAME, never itself".into()),
        }
    }
}

/// Reads `kind=jwks,issuer=…,audience=…`. Where there are several algorithms, `+` stands between them.
///
/// # Errors
/// A sentence that names what is wrong.
pub fn parse(text: &str) -> Result<Provider, String> {
    let mut table = Map::new();
    for pair in text.split(',') {
        let (name, value) = pair.split_once('=').ok_or(format!("`{pair}`: expected name=value"))?;
        let value = match name.trim() {
            "algorithms" => value.split('+').map(Value::from).collect(),
            _ => Value::from(value),
        };
        table.insert(name.trim().into(), value);
    }
    serde_json::from_value(Value::Object(table)).map_err(|error| error.to_string())
}

fn googles_keys() -> String {
    "https://www.googleapis.com/service_accounts/v1/jwk/securetoken@system.gserviceaccount.com".into()
}

fn authenticated() -> String {
    "authenticated".into()
}

fn usual_algorithms() -> Vec<Algorithm> {
    vec![Algorithm::RS256, Algorithm::ES256]
}

/// An HMAC algorithm beside published keys is how a public key gets used as a secret.
fn public_algorithms<'de, D: serde::Deserializer<'de>>(deserializer: D) -> Result<Vec<Algorithm>, D::Error> {
    let algorithms = Vec::<Algorithm>::deserialize(deserializer)?;
    let hmac = [Algorithm::HS256, Algorithm::HS384, Algorithm::HS512];
    if algorithms.is_empty() || algorithms.iter().any(|algorithm| hmac.contains(algorithm)) {
        return Err(serde::de::Error::custom(
            "algorithms of published keys are RS256, RS384, RS512, PS256, PS384, PS512, ES256, ES384 and EdDSA; at least one of them",
        ));
    }
    Ok(algorithms)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_kind_can_be_said_in_a_flag() {
        for text in [
            "kind=firebase,project=my-app",
            "kind=supabase,url=https://x.supabase.co,legacy_secret=env:SUPABASE_JWT_SECRET",
            "kind=jwks,issuer=https://id.example,audience=app,jwks_url=https://id.example/keys,algorithms=ES256+PS256",
            "kind=hs256,issuer=app,audience=sessions,secret=file:/run/secrets/jwt",
        ] {
            assert!(parse(text).is_ok(), "{text}: {:?}", parse(text));
        }
    }

    #[test]
    fn what_is_misspelt_or_would_be_dangerous_is_refused() {
        for (text, word) in [
            ("kind=firebase", "project"),
            ("kind=firebase,project=x,audience=y", "audience"),
            ("kind=oauth", "oauth"),
            ("project=x", "kind"),
            ("firebase", "name=value"),
            ("kind=hs256,issuer=a,audience=b,secret=hunter2", "file:PATH"),
            ("kind=jwks,issuer=a,audience=b,jwks_url=https://c,algorithms=HS256", "published keys"),
            ("kind=jwks,issuer=a,audience=b,jwks_url=https://c,algorithms=none", "none"),
        ] {
            let error = parse(text).unwrap_err();
            assert!(error.contains(word), "{text}: {error}");
        }
    }

    #[test]
    fn a_secret_that_can_be_guessed_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("secret");
        let secret = SharedSecret::File(file.clone());
        assert!(secret.read().unwrap_err().contains("secret"));
        std::fs::write(&file, "x".repeat(31) + "\n").unwrap();
        assert!(secret.read().unwrap_err().contains("31 bytes"));
        std::fs::write(&file, "x".repeat(32) + "\n").unwrap();
        assert_eq!(secret.read().unwrap(), "x".repeat(32));
    }
}
