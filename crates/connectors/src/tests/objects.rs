//! JSON and its envelopes.

use super::*;
use crate::{HttpRequest, Request, connection::Paging, judge_page, next_page, plan};

fn rows(name: &str) -> Seen {
    rows_of(&json(), fixture(name))
}

fn judged(status: u16, name: &str) -> AnswerProblem {
    judge_page(&json(), &page(status, fixture(name))).unwrap_err()
}

#[test]
fn every_envelope_gives_its_rows() {
    let check = |name: &str, columns: &[&str], first: &[&str]| {
        let seen = rows(name);
        assert_eq!(seen.columns, columns, "{name}");
        assert_eq!(seen.rows[0].1, first, "{name}");
        assert!(judge_page(&json(), &page(200, fixture(name))).is_ok(), "{name}");
    };
    check("json/bare_array.json", &["kode", "nilai", "catatan"], &["33.16.01", "12", ""]);
    check("json/envelope.json", &["kode", "nilai"], &["33.16.01", "1"]);
    check("json/laravel_page1.json", &["id"], &["1"]);
    check("json/laravel_resource.json", &["id"], &["1"]);
    check("json/datatables.json", &["#1", "#2"], &["33.16.01", "10"]);
    check("json/api_status.json", &["kode", "aktif"], &["33.16.01", "1"]);
    check("json/bom.json", &["a"], &["1"]);
    check("json/php_notice.json", &["kode", "nilai"], &["33.16.01", "7"]);
    check("json/ckan_datastore.json", &["_id", "kecamatan", "jumlah"], &["1", "Cepu", "1200"]);
    check(
        "json/nested.json",
        &["lokasi.desa.kode", "lokasi.titik", "korban.luka", "selesai"],
        &["33.16.05.2001", "[-7.1,111.5]", "0", "false"],
    );
    let (_, summary) = try_parse(&json(), &[fixture("json/php_notice.json")]).unwrap();
    assert_eq!(summary.notes, ["php_notice_around_json"]);
}

#[test]
fn a_service_that_says_no_is_quoted() {
    let check = |status: u16, name: &str, want: &str| match judged(status, name) {
        AnswerProblem::Refused { message } => assert_eq!(message, want, "{name}"),
        other => panic!("{name}: {other:?}"),
    };
    check(200, "json/status_false.json", "Periode tidak ditemukan");
    check(200, "json/api_status_refused.json", "Token salah");
    check(409, "json/ckan_409.json", "rows: Invalid integer");
    check(400, "json/ckan_400_bare.json", "Bad request - JSON Error: Error decoding JSON data.");
}

#[test]
fn walls_pages_and_broken_bodies_are_told_apart() {
    let shown = |problem: &AnswerProblem| problem.code();
    assert_eq!(shown(&judged(403, "json/ckan_403.json")), "blocked");
    assert_eq!(shown(&judged(401, "json/envelope.json")), "blocked");
    assert_eq!(shown(&judged(503, "json/waf.html")), "unavailable");
    assert_eq!(shown(&judged(404, "json/waf.html")), "gone");
    assert_eq!(shown(&judged(200, "json/waf.html")), "wrong_kind");
    assert_eq!(shown(&judged(200, "csv/sheets_login.html")), "blocked");
    assert_eq!(shown(&judged(200, "json/truncated.json")), "truncated");
    assert_eq!(shown(&try_parse(&json(), &[fixture("json/code_results.json")]).err().unwrap()), "empty");
    assert_eq!(shown(&try_parse(&json(), &[b"{\"a\":{}}".to_vec()]).err().unwrap()), "no_rows");
    assert_eq!(shown(&try_parse(&json(), &[b"[1,2] junk".to_vec()]).err().unwrap()), "malformed");
    // Secrets in the address never reach a message.
    let sentence = judged(403, "json/waf.html").sentence(pendopo_vocab::Lang::Id);
    assert!(!sentence.contains("rahasia"), "{sentence}");
}

fn first(paging: Paging) -> (Connection, HttpRequest) {
    let Connection::Json(mut options) = json() else { unreachable!() };
    options.paging = paging;
    options.query.insert("tahun".to_owned(), "2026".to_owned());
    let connection = Connection::Json(options);
    let Ok(Request::Http(request)) = plan(&connection, None) else { unreachable!() };
    (connection, request)
}

fn value<'r>(request: &'r HttpRequest, name: &str) -> Option<&'r str> {
    let found = request.query.iter().find(|(known, _)| known == name);
    found.map(|(_, value)| value.as_str())
}

