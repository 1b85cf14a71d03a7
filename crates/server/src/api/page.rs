//! What all lists of the API share: a limit, a cursor, and an entity tag that is known without reading.

use crate::{
    app::App,
    error::{AppError, AppResult},
    web::{Via, Who},
};
use axum::{
    extract::{Request, State},
    http::{HeaderValue, Method, StatusCode, header},
    middleware::Next,
    response::{IntoResponse, Response},
};
use pendopo_vocab::Sensitivity;
use serde::{Deserialize, Serialize};
use std::hash::{DefaultHasher, Hash, Hasher};
use utoipa::{IntoParams, ToSchema};

/// Items returned when the caller does not say.
const USUAL_LIMIT: i64 = 100;
/// Items returned at most.
const MOST: i64 = 1000;

/// One page of a list.
#[derive(Debug, Serialize, ToSchema)]
pub struct Page<T: ToSchema> {
    /// The items.
    pub items: Vec<T>,
    /// Send this as `cursor` to get the next page; absent on the last one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub next: Option<String>,
}

/// Which page of a list.
#[derive(Debug, Default, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct PageQuery {
    /// `next` of the page before.
    #[param(pattern = "^-?[0-9]{1,19}([.]-?[0-9]{1,19}){0,2}$")]
    pub cursor: Option<String>,
    /// Items wanted, 1 to 1000; 100 when left out.
    #[param(minimum = 1, maximum = 1000)]
    pub limit: Option<i64>,
}

impl PageQuery {
    /// The limit.
    ///
    /// # Errors
    /// When it is not between 1 and 1000.
    pub fn limit(&self) -> AppResult<i64> {
        match self.limit.unwrap_or(USUAL_LIMIT) {
            limit @ 1..=MOST => Ok(limit),
            other => Err(AppError::Invalid(format!("limit is {other}; it must be between 1 and {MOST}"))),
        }
    }

    /// The numbers of the cursor: `None` on the first page.
    ///
    /// # Errors
    /// When the cursor is not one that this list gave.
    pub fn after<const N: usize>(&self) -> AppResult<Option<[i64; N]>> {
        let Some(text) = &self.cursor else { return Ok(None) };
        let numbers: Option<Vec<i64>> = text.split('.').map(|part| part.parse().ok()).collect();
        let numbers = numbers.and_then(|numbers| <[i64; N]>::try_from(numbers).ok());
        numbers.map(Some).ok_or_else(|| AppError::Invalid("cursor: not one that this list gave".to_owned()))
    }
}

/// Cuts a page of at most `limit` items out of one more than that; `key` gives the place of the last one.
pub fn cut<R, T: ToSchema, const N: usize>(
    mut rows: Vec<R>,
    limit: i64,
    key: impl Fn(&R) -> [i64; N],
    item: impl FnMut(R) -> T,
) -> Page<T> {
    let limit = usize::try_from(limit).unwrap_or(usize::MAX);
    let more = rows.len() > limit;
    rows.truncate(limit);
    let next = rows.last().filter(|_| more).map(|last| key(last).map(|part| part.to_string()).join("."));
    Page { items: rows.into_iter().map(item).collect(), next }
}

/// Answers `304` when the caller has the present state, and tags what it gets otherwise.
pub async fn entity_tags(State(app): State<App>, who: Who, request: Request, next: Next) -> Response {
    // A browser keeps nothing of what may be restricted; a program keeps what it likes anyway.
    let in_a_browser = matches!(who.0.via, Via::Session(_));
    if request.method() != Method::GET || (in_a_browser && who.0.scope.sensitivity >= Sensitivity::Restricted)
    {
        return next.run(request).await;
    }
    let mut hasher = DefaultHasher::new();
    request.uri().hash(&mut hasher);
    who.0.scope.hash(&mut hasher);
    app.data_version().hash(&mut hasher);
    let tag = format!("W/\"{:016x}\"", hasher.finish());
    let Ok(tag_header) = HeaderValue::from_str(&tag) else { return next.run(request).await };
    let known = request
        .headers()
        .get_all(header::IF_NONE_MATCH)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .any(|tags| tags.split(',').any(|known| known.trim() == tag));
    let mut response = if known { StatusCode::NOT_MODIFIED.into_response() } else { next.run(request).await };
    if response.status().is_success() || known {
        response.headers_mut().insert(header::ETAG, tag_header);
        response.headers_mut().insert(header::CACHE_CONTROL, HeaderValue::from_static("private, no-cache"));
    }
    response
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cursors_round_trip_and_foreign_ones_are_refused() {
        let page = cut(vec![1i64, 2, 3], 2, |item| [*item, 7], |item| item);
        assert_eq!((page.items.len(), page.next.as_deref()), (2, Some("2.7")));
        let query = PageQuery { cursor: page.next, limit: None };
        assert_eq!(query.after::<2>().unwrap(), Some([2, 7]));
        assert!(query.after::<3>().is_err());
        assert!(PageQuery { cursor: Some("x".to_owned()), limit: Some(0) }.limit().is_err());
        assert_eq!(cut(vec![1i64], 2, |item| [*item], |item| item).next, None);
    }
}
