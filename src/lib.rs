//! The session tracker.
