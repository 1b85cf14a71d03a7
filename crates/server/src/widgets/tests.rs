//! Every widget in its states: the words are there without the drawing, and nothing is unescaped.

use super::{
    Absorption, AgeGroup, Bar, Bars, BulletRow, Bullets, Cell, Countdown, Feed, FeedItem, Framed, Funnel,
    Heat, HeatCell, HeatRow, Instead, MapCell, Mark, Measure, Origin, PatternPage, Piece, Progress, Pyramid,
    Ranked, Ranking, RankingOptions, Reason, RegionMap, Shape, Sparkline, StateCount, StatusRow, Statuses,
    Step, Stronger, Tile, Trend, TrendPoint, Weather, WeatherDay,
};
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
        value: Some(1.0),
        unit: HOSTILE.to_owned(),
        decimals: 0,
        instead: HOSTILE.to_owned(),
        mark: Mark::status(TargetStatus::OffTrack, t),
        target: Some(HOSTILE.to_owned()),
        period: HOSTILE.to_owned(),
        agency: HOSTILE.to_owned(),
        age: HOSTILE.to_owned(),
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
fn what_is_expected_is_a_band_in_words_and_no_gap() {
    let expected = |label: &str| TrendPoint { ahead: Some((13.0, 12.0, 14.5)), ..point(label, None) };
    let html = trend(vec![point("a", Some(15.0)), point("b", Some(14.0)), expected("c"), expected("d")]);
    let outline = html.split("class=\"band\" d=\"").nth(1).unwrap().split('"').next().unwrap();
    assert_eq!(outline.matches(['M', 'L']).count(), 6, "from the last value there and back: {outline}");
    assert!(outline.ends_with('z'));
    assert!(!html.contains("class=\"gap\""), "nothing is missing that is not due: {html}");
    assert!(html.contains("perkiraan 13,0\u{a0}%"), "{html}");
    assert!(html.contains("(12,0\u{a0}% – 14,5\u{a0}%)"), "{html}");
    assert!(!trend(vec![point("a", Some(1.0)), point("b", Some(2.0))]).contains("class=\"band\""));
}

