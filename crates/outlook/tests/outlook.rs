//! The crate from outside: made-up series with a known course, and anything at all.

use jiff::civil::{Date, date};
use pendopo_outlook::{
    Anomaly, Bounds, ForecastPoint, Method, NoOutlook, Outlook, Verdict, judge, least_history, look_ahead,
    reach,
};
use pendopo_vocab::{Cadence, Direction, Period};
use proptest::prelude::*;

const TODAY: Date = date(2026, 11, 25);

/// The last period of a cadence that is over today.
fn newest(cadence: Cadence) -> Period {
    Period::containing(TODAY, cadence).shift(-1)
}

fn history(cadence: Cadence, values: &[f64]) -> Vec<(Period, f64)> {
    let first = newest(cadence).shift(1 - values.len() as i32);
    (0..).zip(values).map(|(step, value)| (first.shift(step), *value)).collect()
}

/// Repeatable noise, bell-shaped, with a standard deviation of one.
fn noise(seed: u64, index: usize) -> f64 {
    let mix = |mut z: u64| {
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (z ^ (z >> 31)) as f64 / u64::MAX as f64
    };
    let at = |nth: u64| mix(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) ^ (index as u64 * 8 + nth + 1) << 17);
    ((0..4).map(at).sum::<f64>() - 2.0) * 3f64.sqrt()
}

/// A series with a season, a slope and noise of one.
fn seasonal(seed: u64, cadence: Cadence, len: usize, slope: f64) -> Vec<f64> {
    let season = pendopo_outlook::season(cadence) as f64;
    let course = |index: usize| {
        let angle = index as f64 / season * std::f64::consts::TAU;
        100.0 + 6.0 * angle.sin() + slope * index as f64 + noise(seed, index)
    };
    (0..len).map(course).collect()
}

fn ahead(cadence: Cadence, values: &[f64]) -> Result<Outlook, NoOutlook> {
    look_ahead(&history(cadence, values), Bounds::default(), TODAY)
}

#[test]
fn a_short_history_says_how_much_is_needed() {
    let found = ahead(Cadence::Month, &seasonal(1, Cadence::Month, 7, 0.0));
    assert_eq!(found, Err(NoOutlook::TooShort { have: 7, need: 24 }));
    for cadence in
        [Cadence::Day, Cadence::Week, Cadence::Month, Cadence::Quarter, Cadence::Semester, Cadence::Year]
    {
        let need = least_history(cadence);
        assert!(ahead(cadence, &seasonal(2, cadence, need - 1, 0.1)).is_err(), "{cadence:?}");
        let found = ahead(cadence, &seasonal(2, cadence, need, 0.1)).unwrap();
        assert_eq!(found.points.len(), reach(cadence, need), "{cadence:?}");
        assert_eq!(found.points[0].period, newest(cadence).shift(1));
    }
}

#[test]
fn holes_in_one_period_of_ten_are_borne_and_no_more() {
    let values = seasonal(3, Cadence::Month, 30, 0.0);
    let without = |gone: &[usize]| {
        let all = history(Cadence::Month, &values);
        let left =
            all.into_iter().enumerate().filter(|(index, _)| !gone.contains(index)).map(|(_, point)| point);
        look_ahead(&left.collect::<Vec<_>>(), Bounds::default(), TODAY)
    };
    assert!(without(&[5, 15, 20]).is_ok());
    // So is the newest, whose report may still be on its way.
    let values = seasonal(3, Cadence::Month, 24, 0.0);
    let all = history(Cadence::Month, &values);
    assert!(look_ahead(&all[..23], Bounds::default(), TODAY).is_ok());
    assert!(look_ahead(&all[1..23], Bounds::default(), TODAY).is_err());
    assert!(matches!(without(&[2, 4, 6, 8, 10, 12, 14, 16, 18, 20]), Err(NoOutlook::TooShort { .. })));
}

