//! What new definitions do to figures on record: all periods, and what is made from them.

use crate::harness::{Store, at, id, indicator, on_both, row};
use pendopo_figures::{IndicatorEffect, IndicatorRow, recompute_compared};
use pendopo_vocab::{RegionAggregation, RegionLevel};

fn told(store: &Store) -> (i64, i64) {
    let a = store.indicator("a");
    let b = store.indicator("b");
    let ratio = IndicatorRow {
        region_aggregation: RegionAggregation::Ratio,
        numerator_id: Some(a),
        denominator_id: Some(b),
        ..indicator("ratio", store.agency)
    };
    let ratio = store.put(&ratio);
    for (month, now) in [("2026-01", 1), ("2026-02", 2)] {
        store.run(
            now,
            vec![
                row(a, "33.16.01.2001", month, 3.0),
                row(a, "33.16.01.2002", month, 5.0),
                row(b, "33.16.01.2001", month, 10.0),
                row(b, "33.16.01.2002", month, 10.0),
            ],
        );
    }
    (a, ratio)
}

fn recomputed(store: &Store, ids: &[i64]) -> (Vec<IndicatorEffect>, Vec<(u64, u64)>) {
    let mut told = Vec::new();
    let effects = store
        .db
        .write(|tx| recompute_compared(tx, ids, 9, &mut |done, total| told.push((done, total))))
        .unwrap();
    (effects, told)
}

on_both! {
    fn every_period_and_all_that_is_made_from_it_is_compared(store) {
        let (a, ratio) = told(store);
        assert_eq!(recomputed(store, &[a]).0, [], "the same definitions do nothing");
        store.put(&IndicatorRow { region_aggregation: RegionAggregation::Mean, ..indicator("a", store.agency) });
        let (effects, progress) = recomputed(store, &[a]);
        let of = |id| effects.iter().find(|one| one.indicator_id == id).unwrap();
        assert_eq!(effects.len(), 2, "{effects:?}");
        // District and regency, two months each; the villages' own figures stay what they are.
        for made in [of(a), of(ratio)] {
            assert_eq!((made.changed, made.appeared, made.gone), (4, 0, 0), "{made:?}");
            assert_eq!(made.periods, Some((at("2026-01"), at("2026-02"))));
        }
        let largest: Vec<_> = of(a).largest.iter().map(|one| (one.region_id, one.period, one.before, one.after)).collect();
        let halved = |region, month| (id(region), at(month), Some(8.0), Some(4.0));
        assert_eq!(largest, [
            halved("33.16", "2026-02"), halved("33.16", "2026-01"), halved("33.16.01", "2026-02"), halved("33.16.01", "2026-01"),
        ]);
        assert!(progress.iter().all(|(done, total)| done <= total), "{progress:?}");
        let (done, total) = progress.last().unwrap();
        assert!(done == total && *done > 0, "{progress:?}");
    }

    fn what_goes_and_comes_is_told_apart(store) {
        let (a, _) = told(store);
        store.put(&IndicatorRow { level: RegionLevel::District, ..indicator("a", store.agency) });
        let (effects, _) = recomputed(store, &[a]);
        let gone = effects.iter().find(|one| one.indicator_id == a).unwrap();
        assert_eq!((gone.changed, gone.appeared, gone.gone), (0, 0, 4), "{gone:?}");
        assert!(gone.largest.iter().all(|one| one.before == Some(8.0) && one.after.is_none()));
        store.put(&indicator("a", store.agency));
        let (effects, _) = recomputed(store, &[a]);
        let back = effects.iter().find(|one| one.indicator_id == a).unwrap();
        assert_eq!((back.changed, back.appeared, back.gone), (0, 4, 0), "{back:?}");
    }

    fn a_target_changes_verdicts_and_no_value(store) {
        let (a, _) = told(store);
        let target = pendopo_figures::TargetRow {
            indicator_id: a, region: crate::harness::code("33.16"), period: "2026".parse().unwrap(), value: 5.0, high: None, basis: None,
        };
        store.db.write(|tx| pendopo_figures::put_targets(tx, a, &[target], 5)).unwrap();
        let (effects, _) = recomputed(store, &[a]);
        assert_eq!(effects.len(), 1, "{effects:?}");
        assert_eq!((effects[0].changed, effects[0].verdicts), (0, 1), "the newest of the regency alone: a sum's target is not inherited");
    }

    fn computed_values_are_figures_on_record_too(store) {
        let (a, _) = told(store);
        let double = |times: u8| IndicatorRow {
            sql: Some(format!("select region, period, value * {times} as value from observation where indicator = 'a'")),
            ..indicator("double", store.agency)
        };
        let made = store.put(&double(2));
        let (effects, _) = recomputed(store, &[made]);
        assert_eq!((effects[0].indicator_id, effects[0].appeared), (made, 8), "four villages' months, four roll-ups");
        store.put(&double(3));
        let (effects, _) = recomputed(store, &[made]);
        assert_eq!((effects[0].changed, effects[0].appeared), (8, 0), "{effects:?}");
        assert_eq!(recomputed(store, &[a]).0, []);
    }
}
