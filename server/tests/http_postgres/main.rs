//! The same stories over PostgreSQL: every test of `tests/http` runs here again, each in a database of its own. `support` sees by the
//! crate's name which store is meant.

#[path = "../http/main.rs"]
mod http;

mod access;
mod agreement;
mod away;
mod digits;
mod functions;
mod migrations;
mod retention;

use http::*;