#[test]
fn what_never_moves_or_ended_long_ago_is_not_forecast() {
    assert_eq!(ahead(Cadence::Month, &[5.0; 36]), Err(NoOutlook::Unmoving));
    let old: Vec<_> = history(Cadence::Month, &seasonal(4, Cadence::Month, 36, 0.0))
        .into_iter()
        .map(|(period, value)| (period.shift(-24), value))
        .collect();
    assert_eq!(
        look_ahead(&old, Bounds::default(), TODAY),
        Err(NoOutlook::Stale { newest: newest(Cadence::Month).shift(-24) })
    );
}

#[test]
fn noise_around_a_season_is_left_to_the_season_and_a_slope_is_not() {
    let steep: Vec<f64> = (0..48).map(|index| 10.0 + index as f64 + 0.3 * noise(5, index)).collect();
    let found = ahead(Cadence::Month, &steep).unwrap();
    assert_ne!(found.method, Method::LastSeason);
    assert!((found.points[5].value - 63.0).abs() < 2.0, "{:?}", found.points[5]);
    assert!(found.accuracy.error < found.accuracy.yardstick / 4.0, "{:?}", found.accuracy);
}

/// Shares of later values within the intervals, over many series of all shapes.
#[test]
fn intervals_hold_their_share_of_what_comes() {
    let (mut likely, mut wide, mut all) = (0, 0, 0);
    let mut hold = |points: &[ForecastPoint], came: &[f64]| {
        for (at, is) in points.iter().zip(came) {
            likely += usize::from((at.likely.0..=at.likely.1).contains(is));
            wide += usize::from((at.wide.0..=at.wide.1).contains(is));
            all += 1;
        }
    };
    for seed in 0..20 {
        for (cadence, len) in
            [(Cadence::Month, 24), (Cadence::Month, 40), (Cadence::Quarter, 20), (Cadence::Day, 90)]
        {
            let reach = reach(cadence, len);
            let mut values = seasonal(seed * 10 + len as u64, cadence, len + reach, 0.1 * (seed % 4) as f64);
            if seed % 2 == 1 {
                // A walk: each step adds to the last.
                let mut sum = 0.0;
                for (index, value) in values.iter_mut().enumerate() {
                    sum += noise(seed + 1000, index);
                    *value = 100.0 + sum;
                }
            }
            let came = values.split_off(len);
            hold(&ahead(cadence, &values).unwrap().points, &came);
        }
    }
    let share = |inside: usize| 100 * inside / all;
    let (likely, wide) = (share(likely), share(wide));
    eprintln!("counted: {all} forecasts: {likely} % in the 80 % interval, {wide} % in the 95 % one");
    assert!((70..=92).contains(&likely), "{likely} % of {all} in the 80 % interval");
    assert!((88..=100).contains(&wide), "{wide} % of {all} in the 95 % interval");
}

#[test]
fn planted_oddities_are_found_and_told_apart_and_few_alarms_are_false() {
    let (mut spikes, mut shifts, mut alarms, mut looks) = (0, 0, 0, 0);
    for seed in 0..20 {
        for (cadence, len) in [(Cadence::Month, 36), (Cadence::Day, 90)] {
            let values = seasonal(seed + 500, cadence, len, 0.05);
            let find = |planted: usize| {
                let mut values = values.clone();
                values[len - planted..].iter_mut().for_each(|value| *value += 12.0);
                ahead(cadence, &values).unwrap().anomaly
            };
            looks += 1;
            alarms += usize::from(find(0).is_some());
            spikes += usize::from(matches!(find(1), Some(Anomaly::Spike { .. })));
            shifts += usize::from(matches!(find(4), Some(Anomaly::LevelShift { .. })));
        }
    }
    let share = |count: usize| 100 * count / looks;
    eprintln!(
        "counted: oddities in {looks} looks: spikes {} %, shifts {} %, false {} %",
        share(spikes),
        share(shifts),
        share(alarms)
    );
    assert!(share(spikes) >= 85, "{spikes} of {looks} spikes");
    assert!(share(shifts) >= 75, "{shifts} of {looks} shifts");
    assert!(share(alarms) <= 5, "{alarms} of {looks} without anything planted");
}

