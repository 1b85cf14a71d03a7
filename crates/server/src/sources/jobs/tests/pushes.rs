//! Rows that are sent to a source which is also read: they say nothing of what was not sent.

use super::*;
use crate::{audit::Actor, sources::receipts};
use pendopo_vocab::DAY_MS;

#[tokio::test]
async fn rows_that_are_sent_do_not_count_as_having_read_the_source() {
    let center = Center::sqlite(&source(FILE, "", ""));
    let receipt = Receipt { key_hash: "k".to_owned(), digest: "d".to_owned() };
    let pushed = Pushed { csv: true, bytes: csv_text(&good_rows(1)).into() };
    let sent = push_rows(&center.app, "gizi", Actor::center(), pushed, Some(receipt.clone())).await.unwrap();
    let known = |now_ms: i64| {
        let find = |r: &mut pendopo_figures::Reader<'_>| receipts::find(r, "gizi", &receipt.key_hash, now_ms);
        aside(|| center.app.db().read(find)).unwrap().map(|known| known.run_id)
    };
    let now_ms = center.app.clock().now().as_millisecond();
    let most = receipts::KEPT_DAYS * DAY_MS;
    assert_eq!(
        (known(now_ms), known(now_ms + most), known(now_ms + most + 1)),
        (Some(sent), Some(sent), None)
    );

    let health = aside(|| center.health());
    assert!(
        health.last_good.is_some() && health.facts.news.newest.is_some(),
        "its figures are there: {health:?}"
    );
    assert_eq!(health.facts.news.full_at, None, "the source was never read");
    let began = || aside(|| center.app.db().read(|r| store::last_good_start(r, health.source_id))).unwrap();
    assert_eq!(began(), None);
    center.write("gizi.csv", &csv_text(&good_rows(1)));
    center.run().await;
    let read = began();
    assert!(read.is_some() && aside(|| center.health()).facts.news.full_at.is_some());
}
