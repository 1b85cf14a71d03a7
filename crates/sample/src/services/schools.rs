//! Education (Disdik): a resource in the regency's CKAN. `datastore_search` with offset and limit,
//! numbers as text, CKAN's statuses for mistakes, `_links.next` also past the end.

use super::{Shared, json};
use crate::{
    mishaps::Service,
    model::{MARK, Model},
};
use axum::{
    extract::{Query, State},
    http::StatusCode,
    response::Response,
};
use jiff::Timestamp;
use serde::Deserialize;
use serde_json::{Map, Value, json as object};

/// The resource's identifier.
pub const RESOURCE: &str = "5b0c7d1e-3316-4a55-9c1e-0d15d1b10a01";
/// Rows given when the caller does not say, as CKAN does.
const DEFAULT_LIMIT: usize = 100;
/// Most rows given, lower than CKAN's own cap, as sites set it; the answer says what was used.
const MAX_LIMIT: usize = 250;

/// Parameters of the search, as text: CKAN answers wrong ones itself.
#[derive(Debug, Deserialize)]
pub struct Asked {
    resource_id: Option<String>,
    limit: Option<String>,
    offset: Option<String>,
}

/// Searches the resource.
pub async fn search_datastore(State(world): Shared, Query(asked): Query<Asked>) -> Response {
    let now = world.now();
    let failure = |status: StatusCode, error: Value| {
        json(status, &object!({"help": help(), "success": false, "error": error}))
    };
    let Some(resource) = asked.resource_id else {
        let error = object!({"__type": "Validation Error", "resource_id": ["Missing value"]});
        return failure(StatusCode::CONFLICT, error);
    };
    if resource != RESOURCE {
        let message = format!("Not found: Resource \"{resource}\" was not found.");
        return failure(StatusCode::NOT_FOUND, object!({"__type": "Not Found Error", "message": message}));
    }
    let number = |text: &Option<String>, default: usize| text.as_deref().map_or(Ok(default), str::parse);
    let (Ok(limit), Ok(offset)) = (number(&asked.limit, DEFAULT_LIMIT), number(&asked.offset, 0)) else {
        let error = object!({"__type": "Validation Error", "limit": ["Invalid integer"]});
        return failure(StatusCode::CONFLICT, error);
    };
    let renamed = world.mishaps.renamed(now) == Some(Service::Schools);
    let result = result(&world.model, now, limit, offset, renamed);
    json(StatusCode::OK, &object!({"help": help(), "success": true, "result": result}))
}

fn help() -> String {
    "/satudata/api/3/action/help_show?name=datastore_search".to_owned()
}

/// The result of a search.
pub fn result(model: &Model, now: Timestamp, limit: usize, offset: usize, renamed: bool) -> Value {
    let limit = limit.min(MAX_LIMIT);
    let in_school = if renamed { "siswa_7_15" } else { "bersekolah_7_15" };
    let months = model.closed_months(now);
    let keys: Vec<_> =
        months.flat_map(|month| model.districts.iter().map(move |district| (month, district))).collect();
    let records: Vec<Value> = keys
        .iter()
        .enumerate()
        .skip(offset)
        .take(limit)
        .map(|(index, (month, district))| {
            let figures = model.schooling(district, *month, now);
            let mut record = Map::new();
            record.insert("_id".to_owned(), (index + 1).into());
            let texts = [
                ("kode_kecamatan", district.code.to_string()),
                ("kecamatan", district.name.clone()),
                ("bulan", month.iso()),
                ("usia_7_15", figures.of_age.to_string()),
                (in_school, figures.in_school.to_string()),
                ("nilai_literasi", format!("{:.2}", figures.reading)),
                ("ruang_kelas", figures.rooms.to_string()),
                ("ruang_kelas_rusak_berat", figures.rooms_damaged.to_string()),
                ("keterangan", MARK.to_owned()),
            ];
            record.extend(texts.map(|(name, text)| (name.to_owned(), Value::from(text))));
            Value::Object(record)
        })
        .collect();
    let next = offset + records.len().max(limit);
    let path = format!("/satudata/api/3/action/datastore_search?resource_id={RESOURCE}&limit={limit}");
    let columns = [
        "kode_kecamatan",
        "kecamatan",
        "bulan",
        "usia_7_15",
        in_school,
        "nilai_literasi",
        "ruang_kelas",
        "ruang_kelas_rusak_berat",
        "keterangan",
    ];
    let fields = std::iter::once(object!({"id": "_id", "type": "int"}))
        .chain(columns.iter().map(|column| object!({"id": column, "type": "text"})));
    object!({
        "resource_id": RESOURCE,
        "include_total": true,
        "records_format": "objects",
        "limit": limit,
        "offset": offset,
        "fields": fields.collect::<Vec<_>>(),
        "records": records,
        "_links": {"start": path, "next": format!("{path}&offset={next}")},
        "total": keys.len(),
        "total_was_estimated": false,
    })
}