#[test]
fn missing_reports_are_counted_from_the_second() {
    let values = seasonal(6, Cadence::Month, 36, 0.0);
    let late = |months: i32| {
        let history: Vec<_> = history(Cadence::Month, &values)
            .into_iter()
            .map(|(at, value)| (at.shift(-months), value))
            .collect();
        look_ahead(&history, Bounds::default(), TODAY)
            .unwrap()
            .missing
            .map(|missing| (missing.since, missing.periods))
    };
    assert_eq!(late(0), None);
    assert_eq!(late(1), None);
    assert_eq!(late(3), Some((newest(Cadence::Month).shift(-2), 3)));
}

/// An outlook with these middles, one wide on each side.
fn outlook(newest_value: f64, middles: &[f64]) -> Outlook {
    let Ok(mut outlook) = ahead(Cadence::Month, &seasonal(7, Cadence::Month, 36, 0.0)) else {
        panic!("none")
    };
    outlook.newest = newest_value;
    let first = outlook.points[0].period;
    let point = |(step, value): (i32, &f64)| ForecastPoint {
        period: first.shift(step),
        value: *value,
        likely: (value - 1.0, value + 1.0),
        wide: (value - 2.0, value + 2.0),
    };
    outlook.points = (0..).zip(middles).map(point).collect();
    outlook
}

#[test]
fn targets_are_judged_at_the_deadline_and_dated() {
    // The first period ahead is November: the deadline is December.
    let falling = [17.0, 16.0, 15.0, 14.0, 13.0, 12.0, 11.0];
    let verdict = |now: f64, middles: &[f64], target: f64| {
        let targets = vec![Some((target, None)); middles.len()];
        judge(&outlook(now, middles), Direction::Lower, Some((target, None)), &targets).unwrap()
    };
    match verdict(18.0, &falling, 14.0) {
        Verdict::WillMeet { period, earliest, latest, .. } => {
            let months = [period, earliest, latest.unwrap()].map(|period| period.to_string());
            assert_eq!(months, ["2027-02", "2027-01", "2027-03"]);
        }
        other => panic!("{other:?}"),
    }
    let missed = verdict(18.0, &falling, 5.0);
    assert_eq!((missed.as_str(), missed.is_open(), missed.at().0.value), ("will_miss", false, 16.0));
    assert_eq!(verdict(4.0, &[4.0, 4.5, 6.0], 5.0).as_str(), "will_leave");
    let kept = verdict(3.0, &[3.0, 3.0, 3.0], 5.0);
    assert_eq!((kept.as_str(), kept.is_open()), ("will_keep", false));
    assert_eq!(judge(&outlook(3.0, &[3.0]), Direction::Lower, None, &[None]), None);
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 48, ..ProptestConfig::default() })]

    /// Whatever comes in, what comes out is finite, ordered, within the bounds and within reach.
    #[test]
    fn anything_is_answered_in_order_and_within_bounds(
        values in prop::collection::vec(prop_oneof![0.0..100.0f64, Just(0.0), Just(100.0)], 0..60),
        by in prop_oneof![Just(1.0), Just(1e-9), Just(1e12)],
        month in any::<bool>(),
    ) {
        let cadence = if month { Cadence::Month } else { Cadence::Quarter };
        let history = history(cadence, &values.iter().map(|value| value * by).collect::<Vec<_>>());
        let bounds = Bounds { least: Some(0.0), most: Some(100.0 * by) };
        if let Ok(outlook) = look_ahead(&history, bounds, TODAY) {
            prop_assert_eq!(outlook.points.len(), reach(cadence, values.len()));
            for at in &outlook.points {
                let ordered = [0.0, at.wide.0, at.likely.0, at.value, at.likely.1, at.wide.1, 100.0 * by];
                prop_assert!(ordered.windows(2).all(|pair| pair[0] <= pair[1]), "{:?}", at);
            }
        }
    }
}
