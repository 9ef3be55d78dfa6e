//! Which settings are dangerous together, or could let nobody in: a server with such settings does not start.

use super::Settings;
use crate::auth::AuthMode;
use crate::auth::issuers::Issuers;

impl Settings {
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

#[cfg(test)]
mod tests {
    use super::*;
    use clap::Parser;

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
}