#[test]
fn laravel_pages_are_followed_on_the_same_host_only() {
    let (connection, request) = first(Paging::Laravel);
    let one = page(200, fixture("json/laravel_page1.json"));
    let next = next_page(&connection, &request, 0, 0, &one).unwrap().unwrap();
    assert_eq!(next.url, "https://dpmptsp.example.go.id/api/izin");
    assert_eq!((value(&next, "page"), value(&next, "tahun")), (Some("2"), Some("2026")));
    let two = page(200, fixture("json/laravel_page2.json"));
    assert_eq!(next_page(&connection, &next, 1, 2, &two), Ok(None));
    let resource = page(200, fixture("json/laravel_resource.json"));
    assert!(next_page(&connection, &request, 0, 0, &resource).unwrap().is_some());
    let elsewhere = br#"{"data":[{"id":1}],"next_page_url":"https://evil.example/?page=2"}"#;
    let problem = next_page(&connection, &request, 0, 0, &page(200, elsewhere.to_vec()));
    assert_eq!(problem.unwrap_err().code(), "other_host");
    let circle = br#"{"current_page":2,"data":[{"id":1}],"next_page_url":"/api/izin?page=1"}"#;
    let problem = next_page(&connection, &next, 1, 2, &page(200, circle.to_vec()));
    assert_eq!(problem.unwrap_err().code(), "pages_repeat");
}

#[test]
fn cursors_end_and_do_not_turn_in_circles() {
    let (connection, request) =
        first(Paging::Cursor { path: "meta.next".to_owned(), parameter: "cursor".to_owned() });
    let more = page(200, br#"{"data":[{"id":1}],"meta":{"next":"abc"}}"#.to_vec());
    let next = next_page(&connection, &request, 0, 0, &more).unwrap().unwrap();
    assert_eq!(value(&next, "cursor"), Some("abc"));
    assert_eq!(next_page(&connection, &next, 1, 1, &more).unwrap_err().code(), "pages_repeat");
    for end in [r#"null"#, r#""""#] {
        let body = format!(r#"{{"data":[{{"id":1}}],"meta":{{"next":{end}}}}}"#);
        assert_eq!(next_page(&connection, &next, 1, 1, &page(200, body.into())), Ok(None));
    }
}

#[test]
fn offsets_advance_by_the_rows_received() {
    let (connection, request) = first(Paging::Offset {
        offset_parameter: "offset".to_owned(),
        limit_parameter: "limit".to_owned(),
        limit: 50_000,
        total: Some("result.total".to_owned()),
    });
    assert_eq!((value(&request, "offset"), value(&request, "limit")), (Some("0"), Some("50000")));
    let body = |total: u32| {
        format!(r#"{{"success":true,"result":{{"total":{total},"records":[{{"a":1}},{{"a":2}}]}}}}"#)
    };
    let next = next_page(&connection, &request, 0, 0, &page(200, body(5).into()));
    assert_eq!(value(&next.unwrap().unwrap(), "offset"), Some("2"));
    assert_eq!(next_page(&connection, &request, 1, 3, &page(200, body(5).into())), Ok(None));
    let past = page(200, br#"{"success":true,"result":{"total":9,"records":[]}}"#.to_vec());
    assert_eq!(next_page(&connection, &request, 1, 3, &past), Ok(None));
}

#[test]
fn a_page_sent_twice_is_noticed() {
    let body = fixture("json/laravel_page1.json");
    let problem = try_parse(&json(), &[body.clone(), body]).err().unwrap();
    assert_eq!(problem.code(), "pages_repeat");
    let pages = [fixture("json/laravel_page1.json"), fixture("json/laravel_page2.json")];
    let (seen, _) = try_parse(&json(), &pages).unwrap();
    assert_eq!(seen.rows.iter().map(|row| row.0).collect::<Vec<_>>(), [1, 2, 3]);
}

#[test]
fn columns_of_all_records_count_and_are_bounded() {
    let many: String = (0..2_100).map(|i| format!("\"k{i}\":1,")).collect();
    let body = format!("[{{{}}}]", many.trim_end_matches(','));
    assert_eq!(try_parse(&json(), &[body.into()]).err().unwrap().code(), "too_large");
    let deep = "[".repeat(100_000);
    assert!(try_parse(&json(), &[deep.into()]).is_err());
    let deep = format!("{}1{}", "{\"a\":".repeat(60), "}".repeat(60));
    let seen = rows_of(&json(), format!("[{deep}]").into());
    assert_eq!(seen.columns.len(), 1);
    assert_eq!(seen.columns[0].split('.').count(), 9);
}
