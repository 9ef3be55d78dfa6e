//! A database's URL: which one it is where nobody says, and how it may be shown.

/// What hosting platforms name the database by, else a file beside the server.
pub(super) fn by_default() -> String {
    std::env::var("DATABASE_URL").unwrap_or_else(|_| "sqlite:data/sessions.db".into())
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
}
