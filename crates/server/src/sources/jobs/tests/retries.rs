//! Old rows that are read again after newer figures came, on both engines.

use super::*;

/// A village that none of the good rows name.
fn spare() -> pendopo_vocab::RegionCode {
    let tree = pendopo_vocab::region_tree::RegionTree::embedded();
    let center: pendopo_vocab::RegionCode = "33.16".parse().unwrap();
    tree.descendants(center, pendopo_vocab::RegionLevel::Village).nth(50).unwrap().code
}

async fn newer_figures_stay(mut center: Center) -> Center {
    let spare = spare();
    // The first answer misspells a village, the second does not.
    center.write("gizi.csv", &csv_text(&format!("{}33.16.99.9999;2026-09;5\n", good_rows(1))));
    let first = center.run().await.run_id.unwrap();
    center.write("gizi.csv", &csv_text(&format!("{}{spare};2026-09;8\n", good_rows(1))));
    let second = center.run().await;
    assert_eq!(second.outcome.added, 1, "{second:?}");
    let second = second.run_id.unwrap();
    // Now the pack learns the spelling, and the old row is read again.
    let alias = format!("alias = {{ \"33.16.99.9999\" = \"{spare}\" }}");
    aside(|| center.change_source(&source(FILE, &alias, "")));
    let stored = center.figures();
    center.clock.0.fetch_add(1, Ordering::SeqCst);
    let report = retry_run(&center.app, first, &RunOptions::default()).await.unwrap();
    assert_eq!((report.verdict, report.overtaken.len()), (RunVerdict::Unchanged, 1), "{report:?}");
    assert_eq!(center.figures(), stored, "the newer figure stays");
    for (lang, said) in [
        (Lang::Id, format!("baris 14: tidak dipakai; penarikan {second} ")),
        (Lang::En, format!("row 14: not used; run {second} ")),
    ] {
        assert!(report.text(lang).contains(&said), "{}", report.text(lang));
    }
    let row = aside(|| center.refused(first)).remove(0);
    assert_eq!((row.state.as_str(), row.overtaken_by), ("dismissed", Some(second)));
    let mut exported = Vec::new();
    aside(|| {
        center.app.db().read(|r| ledger::export_refused_rows(r, first, &Default::default(), &mut exported))
    })
    .unwrap();
    let exported = String::from_utf8(exported).unwrap();
    assert!(exported.trim_end().ends_with(&format!("dismissed,{second}")), "{exported}");
    center
}

async fn a_retried_figure_has_its_raw_row(mut center: Center) -> Center {
    center.write("gizi.csv", &csv_text(&format!("{}33.16.99.9999;2026-09;5\n", good_rows(1))));
    let first = center.run().await.run_id.unwrap();
    let alias = format!("alias = {{ \"33.16.99.9999\" = \"{}\" }}", spare());
    aside(|| center.change_source(&source(FILE, &alias, "")));
    let again = retry_run(&center.app, first, &RunOptions::default()).await.unwrap();
    assert_eq!(again.outcome.added, 1, "{again:?}");
    let raw = aside(|| center.app.db().read(|r| ledger::raw_row(r, again.run_id.unwrap(), 14))).unwrap();
    assert_eq!(raw.expect("kept").cells, ["33.16.99.9999", "2026-09", "5"]);
    center
}

async fn a_retried_run_yields_to_the_retry_of_a_later_one(mut center: Center) -> Center {
    let spare = spare();
    let bad =
        |value: u32| csv_text(&format!("x;2026-09;1\ny;2026-09;1\nz;2026-09;1\n{spare};2026-09;{value}\n"));
    center.write("gizi.csv", &bad(3));
    let first = center.run().await;
    center.write("gizi.csv", &bad(4));
    let second = center.run().await;
    assert_eq!((first.verdict, second.verdict), (RunVerdict::Refused, RunVerdict::Refused));
    aside(|| center.change_source(&source(FILE, "", "max_refused_percent = 90")));
    let newest = || aside(|| center.health().facts.news.newest).map(|newest| newest.period.to_string());
    assert_eq!(newest(), None, "nothing was used yet");
    retry_run(&center.app, second.run_id.unwrap(), &RunOptions::default()).await.unwrap();
    assert_eq!(newest().as_deref(), Some("2026-09"), "the answer counts as read");
    let stored = center.figures();
    let old = retry_run(&center.app, first.run_id.unwrap(), &RunOptions::default()).await;
    assert!(matches!(old, Err(AppError::Conflict(_))), "{old:?}");
    assert_eq!((center.figures(), stored[0].2), (stored, 4.0));
    center
}

#[tokio::test]
async fn more_refused_rows_than_are_kept_are_told() {
    let center = Center::sqlite(&source(FILE, "", ""));
    center.write("gizi.csv", &csv_text(&"x;2026-09;1\n".repeat(100_003)));
    let report = center.run().await;
    assert_eq!((report.counters.refused, report.refused_rows.len()), (100_003, 100_000));
    let (id, en) = (report.text(Lang::Id), report.text(Lang::En));
    assert!(id.contains("100.000 dari 100.003 baris yang ditolak disimpan"), "{id}");
    assert!(en.contains("100,000 of 100,003 refused rows are kept"), "{en}");
    let listed =
        ledger::find_run(center.app.db(), &Scope::everything(), report.run_id.unwrap()).unwrap().unwrap();
    assert_eq!((listed.refused_kept, listed.refused_not_kept()), (100_000, 3));
}

macro_rules! on_both_engines {
    ($($story:ident => $sqlite:ident, $postgres:ident;)*) => {$(
        #[tokio::test]
        async fn $sqlite() {
            $story(Center::sqlite(&source(FILE, "", ""))).await;
        }

        /// The database's client blocks, so it is opened and closed outside the runtime.
        #[test]
        fn $postgres() {
            let center = Center::postgres(&source(FILE, "", ""));
            let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().unwrap();
            let center = runtime.block_on($story(center));
            drop(runtime);
            drop(center);
        }
    )*};
}

on_both_engines! {
    newer_figures_stay => newer_figures_stay_on_sqlite, newer_figures_stay_on_postgres;
    a_retried_figure_has_its_raw_row => a_retried_figure_has_its_raw_row_on_sqlite, a_retried_figure_has_its_raw_row_on_postgres;
    a_retried_run_yields_to_the_retry_of_a_later_one => a_retried_run_yields_on_sqlite, a_retried_run_yields_on_postgres;
}
