//! The server as its clients meet it: real HTTP, a real SQLite file, one file a behaviour.

mod identity_provider;
mod logins;
mod support;

mod admin_feed;
mod ai;
mod bad_requests;
mod browsers;
mod durability;
mod ends;
mod every_route;
mod golden;
mod jobs;
mod late_events;
mod limits;
mod losses;
mod openapi;
mod operations;
mod published_keys;
mod rate_limits;
mod readiness;
mod reading;
mod repeats;
mod required_login;
mod room_presence;
mod rooms;
mod shutdown;
mod signing_keys;
mod slow_connections;
mod static_files;
mod timing;
mod together;
mod token_attacks;
mod tokens;
mod visit;
mod visitors;
