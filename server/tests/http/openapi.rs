//! The document of the API: placeholder
