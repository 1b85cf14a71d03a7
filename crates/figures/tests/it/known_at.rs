//! What was known on a day: figures, parts, roll-ups, targets, verdicts and lists, as they were told then.

use crate::harness::{Store, at, code, indicator, on_both, row};
use pendopo_figures::{
    StagedRow, TargetRow, put_breakdown, put_targets,
    questions::{
        Questions, SeriesOf,
        listing::{
            FigureFilter, LatestFilter, RevisionFilter, list_figures, list_latest, list_latest_then,
            list_revisions,
        },
    },
    recompute, targets_in_force,
};
use pendopo_vocab::{RegionLevel, Scope, TargetStatus};

fn target(indicator_id: i64, value: f64) -> TargetRow {
    TargetRow {
        indicator_id,
        region: code("33.16"),
        period: "2026".parse().unwrap(),
        value,
        high: None,
        basis: None,
    }
}

/// Two villages with a part each, told at 10, 20 and 30; the target laid down at 5 and changed at 25.
fn told(store: &Store) -> (i64, i64) {
    let a = store.indicator("a");
    let part = store.db.write(|tx| put_breakdown(tx, "sex=f")).unwrap();
    let put = |value, now| {
        store.db.write(|tx| {
            put_targets(tx, a, &[target(a, value)], now)?;
            recompute(tx, &[a], now)
        })
    };
    put(5.0, 5).unwrap();
    let of = |region, value, breakdown_id| StagedRow { breakdown_id, ..row(a, region, "2026-01", value) };
    store.run(10, vec![of("33.16.01.2001", 3.0, 0), of("33.16.01.2001", 1.0, part)]);
    store.run(
        20,
        vec![of("33.16.01.2001", 6.0, 0), of("33.16.01.2001", 2.0, part), of("33.16.01.2002", 5.0, 0)],
    );
    put(20.0, 25).unwrap();
    store.run(30, vec![of("33.16.01.2001", 9.0, 0), of("33.16.01.2001", 4.0, part)]);
    (a, part)
}

fn everything() -> Scope {
    Scope::everything()
}

