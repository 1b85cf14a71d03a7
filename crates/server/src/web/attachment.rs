//! Answers that a browser keeps as a file.

use axum::{
    body::Body,
    http::header,
    response::{IntoResponse, Response},
};

/// A file that nobody keeps on the way. `name` holds letters, digits, hyphens and dots alone: whoever calls has found
/// what it is made of.
pub fn attachment(kind: &str, name: &str, body: impl Into<Body>) -> Response {
    let headers = [
        (header::CONTENT_TYPE, kind.to_owned()),
        (header::CONTENT_DISPOSITION, format!("attachment; filename=\"{name}\"")),
        (header::CACHE_CONTROL, "no-store".to_owned()),
    ];
    (headers, body.into()).into_response()
}
