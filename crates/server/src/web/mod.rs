//! What all pages share: layout, languages, assets, caching, security headers, errors.
//!
//! Names no feature. A page is a struct with an askama template and a [`Chrome`]; a handler asks its
//! [`PageRequest`] to make it, from the cache of rendered pages where it may.

mod access;
mod assets;
mod attachment;
mod cache;
mod client;
mod error_page;
mod flight;
mod format;
mod forms;
mod headers;
mod i18n;
mod language;
mod layout;
mod limits;
mod listener;
mod live;
mod page_request;
mod principal;
mod security_txt;
#[cfg(test)]
mod tests;

pub use access::{Access, ROWS_ROUTE, Routes, authorize};
#[cfg(test)]
pub use access::{Object, Rule};
pub use assets::{asset_url, integrity, routes as asset_routes};
pub use attachment::attachment;
pub use cache::CachePolicy;
pub use client::{Client, client, know_client};
pub use error_page::{Rendered, render_errors};
pub use format::{Figure, TimeStyle, change, figure, format_time, how_long, thousands};
pub use forms::check_form_token;
pub use headers::security_headers;
pub use i18n::Tr;
pub use language::choose_language;
pub use layout::{Chrome, NavItem};
pub use limits::{Cost, Limiter, admit, network_of};
pub use listener::{Tls, certificate_end, serve_connections};
pub use live::{LIVE_PATH, OpenPage, PULSE, event_stream, retry_after, routes as live_routes};
pub use page_request::{Asked, PageRequest, Shared, Vitals};
pub use principal::{Principal, Standing, Via, Who};
pub use security_txt::show_security_contact;
