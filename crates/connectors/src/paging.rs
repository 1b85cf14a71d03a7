//! Asking for the next page: Laravel's paginators, cursors, offsets.

use crate::{
    AnswerProblem, HttpRequest, LimitKind, Page,
    connection::{Connection, JsonOptions, Paging},
    json,
    request::{set_parameter, without_query},
};
use url::Url;

/// A run follows at most this many pages: services that page without end do exist.
const MAX_PAGES: usize = 5_000;

/// The request for the page after `page`, or nothing when that was the last.
///
/// `pages_so_far` and `rows_so_far` do not count `page` itself. Offsets advance by the rows received,
/// because services lower the limit silently. A next page on another host is refused: it would carry
/// the key there.
pub fn next_page(
    connection: &Connection,
    request: &HttpRequest,
    pages_so_far: usize,
    rows_so_far: usize,
    page: &Page,
) -> Result<Option<HttpRequest>, AnswerProblem> {
    let Connection::Json(options) = connection else {
        return Ok(None);
    };
    if options.paging == Paging::None {
        return Ok(None);
    }
    let value = json::page_value(&page.body)?;
    let rows = json::count_rows(&value, options)?;
    let next = match &options.paging {
        Paging::None => None,
        Paging::Laravel => laravel(request, &value, rows)?,
        Paging::Cursor { path, parameter } => cursor(request, &value, path, parameter, rows)?,
        Paging::Offset { .. } => offset(options, request, &value, rows_so_far, rows),
    };
    if next.is_some() && pages_so_far + 1 >= MAX_PAGES {
        return Err(AnswerProblem::TooLarge { kind: LimitKind::Pages, limit: MAX_PAGES as u64 });
    }
    Ok(next)
}

fn repeats(request: &HttpRequest) -> AnswerProblem {
    AnswerProblem::PagesRepeat { url: without_query(&request.url) }
}

/// `next_page_url`, `links.next`, or `current_page` below `last_page`, at the top, under `meta` or under
/// `data`.
fn laravel(request: &HttpRequest, value: &str, rows: usize) -> Result<Option<HttpRequest>, AnswerProblem> {
    let text = |paths: &[&str]| {
        let mut found = paths.iter().filter_map(|path| json::at_path(value, path));
        found.find_map(json::scalar)
    };
    let number = |paths: &[&str]| text(paths).and_then(|text| text.parse::<u64>().ok());
    let current = number(&["current_page", "meta.current_page", "data.current_page"]);
    let last = number(&["last_page", "meta.last_page", "data.last_page"]);
    if rows == 0 || matches!((current, last), (Some(current), Some(last)) if current >= last) {
        return Ok(None);
    }
    let link = text(&["next_page_url", "links.next", "data.next_page_url", "data.links.next"]);
    let Some(link) = link.filter(|link| !link.is_empty()) else {
        // Some applications drop the link but keep the numbers.
        return Ok(match (current, last) {
            (Some(current), Some(_)) => {
                let mut next = request.clone();
                set_parameter(&mut next.query, "page", (current + 1).to_string());
                Some(next)
            }
            _ => None,
        });
    };
    let next = follow(request, &link)?;
    let page_of = |request: &HttpRequest| {
        let page = request.query.iter().find(|(name, _)| name == "page");
        page.and_then(|(_, value)| value.parse::<u64>().ok())
    };
    let back = matches!((page_of(&next), current), (Some(next), Some(current)) if next <= current);
    if back || (next.url == request.url && next.query == request.query) {
        return Err(repeats(request));
    }
    Ok(Some(next))
}

/// A request for `link` on the same host. The parameters of the first request stay, since paginators
/// forget filters; the scheme stays too, since applications behind a proxy believe they are on `http`.
fn follow(request: &HttpRequest, link: &str) -> Result<HttpRequest, AnswerProblem> {
    let malformed =
        |detail: &str| AnswerProblem::Malformed { detail: detail.to_owned(), at: "next page".to_owned() };
    let base = Url::parse(&request.url).map_err(|_| malformed("address"))?;
    let target = base.join(link).map_err(|_| malformed("address"))?;
    let same_port = base.port_or_known_default() == target.port_or_known_default()
        || (target.port().is_none() && base.port().is_none());
    if base.host_str() != target.host_str() || !same_port {
        let host = |url: &Url| {
            let port = url.port().map(|port| format!(":{port}")).unwrap_or_default();
            format!("{}{port}", url.host_str().unwrap_or(""))
        };
        return Err(AnswerProblem::OtherHost { expected: host(&base), found: host(&target) });
    }
    let mut next = request.clone();
    let mut address = base.clone();
    address.set_path(target.path());
    address.set_query(None);
    next.url = address.to_string();
    for (name, value) in base.query_pairs().chain(target.query_pairs()) {
        set_parameter(&mut next.query, &name, value.into_owned());
    }
    Ok(next)
}

fn cursor(
    request: &HttpRequest,
    value: &str,
    path: &str,
    parameter: &str,
    rows: usize,
) -> Result<Option<HttpRequest>, AnswerProblem> {
    let found = json::at_path(value, path).and_then(json::scalar);
    let Some(cursor) = found.filter(|cursor| !cursor.is_empty() && cursor != "false") else {
        return Ok(None);
    };
    if rows == 0 {
        return Ok(None);
    }
    let sent = request.query.iter().find(|(name, _)| name == parameter);
    if sent.is_some_and(|(_, value)| *value == cursor) {
        return Err(repeats(request));
    }
    let mut next = request.clone();
    set_parameter(&mut next.query, parameter, cursor);
    Ok(Some(next))
}

fn offset(
    options: &JsonOptions,
    request: &HttpRequest,
    value: &str,
    rows_so_far: usize,
    rows: usize,
) -> Option<HttpRequest> {
    let Paging::Offset { offset_parameter, total, .. } = &options.paging else {
        return None;
    };
    let received = rows_so_far + rows;
    let total = total
        .as_deref()
        .and_then(|path| json::at_path(value, path))
        .and_then(json::scalar)
        .and_then(|text| text.parse::<usize>().ok());
    // A short page is not the end: the service may have lowered the limit. Only an empty page or the
    // total is.
    if rows == 0 || total.is_some_and(|total| received >= total) {
        return None;
    }
    let mut next = request.clone();
    set_parameter(&mut next.query, offset_parameter, received.to_string());
    Some(next)
}
