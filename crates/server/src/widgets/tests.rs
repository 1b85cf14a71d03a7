//! Every widget in its states: the words are there without the drawing, and nothing is unescaped.

use super::{Bar, Bars, MapCell, Mark, PatternPage, RegionMap, Sparkline, Tile, Trend, TrendPoint};
use crate::web::{Chrome, NavItem, Tr, figure};
use askama::Template;
use pendopo_vocab::{FreshnessState, Lang, TargetStatus};

const HOSTILE: &str = "<img src=x onerror=alert(1)>&\"'";

fn point(label: &str, value: Option<f64>) -> TrendPoint {
    TrendPoint { label: label.to_owned(), value, ..TrendPoint::default() }
}

fn trend(points: Vec<TrendPoint>) -> String {
    Trend::new(Tr(Lang::Id), "Judul".to_owned(), "Kalimat.".to_owned(), "%".to_owned(), 1, points).to_string()
}

#[test]
fn the_pattern_page_shows_all_states_in_both_languages() {
    let zone = jiff::tz::TimeZone::UTC;
    for lang in Lang::ALL {
        let t = Tr(lang);
        let chrome = Chrome::new(t, "Contoh", NavItem::None, "/pola", jiff::Timestamp::UNIX_EPOCH, &zone);
        let html = PatternPage::new(chrome).render().unwrap();
        for key in
            ["status-on", "status-risk", "status-off", "status-no-target", "status-no-data", "fresh-changed"]
        {
            assert!(html.contains(&*t.tr(key)), "{key}");
        }
        assert!(!html.contains("style=") && !html.contains("<script"));
        assert!(!html.contains("NaN") && !html.contains("inf\""));
    }
}

#[test]
fn names_from_outside_are_escaped_everywhere() {
    let t = Tr(Lang::Id);
    let tile = Tile {
        t,
        name: HOSTILE.to_owned(),
        href: "/indikator/x".to_owned(),
        figure: Some(figure(1.0, HOSTILE, 0, false, Lang::Id)),
        instead: HOSTILE.to_owned(),
        mark: Mark::status(TargetStatus::OffTrack, t),
        target: Some(HOSTILE.to_owned()),
        period: HOSTILE.to_owned(),
        agency: HOSTILE.to_owned(),
        change: None,
        spark: Some(Sparkline::new(&[Some(1.0), Some(2.0)], None)),
        freshness: Some(Mark::freshness(FreshnessState::Stale, t)),
    };
    let bar = Bar {
        name: HOSTILE.to_owned(),
        href: Some(HOSTILE.to_owned()),
        value: Some(1.0),
        text: HOSTILE.to_owned(),
        value_href: None,
        mark: None,
        note: HOSTILE.to_owned(),
    };
    let bars = Bars::new(
        t,
        HOSTILE.to_owned(),
        HOSTILE.to_owned(),
        true,
        vec![bar],
        Some((1.0, HOSTILE.to_owned())),
    );
    let chart = trend(vec![point(HOSTILE, Some(1.0)), point("b", Some(2.0))]);
    for html in [tile.to_string(), bars.to_string(), chart] {
        assert!(!html.contains("<img"), "{html}");
        assert!(html.contains("&#60;img") || html.contains("&lt;img"), "{html}");
    }
}

#[test]
fn a_trend_has_its_table_and_leaves_gaps_open() {
    let html = trend(vec![
        point("Jan", Some(1.0)),
        point("Feb", Some(2.0)),
        point("Mar", None),
        point("Apr", Some(3.0)),
        point("Mei", Some(2.5)),
    ]);
    assert!(html.contains("<table>") && html.contains("2,5\u{a0}%"));
    let line = html.split("class=\"line\" d=\"").nth(1).unwrap().split('"').next().unwrap();
    assert_eq!(line.matches('M').count(), 2, "two pieces: {line}");
    assert!(html.contains("class=\"gap\""));
}

#[test]
fn a_changed_target_is_a_step() {
    let with = |label: &str, target| TrendPoint { target: Some(target), ..point(label, Some(15.0)) };
    let html = trend(vec![with("a", 16.0), with("b", 14.0), with("c", 14.0)]);
    let line = html.split("class=\"target\" d=\"").nth(1).unwrap().split('"').next().unwrap();
    assert_eq!(line.matches(['M', 'L']).count(), 4, "one corner more than periods: {line}");
}

#[test]
fn odd_series_make_no_odd_drawings() {
    for points in [
        vec![],
        vec![point("a", None)],
        vec![point("a", Some(0.0))],
        vec![point("a", Some(-1e15)), point("b", Some(1e15))],
        vec![point("a", Some(5.0)), point("b", Some(5.0))],
    ] {
        let html = trend(points.clone());
        assert!(!html.contains("NaN") && !html.contains("inf "), "{points:?}: {html}");
    }
}

#[test]
fn a_missing_region_is_hatched_and_said() {
    let t = Tr(Lang::Id);
    let cell = |name: &str, value: Option<f64>| MapCell {
        name: name.to_owned(),
        href: "#".to_owned(),
        value,
        hidden: false,
        text: value.map_or_else(|| "belum melapor".to_owned(), |value| value.to_string()),
    };
    let cells = vec![cell("A", Some(1.0)), cell("B", None), cell("C", Some(9.0))];
    let html =
        RegionMap::new(t, "Peta".to_owned(), String::new(), cells, |value| value.to_string()).to_string();
    assert!(html.contains("class=\"cell hatched\"") && html.contains("belum melapor (1)"));
    assert!(html.contains("class=\"cell q0\"") && html.contains("class=\"cell q4\""));
}
