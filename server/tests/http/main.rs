//! The server as its clients meet it: real HTTP, a real database, one file a behaviour.
//! `tests/http_postgres` runs them all again, and so takes every module from here: hence `pub(crate)`.

pub(crate) mod identity_provider;
pub(crate) mod logins;
pub(crate) mod postgres;
pub(crate) mod support;

pub(crate) mod admin_feed;
pub(crate) mod ai;
pub(crate) mod analytics;
pub(crate) mod bad_requests;
pub(crate) mod browsers;
pub(crate) mod doctor;
pub(crate) mod durability;
pub(crate) mod ends;
pub(crate) mod every_route;
pub(crate) mod golden;
pub(crate) mod interleavings;
pub(crate) mod jobs;
pub(crate) mod late_events;
pub(crate) mod limits;
pub(crate) mod losses;
pub(crate) mod numbers;
pub(crate) mod openapi;
pub(crate) mod operations;
pub(crate) mod other_names;
pub(crate) mod own_data;
pub(crate) mod published_keys;
pub(crate) mod rate_limits;
pub(crate) mod readiness;
pub(crate) mod reading;
pub(crate) mod repeats;
pub(crate) mod required_login;
pub(crate) mod room_presence;
pub(crate) mod rooms;
pub(crate) mod setup_guide;
pub(crate) mod shutdown;
pub(crate) mod signing_keys;
pub(crate) mod slow_connections;
pub(crate) mod static_files;
pub(crate) mod timing;
pub(crate) mod together;
pub(crate) mod token_attacks;
pub(crate) mod tokens;
pub(crate) mod visit;
pub(crate) mod visitors;
