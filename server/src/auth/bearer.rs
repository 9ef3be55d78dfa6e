//! The `Authorization` header and the head of a token, before anything in it is believed.

use crate::error::Problem;
use crate::limits::BEARER_CHARS;
use axum::http::{HeaderMap, header};
use jsonwebtoken::Header;

/// The token of a request. Another scheme than `Bearer` counts as none: browsers send a site's own `Basic` login by themselves.
///
/// # Errors
/// `token-invalid` if there are several, or it is longer than any identity provider's.
pub fn of(headers: &HeaderMap) -> Result<Option<&str>, Problem> {
    let mut tokens = headers.get_all(header::AUTHORIZATION).iter().filter_map(|value| {
        let (scheme, token) = value.to_str().ok()?.split_once(' ')?;
        scheme.eq_ignore_ascii_case("bearer").then_some(token.trim())
    });
    let token = tokens.next();
    if tokens.next().is_some() {
        return Err(Problem::TokenInvalid("There are several bearers. Send one."));
    }
    if token.is_some_and(|token| token.len() > BEARER_CHARS) {
        return Err(Problem::TokenInvalid("The bearer is too long: 8,192 characters are the limit."));
    }
    Ok(token)
}

/// The head of a token, which says by which key and algorithm it claims to be signed. Keys that it brings along (`jwk`, `jku`,
/// `x5c`, `x5u`) are never used.
///
/// # Errors
/// `token-invalid` if it is no signed token, or has a critical extension.
pub fn header(token: &str) -> Result<Header, Problem> {
    let header = jsonwebtoken::decode_header(token).map_err(|_| {
        Problem::TokenInvalid("The bearer is not a signed JSON Web Token of an algorithm that is in use here.")
    })?;
    // RFC 7515, section 4.1.11: whoever does not understand a critical extension must refuse the token. None is understood here.
    if header.crit.is_some() {
        return Err(Problem::TokenInvalid("The bearer has a critical header (crit), and none is understood here."));
    }
    Ok(header)
}
