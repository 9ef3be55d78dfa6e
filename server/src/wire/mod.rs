//! The JSON of the API: bodies in ([`body`], [`fields`], [`requests`]) and out again, as the answer to a write ([`replies`]) or as what was asked for ([`views`]); of rooms and conversations both are together. Everything is parsed here once;
//! what comes out of this room is typed and within its limits.

pub mod ai;
pub mod analytics;
pub mod body;
pub mod fields;
pub mod json;
pub mod own_data;
mod parts;
pub mod replies;
pub mod requests;
pub mod rooms;
pub mod views;
pub mod who;
