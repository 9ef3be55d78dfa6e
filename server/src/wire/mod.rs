//! The JSON of the API: bodies in ([`body`], [`fields`], [`requests`]) and replies out ([`replies`]). Everything is parsed here once;
//! what comes out of this room is typed and within its limits.

pub mod body;
pub mod fields;
pub mod json;
mod parts;
pub mod replies;
pub mod requests;
