//! Licensing (DPMPTSP): a Laravel application. Bearer token, the paginator's envelope, numbers as text.

use super::{Shared, json, unavailable};
use crate::{
    mishaps::Service,
    model::{MARK, licences::BRANCHES},
    secrets::LICENCES_TOKEN,
};
use axum::{
    extract::{Query, State},
    http::{HeaderMap, StatusCode, header},
    response::Response,
};
use serde::Deserialize;
use serde_json::{Value, json as object};

/// Rows of one page when the caller does not say.
const PER_PAGE: usize = 200;
/// Largest page given.
const MAX_PER_PAGE: usize = 500;

/// Parameters of the list.
#[derive(Debug, Deserialize)]
pub struct Page {
    page: Option<usize>,
    per_page: Option<usize>,
}

/// Lists licences by kecamatan, branch and month, newest first.
pub async fn list_licences(State(world): Shared, headers: HeaderMap, Query(asked): Query<Page>) -> Response {
    let now = world.now();
    if world.mishaps.late(now) == Some(Service::Licences) {
        return unavailable();
    }
    let wanted = format!("Bearer {}", world.secrets.get(LICENCES_TOKEN));
    let given = headers.get(header::AUTHORIZATION).and_then(|value| value.to_str().ok());
    if given != Some(wanted.as_str()) {
        return json(StatusCode::UNAUTHORIZED, &object!({"message": "Unauthenticated."}));
    }
    let model = &world.model;
    let mut months: Vec<_> = model.closed_months(now).collect();
    months.reverse();
    let keys: Vec<_> = months
        .iter()
        .flat_map(|month| model.districts.iter().map(move |district| (*month, district)))
        .flat_map(|(month, district)| (0..BRANCHES.len()).map(move |branch| (month, district, branch)))
        .collect();
    let per_page = asked.per_page.unwrap_or(PER_PAGE).clamp(1, MAX_PER_PAGE);
    let page = asked.page.unwrap_or(1).max(1);
    let rows: Vec<Value> = keys
        .iter()
        .skip((page - 1) * per_page)
        .take(per_page)
        .map(|(month, district, branch)| {
            let figures = model.licences(district, *branch, *month, now);
            object!({
                "id": i64::from(month.0) * 100_000 + district.code.id() / 10_000 % 100 * 10 + *branch as i64,
                "kode_kecamatan": district.code.undotted(),
                "kecamatan": district.name,
                "periode": month.iso(),
                "sektor": BRANCHES[*branch],
                "nib_terbit": figures.numbers.to_string(),
                "izin_terbit": figures.issued.to_string(),
                "izin_tepat_waktu": figures.on_time.to_string(),
                "nilai_investasi": format!("{}.00", figures.investment_idr),
                "keterangan": MARK,
            })
        })
        .collect();
    let host = headers.get(header::HOST).and_then(|value| value.to_str().ok()).unwrap_or("127.0.0.1");
    json(StatusCode::OK, &envelope(host, page, per_page, keys.len(), rows))
}

fn envelope(host: &str, page: usize, per_page: usize, total: usize, rows: Vec<Value>) -> Value {
    let path = format!("http://{host}/dpmptsp/api/v1/izin");
    let last = total.div_ceil(per_page).max(1);
    // Laravel forgets parameters that the application does not append: per_page is kept here.
    let link = |page: usize| format!("{path}?per_page={per_page}&page={page}");
    let from = (!rows.is_empty()).then(|| (page - 1) * per_page + 1);
    object!({
        "current_page": page,
        "from": from,
        "to": from.map(|from| from + rows.len() - 1),
        "data": rows,
        "first_page_url": link(1),
        "last_page": last,
        "last_page_url": link(last),
        "next_page_url": (page < last).then(|| link(page + 1)),
        "path": path,
        "per_page": per_page,
        "prev_page_url": (page > 1).then(|| link(page - 1)),
        "total": total,
    })
}
