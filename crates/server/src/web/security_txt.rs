//! `/.well-known/security.txt` (RFC 9116): whom to write to about a weakness of this center.

use crate::{
    app::App,
    error::{AppError, AppResult},
};
use axum::{
    extract::State,
    http::header,
    response::{IntoResponse, Response},
};
use jiff::ToSpan;

/// The contact named in `server.security_contact`; not found when none is named: a wrong address would be
/// worse than none.
pub async fn show_security_contact(State(app): State<App>) -> AppResult<Response> {
    let contact = &app.config().web.security_contact;
    if contact.is_empty() {
        return Err(AppError::NotFound("security.txt".to_owned()));
    }
    // The file must say when it ends; it is made anew at each asking, so it always holds for a while.
    let end = app.clock().now().checked_add((24 * 90).hours()).map_err(anyhow::Error::from)?;
    let text = format!(
        "Contact: {contact}\nExpires: {}\nPreferred-Languages: id, en\n",
        end.strftime("%Y-%m-%dT%H:%M:%SZ")
    );
    Ok(([(header::CONTENT_TYPE, "text/plain; charset=utf-8")], text).into_response())
}