#[test]
fn odd_series_make_no_odd_drawings() {
    for points in [
        vec![],
        vec![point("a", None)],
        vec![point("a", Some(0.0))],
        vec![point("a", Some(-1e15)), point("b", Some(1e15))],
        vec![point("a", Some(5.0)), point("b", Some(5.0))],
        vec![TrendPoint { ahead: Some((1.0, 1.0, 1.0)), ..point("a", None) }],
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

/// Widths of the rectangles of a class, in per cent, in order.
fn widths(html: &str, class: &str) -> Vec<f64> {
    let opening = format!("<rect class=\"{class}\"");
    html.split(&opening)
        .skip(1)
        .map(|rect| {
            let width = rect.split("width=\"").nth(1).unwrap().split('%').next().unwrap();
            width.parse().unwrap()
        })
        .collect()
}

fn no_odd_numbers(html: &str) {
    for odd in ["NaN", "inf%", "inf ", "\"inf", "-inf"] {
        assert!(!html.contains(odd), "{odd}: {html}");
    }
    assert!(!html.contains("width=\"-"), "a negative width: {html}");
}

const EXTREMES: [f64; 7] = [0.0, -0.0, 1e15, -1e15, f64::MIN_POSITIVE, f64::MAX / 4.0, -3.0];

fn step(name: &str, value: Option<f64>) -> Step {
    let text = value.map_or_else(|| "–".to_owned(), |value| value.to_string());
    Step { name: name.to_owned(), href: "#".to_owned(), value, text, value_href: None }
}

#[test]
fn a_funnel_draws_what_its_table_says() {
    let t = Tr(Lang::Id);
    let steps = vec![step("a", Some(200.0)), step("b", Some(150.0)), step("c", None), step("d", Some(30.0))];
    let funnel = Funnel::new(t, "Tahap".to_owned(), steps);
    let html = funnel.to_string();
    assert_eq!(widths(&html, "bar"), [100.0, 75.0, 15.0]);
    assert!(html.contains(">75,0\u{a0}%<") && html.contains(">15,0\u{a0}%<"), "{html}");
    // What follows a step that is not known cannot be compared with it.
    let last = html.rsplit("<tr").next().unwrap();
    assert!(last.contains(">–<"), "{last}");
    assert_eq!(funnel.left(), Some("15,0\u{a0}%"));
    let lone = Funnel::new(t, String::new(), vec![step("a", Some(0.0)), step("b", Some(0.0))]);
    assert_eq!(lone.left(), None);
    no_odd_numbers(&lone.to_string());
    no_odd_numbers(
        &Funnel::new(t, String::new(), EXTREMES.map(|value| step("x", Some(value))).to_vec()).to_string(),
    );
}

#[test]
fn a_pyramid_has_one_scale_for_both_sides() {
    let t = Tr(Lang::Id);
    let cell =
        |value: Option<f64>| Cell { value, text: value.map_or("–".to_owned(), |value| value.to_string()) };
    let group = |male, female| AgeGroup { name: "0–4".to_owned(), male: cell(male), female: cell(female) };
    let html =
        Pyramid::new(t, "Umur".to_owned(), vec![group(Some(50.0), Some(100.0)), group(None, Some(25.0))])
            .to_string();
    assert_eq!(widths(&html, "male"), [50.0]);
    assert_eq!(widths(&html, "female"), [100.0, 25.0]);
    for number in [">50<", ">100<", ">25<", ">–<"] {
        assert!(html.contains(number), "{number}: {html}");
    }
    let odd = EXTREMES.map(|value| group(Some(value), Some(-value))).to_vec();
    no_odd_numbers(&Pyramid::new(t, String::new(), odd).to_string());
}

#[test]
fn built_against_paid_says_the_gap() {
    let t = Tr(Lang::Id);
    let row = |physical, financial| Progress { name: "A".to_owned(), href: None, physical, financial };
    let rows = vec![
        row(Some(60.0), Some(80.0)),
        row(Some(50.0), Some(47.0)),
        row(Some(90.0), Some(40.0)),
        row(None, Some(1.0)),
    ];
    let html = Absorption::new(t, "Serapan".to_owned(), 1, rows).to_string();
    assert_eq!(widths(&html, "physical"), [60.0, 50.0, 90.0]);
    assert_eq!(widths(&html, "financial"), [80.0, 47.0, 40.0, 1.0]);
    for words in
        ["fisik tertinggal 20,0 poin", "seimbang", "fisik mendahului 50,0 poin", "belum ada", ">60,0\u{a0}%<"]
    {
        assert!(html.contains(words), "{words}: {html}");
    }
    let odd = EXTREMES.map(|value| row(Some(value), Some(-value))).to_vec();
    no_odd_numbers(&Absorption::new(t, String::new(), 1, odd).to_string());
}

#[test]
fn a_heat_table_grades_what_it_holds() {
    let t = Tr(Lang::Id);
    let value = |value: f64| HeatCell::Value(value, value.to_string());
    let row = |cells| HeatRow { name: "A".to_owned(), href: None, cells };
    let graded = |cells: Vec<HeatCell>, stronger| {
        Heat::new(
            t,
            String::new(),
            "Wilayah".to_owned(),
            vec![String::new(); cells.len()],
            vec![row(cells)],
            stronger,
        )
        .to_string()
    };
    let heat = |cells| graded(cells, Stronger::High);
    let html = heat(vec![
        value(1.0),
        value(5.0),
        value(9.0),
        HeatCell::Hidden("rahasia".to_owned()),
        HeatCell::Missing,
    ]);
    for cell in [
        "q0\">1<",
        "q2\">5<",
        "q4\">9<",
        "dotted\"><span class=\"sr\">rahasia",
        "hatched\"><span class=\"sr\">belum ada",
    ] {
        assert!(html.contains(cell), "{cell}: {html}");
    }
    let low = graded(vec![value(1.0), value(9.0)], Stronger::Low);
    assert!(
        low.contains("q4\">1<")
            && low.contains("q0\">9<")
            && low.contains("makin kuat warnanya makin rendah"),
        "{low}"
    );
    no_odd_numbers(&heat(EXTREMES.map(|v| HeatCell::Value(v, "x".to_owned())).to_vec()));
    let flat = heat(vec![value(3.0), value(3.0)]);
    assert!(flat.contains("q2\">3<") && !flat.contains("makin kuat"), "nothing to grade: {flat}");
    assert!(heat(vec![HeatCell::Missing]).contains("hatched"));
}

fn ranked(name: &str, value: f64, interval: Option<(f64, f64)>) -> Ranked {
    Ranked {
        name: name.to_owned(),
        href: "#".to_owned(),
        value: Some(value),
        text: value.to_string(),
        value_href: None,
        interval,
        sample: interval.map(|_| 100.0),
        mark: None,
    }
}

#[test]
fn places_that_chance_could_exchange_are_ranges() {
    let t = Tr(Lang::Id);
    let options = |limit| RankingOptions {
        caption: String::new(),
        highest_first: true,
        min_sample: 30,
        limit,
        target: None,
    };
    let html = |rows| Ranking::new(t, options(30), rows, |value: f64| value.to_string()).to_string();
    let places = |html: &str| -> Vec<String> {
        html.split("<td class=\"rank\">")
            .skip(1)
            .map(|rest| rest.split('<').next().unwrap().to_owned())
            .collect()
    };
    let rows = vec![
        ranked("c", 20.0, Some((15.0, 25.0))),
        ranked("a", 50.0, Some((40.0, 60.0))),
        ranked("b", 22.0, Some((18.0, 27.0))),
    ];
    assert_eq!(places(&html(rows)), ["1", "2–3", "2–3"]);
    // Without intervals equal values share a place.
    let plain = vec![ranked("a", 1.0, None), ranked("b", 1.0, None), ranked("c", 0.0, None)];
    assert_eq!(places(&html(plain)), ["1–2", "1–2", "3"]);
    no_odd_numbers(&html(EXTREMES.map(|value| ranked("x", value, Some((value, value)))).to_vec()));
    no_odd_numbers(&html(Vec::new()));
}

#[test]
fn a_countdown_counts_to_today_and_on() {
    let words = |days| Countdown::new(Tr(Lang::En), days, "31 Dec".to_owned(), "End".to_owned()).to_string();
    assert!(words(1).contains(">1<") && words(1).contains("day left"));
    assert!(words(0).contains("today") && !words(0).contains(">0<"));
    assert!(words(-2).contains(">2<") && words(-2).contains("days past"));
}

#[test]
fn widgets_escape_what_they_are_given() {
    let t = Tr(Lang::Id);
    let text = || HOSTILE.to_owned();
    let mark = Mark::new(Shape::Off, HOSTILE);
    let pieces = [
        Piece::Bullets(Bullets::new(
            t,
            text(),
            vec![BulletRow {
                name: text(),
                href: text(),
                value: Some(1.0),
                unit: text(),
                decimals: 0,
                text: text(),
                value_href: Some(text()),
                mark: mark.clone(),
                target: text(),
                bullet: None,
            }],
        )),
        Piece::Statuses(Statuses::new(
            t,
            text(),
            vec![text()],
            vec![StatusRow {
                short: text(),
                name: text(),
                href: text(),
                cells: vec![vec![StateCount { mark: mark.clone().quiet(), count: 1 }]],
            }],
        )),
        Piece::Feed(Feed::new(
            t,
            vec![FeedItem { at: text(), mark: mark.clone(), name: text(), href: Some(text()), what: text() }],
        )),
        Piece::Weather(Weather::new(
            t,
            text(),
            vec![text()],
            vec![WeatherDay {
                day: text(),
                values: vec![Some(Cell { value: None, text: text() })],
                rain: Some(1.0),
            }],
            text(),
        )),
        Piece::Funnel(Funnel::new(t, text(), vec![step(HOSTILE, Some(1.0))])),
        Piece::Instead(Instead::new(Reason::Empty, HOSTILE, text(), Some((text(), text())))),
        Piece::Countdown(Countdown::new(t, 3, text(), text())),
    ];
    for piece in pieces {
        let framed = Framed {
            t,
            kind: "text",
            title: text(),
            href: Some(text()),
            summary: text(),
            origin: Origin { unit: text(), period: text(), source: text(), age: text() },
            freshness: Some(mark.clone()),
            actions: vec![(text(), text())],
            files: vec![(text(), text())],
            measure: Measure { unit: text(), decimals: None },
            span: 6,
            piece,
        };
        let html = framed.to_string();
        assert!(!html.contains("<img") && html.contains("&#60;img"), "{html}");
        assert!(!html.contains("=\"<") && !html.contains("&\"'"), "an attribute is left open: {html}");
    }
}

/// What a page shows is on paper as well, in whatever state it is; and no table has odd numbers.
#[test]
fn every_kind_of_widget_is_set_on_paper_in_every_state() {
    let zone = jiff::tz::TimeZone::UTC;
    let (mut set, mut tables) = (0, 0);
    for lang in Lang::ALL {
        let chrome =
            Chrome::new(Tr(lang), "Contoh", NavItem::None, "/pola", jiff::Timestamp::UNIX_EPOCH, &zone);
        let page = PatternPage::new(chrome);
        for framed in page.widgets() {
            if let Some(table) = framed.table() {
                tables += 1;
                assert!(framed.piece.has_table(), "{}", framed.kind);
                let width = table.columns.len();
                for row in &table.rows {
                    assert_eq!(row.cells.len(), width, "{}: {row:?}", framed.kind);
                    for cell in &row.cells {
                        let value = cell.value().map_or(0.0, |(value, _)| value);
                        assert!(
                            value.is_finite() && !cell.text().contains("NaN"),
                            "{}: {cell:?}",
                            framed.kind
                        );
                    }
                }
            } else {
                assert!(!framed.piece.has_table(), "{}", framed.kind);
            }
        }
        let blocks: Vec<pendopo_paper::Block> =
            page.widgets().map(|framed| framed.block(framed.fits_half())).collect();
        set += blocks.len();
        let document = crate::reports::blank_for_testing(lang, blocks);
        let bytes = pendopo_paper::pdf(&document, pendopo_paper::Limits::default()).unwrap();
        assert!(bytes.starts_with(b"%PDF"));
    }
    println!("counted: widgets on paper: {set} set, {tables} of them with a table");
    assert!(set > 200 && tables > 150, "{set} {tables}");
}

#[test]
fn every_kind_of_widget_is_on_the_pattern_page_in_every_state() {
    let zone = jiff::tz::TimeZone::UTC;
    for lang in Lang::ALL {
        let t = Tr(lang);
        let chrome = Chrome::new(t, "Contoh", NavItem::None, "/pola", jiff::Timestamp::UNIX_EPOCH, &zone);
        let html = PatternPage::new(chrome).render().unwrap();
        no_odd_numbers(&html);
        let index = html.matches("href=\"#pola-").count();
        assert_eq!(index, 17);
        for part in html.split("<section class=\"block\" id=\"pola-").skip(1) {
            let (kind, part) = part.split_once('"').unwrap();
            let part = part.split("</section>").next().unwrap();
            let cells = part.matches("class=\"pattern-case\"").count();
            let least = if matches!(kind, "countdown" | "text" | "camera") { 2 } else { 3 };
            assert!(cells >= least, "{kind} has {cells}");
            assert!(part.contains(&*t.tr("pattern-case-long")), "{kind}");
        }
        for key in [
            "fresh-late",
            "fresh-stale",
            "pattern-case-hidden",
            "pattern-case-huge",
            "pattern-case-refused",
            "pattern-case-unavailable",
        ] {
            assert!(html.matches(&format!("pattern-case\">{}<", t.tr(key))).count() >= 10, "{key}");
        }
    }
}