on_both! {
    fn parts_are_those_of_the_day(store) {
        let (a, part) = told(store);
        let split = |region: &str, known_at| -> Vec<(i64, Option<f64>)> {
            let parts = store.db.read(|r| r.breakdown_split(&everything(), a, code(region), at("2026-01"), known_at)).unwrap();
            parts.into_iter().map(|(id, _, value)| (id, value)).collect()
        };
        for (known_at, value) in [(Some(10), 1.0), (Some(29), 2.0), (Some(30), 4.0), (None, 4.0)] {
            assert_eq!(split("33.16.01.2001", known_at), [(part, Some(value))], "{known_at:?}");
            assert_eq!(split("33.16", known_at), [(part, Some(value))], "rolled up, {known_at:?}");
        }
        assert!(split("33.16", Some(9)).is_empty());
    }

    fn targets_and_verdicts_are_those_of_the_day(store) {
        let (a, _) = told(store);
        let definition = indicator("a", store.agency);
        let bounds = |known_at| {
            store.db.read(|r| targets_in_force(r, a, &definition, code("33.16"), &[at("2026-01")], known_at)).unwrap()[0]
        };
        assert_eq!(
            [Some(4), Some(5), Some(24), Some(25), None].map(bounds),
            [None, Some((5.0, None)), Some((5.0, None)), Some((20.0, None)), Some((20.0, None))]
        );
        let of = SeriesOf { indicator_id: a, region: code("33.16"), breakdown_id: 0 };
        let then = |known_at| store.db.read(|r| r.latest_then(&everything(), of, known_at)).unwrap();
        assert_eq!(then(9), None);
        let said = then(24).unwrap();
        assert_eq!((said.value, said.target, said.reported), (Some(11.0), Some(5.0), Some(2)));
        assert_eq!((said.status, said.off_periods), (TargetStatus::OffTrack, 1));
        assert_eq!(then(25).unwrap().status, TargetStatus::OnTrack);
        // Now is the newest of all states.
        let now = store.db.read(|r| r.latest_of_series(&everything(), of)).unwrap().unwrap();
        assert_eq!(then(1_000), Some(now));
    }

    fn a_target_taken_back_or_changed_twice_at_once_leaves_what_was_known(store) {
        let a = store.indicator("a");
        let definition = indicator("a", store.agency);
        let put = |values: &[f64], now| {
            let rows: Vec<TargetRow> = values.iter().map(|value| target(a, *value)).collect();
            store.db.write(|tx| put_targets(tx, a, &rows, now)).unwrap();
        };
        put(&[1.0], 10);
        put(&[1.0], 15);
        put(&[2.0], 20);
        put(&[3.0], 20);
        put(&[], 30);
        let bound = |known_at| {
            let read = |r: &mut pendopo_figures::Reader<'_>| targets_in_force(r, a, &definition, code("33.16.01"), &[at("2026-01")], known_at);
            // A sum's target is not that of its parts: ask the very region.
            let own = |r: &mut pendopo_figures::Reader<'_>| targets_in_force(r, a, &definition, code("33.16"), &[at("2026-01")], known_at);
            assert_eq!(store.db.read(read).unwrap()[0], None);
            store.db.read(own).unwrap()[0].map(|bounds| bounds.0)
        };
        assert_eq!([9, 10, 19, 20, 29, 30].map(|at| bound(Some(at))), [None, Some(1.0), Some(1.0), Some(3.0), Some(3.0), None]);
        assert_eq!(bound(None), None);
    }

    fn lineage_ends_with_the_day(store) {
        let (a, _) = told(store);
        let story = |region: &str, known_at| {
            let of = SeriesOf { indicator_id: a, region: code(region), breakdown_id: 0 };
            let found = store.db.read(|r| r.lineage(&everything(), of, at("2026-01"), known_at)).unwrap();
            let revisions: Vec<f64> = found.revisions.iter().filter_map(|one| one.value).collect();
            (revisions, found.rolled.and_then(|point| point.value))
        };
        assert_eq!(story("33.16.01.2001", Some(20)), (vec![6.0, 3.0], None));
        assert_eq!(story("33.16.01.2001", None), (vec![9.0, 6.0, 3.0], None));
        assert_eq!(story("33.16.01", Some(10)), (vec![], Some(3.0)));
        assert_eq!(story("33.16", Some(20)), (vec![], Some(11.0)));
        assert_eq!(story("33.16", None), (vec![], Some(14.0)));
    }

    fn lists_tell_what_was_known_and_every_revision(store) {
        let (a, part) = told(store);
        let listed = |filter: FigureFilter| -> Vec<(i64, Option<f64>)> {
            // One by one, so that every cursor is used.
            let (mut all, mut after) = (Vec::new(), None);
            loop {
                let page = store.db.read(|r| list_figures(r, &everything(), &filter, after, 1)).unwrap();
                let Some(one) = page.into_iter().next() else { return all };
                after = Some((one.breakdown_id, one.period, one.region_id));
                all.push((one.region_id, one.value));
            }
        };
        let id = |text: &str| code(text).id();
        let (first, second) = (id("33.16.01.2001"), id("33.16.01.2002"));
        let totals = FigureFilter { breakdown_id: Some(0), ..FigureFilter::of(a, code("33.16")) };
        let then = |known_at| FigureFilter { known_at: Some(known_at), ..totals.clone() };
        assert_eq!(listed(totals.clone()), [(first, Some(9.0)), (second, Some(5.0))]);
        assert_eq!(listed(then(10)), [(first, Some(3.0))]);
        assert_eq!(listed(then(20)), [(first, Some(6.0)), (second, Some(5.0))]);
        assert!(listed(then(9)).is_empty());
        let rolled = |known_at, level| FigureFilter { known_at, level, rolled_up: true, ..totals.clone() };
        let (district, regency) = ((id("33.16.01"), Some(3.0)), (id("33.16"), Some(3.0)));
        assert_eq!(listed(rolled(Some(10), None)), [regency, district]);
        assert_eq!(listed(rolled(Some(10), Some(RegionLevel::District))), [district]);
        assert_eq!(listed(rolled(Some(1_000), None)), listed(rolled(None, None)));
        let exact = |region| FigureFilter { exact: true, ..FigureFilter::of(a, code(region)) };
        assert_eq!(listed(exact("33.16.01.2001")), [(first, Some(9.0)), (first, Some(4.0))]);
        assert!(listed(exact("33.16")).is_empty());
        let parts = FigureFilter { breakdown_id: Some(part), ..FigureFilter::of(a, code("33.16")) };
        assert_eq!(listed(parts), [(first, Some(4.0))]);

        let filter = RevisionFilter { indicator_id: a, region: code("33.16.01.2001"), periods: (0, i32::MAX), breakdown_id: None };
        let (mut all, mut after) = (Vec::new(), None);
        loop {
            let page = store.db.read(|r| list_revisions(r, &everything(), &filter, after, 2)).unwrap();
            let Some(last) = page.last() else { break };
            after = Some((last.breakdown_id, last.period, last.commit_no));
            all.extend(page.iter().map(|one| (one.breakdown.clone(), one.value, one.recorded_at)));
        }
        let said = |key: &str, value, at| (key.to_owned(), Some(value), at);
        assert_eq!(all, [said("", 3.0, 10), said("", 6.0, 20), said("", 9.0, 30), said("sex=f", 1.0, 10), said("sex=f", 2.0, 20), said("sex=f", 4.0, 30)]);
    }

    fn newest_figures_of_a_day_are_listed_page_by_page(store) {
        let (a, _) = told(store);
        let filter = LatestFilter { within: code("33.16"), level: RegionLevel::Village, indicator_id: Some(a) };
        let then = |known_at| -> Vec<(i64, Option<f64>)> {
            let (mut all, mut after) = (Vec::new(), None);
            loop {
                let (page, next) = store.db.read(|r| list_latest_then(r, &everything(), &filter, known_at, after, 2)).unwrap();
                all.extend(page.into_iter().map(|one| (one.region_id, one.value)));
                after = next;
                if after.is_none() {
                    return all;
                }
            }
        };
        let id = |text: &str| code(text).id();
        assert_eq!(then(10), [(id("33.16.01.2001"), Some(3.0))]);
        assert_eq!(then(20), [(id("33.16.01.2001"), Some(6.0)), (id("33.16.01.2002"), Some(5.0))]);
        assert!(then(9).is_empty());
        let now = store.db.read(|r| list_latest(r, &everything(), &filter, None, 99)).unwrap();
        let (of_now, _) = store.db.read(|r| list_latest_then(r, &everything(), &filter, 1_000, None, 99)).unwrap();
        assert_eq!(now, of_now);
    }
}
