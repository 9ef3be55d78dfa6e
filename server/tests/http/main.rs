//! The server as its clients meet it: real HTTP, a real SQLite file, one file a behaviour.

mod logins;
mod support;

mod admin_feed;
mod bad_requests;
mod browsers;
mod durability;
mod ends;
mod golden;
mod jobs;
mod late_events;
mod limits;
mod losses;
mod openapi;
mod reading;
mod repeats;
mod required_login;
mod shutdown;
mod static_files;
mod timing;
mod together;
mod tokens;
mod visit;
mod visitors;
