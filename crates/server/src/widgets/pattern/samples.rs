//! Made-up figures for the pattern page: one widget of every kind in every state that it can be in.

use super::cases::{Case, course, months};
use crate::{
    web::{Tr, figure, how_long, thousands},
    widgets::{
        Absorption, AgeGroup, Bar, Bars, Bullet, BulletRow, Bullets, Camera, Cell, Change, Countdown,
        Earthquake, Feed, FeedItem, Framed, Funnel, Heat, HeatCell, HeatRow, Instead, MapCell, Mark, Measure,
        Origin, Piece, Progress, Pyramid, Quake, Ranked, Ranking, RankingOptions, Reason, RegionMap, Shape,
        Sparkline, StateCount, StatusRow, Statuses, Step, Stronger, Text, Tile, Trend, TrendPoint, Weather,
        WeatherDay, wilson,
    },
};
use pendopo_vocab::{Direction, TargetStatus};

/// Makes one widget.
struct Sampler {
    t: Tr,
    case: Case,
}

/// A widget of `kind` in the state of `case`.
pub fn sample(t: Tr, kind: &'static str, case: Case) -> Framed {
    let sampler = Sampler { t, case };
    let (span, piece) = sampler.piece(kind);
    let without = matches!(piece, Piece::Instead(_));
    let nowhere = matches!(kind, "countdown" | "text" | "camera");
    let title = match case {
        Case::Unavailable => t.tr(&format!("widget-{kind}")).into_owned(),
        _ => sampler.name(),
    };
    Framed {
        t,
        kind,
        title,
        href: (case != Case::Unavailable && !nowhere).then(|| "#".to_owned()),
        summary: if without || nowhere { String::new() } else { t.tr("sample-summary").into_owned() },
        origin: if without || nowhere { Origin::default() } else { sampler.origin() },
        freshness: case.freshness().map(|state| Mark::freshness(state, t)),
        actions: if without || nowhere {
            Vec::new()
        } else {
            vec![("#".to_owned(), t.tr("lineage-link").into_owned())]
        },
        files: if without || nowhere { Vec::new() } else { vec![("#".to_owned(), "XLSX".to_owned())] },
        measure: Measure { unit: case.unit().to_owned(), decimals: Some(case.decimals()) },
        span,
        piece,
    }
}

impl Sampler {
    fn name(&self) -> String {
        let key = if self.case == Case::Long { "sample-long" } else { "sample-indicator" };
        self.t.tr(key).into_owned()
    }

    fn region(&self, index: usize) -> String {
        let index = i64::try_from(index).unwrap_or(0) + 1;
        let key = if self.case == Case::Long { "sample-long-region" } else { "sample-region" };
        self.t.tr1(key, index)
    }

    fn origin(&self) -> Origin {
        Origin {
            unit: String::new(),
            period: "Sep 2026".to_owned(),
            source: if self.case == Case::Long {
                self.t.tr("sample-long-agency").into_owned()
            } else {
                "OPD".to_owned()
            },
            age: self.t.tr1("age-ago", how_long(self.case.age_secs(), self.t)),
        }
    }

    fn write(&self, value: f64) -> String {
        figure(value, self.case.unit(), self.case.decimals(), true, self.t.lang()).text()
    }

    fn values(&self, count: i32) -> Vec<f64> {
        course(count, 18.0, -0.6).map(|value| value * self.case.factor()).collect()
    }

    /// A value and its words; hidden and missing ones have words alone.
    fn value(&self, index: usize, value: f64) -> (Option<f64>, String) {
        if self.case.hides(index) {
            (None, self.t.tr1("hidden-below", 5))
        } else if self.case.lacks(index) {
            (None, self.t.tr("not-reported").into_owned())
        } else {
            (Some(value), self.write(value))
        }
    }

    fn target(&self) -> f64 {
        14.0 * self.case.factor()
    }

    fn status(&self, value: Option<f64>) -> TargetStatus {
        TargetStatus::judge(Direction::Lower, value, Some(self.target()), None, 0.1)
    }

    fn instead(&self) -> Option<Instead> {
        let t = self.t;
        let words = |key: &str| t.tr(key).into_owned();
        match self.case {
            Case::Empty => {
                let action = Some(("/sumber".to_owned(), words("nav-sources")));
                Some(Instead::new(
                    Reason::Empty,
                    &t.tr("widget-empty"),
                    t.tr1("empty-indicator-now", "OPD"),
                    action,
                ))
            }
            Case::Refused => {
                let action = Some(("#".to_owned(), words("refused-rows-see")));
                let advice = t.tr2("widget-refused-now", 295, words("sample-source"));
                Some(Instead::new(Reason::Refused, &t.tr("widget-refused"), advice, action))
            }
            Case::Unavailable => {
                let advice = words("widget-unavailable-now");
                Some(Instead::new(Reason::Unavailable, &t.tr("widget-unavailable"), advice, None))
            }
            _ => None,
        }
    }

    /// The width and what is in the frame.
    fn piece(&self, kind: &str) -> (u8, Piece) {
        let instead = self.instead().map(Piece::Instead);
        match kind {
            "tile" if self.case != Case::Unavailable => (3, Piece::Tile(Box::new(self.tile()))),
            "tile" => (3, instead.unwrap_or_else(|| self.text())),
            "countdown" => (3, Piece::Countdown(self.countdown())),
            "text" => (6, self.text()),
            "camera" => (4, Piece::Camera(self.camera())),
            _ => {
                let span = if matches!(kind, "heat" | "statuses") { 12 } else { 6 };
                (span, instead.unwrap_or_else(|| self.chart(kind)))
            }
        }
    }

    fn chart(&self, kind: &str) -> Piece {
        match kind {
            "line" => Piece::Trend(Box::new(self.trend())),
            "bullet" => Piece::Bullets(self.bullets()),
            "bars" => Piece::Bars(self.bars()),
            "ranking" => Piece::Ranking(self.ranking()),
            "heat" => Piece::Heat(self.heat()),
            "statuses" => Piece::Statuses(self.statuses()),
            "map" => Piece::Map(self.map()),
            "feed" => Piece::Feed(self.feed()),
            "weather" => Piece::Weather(self.weather()),
            "earthquake" => Piece::Earthquake(self.earthquake()),
            "absorption" => Piece::Absorption(self.absorption()),
            "funnel" => Piece::Funnel(self.funnel()),
            "pyramid" => Piece::Pyramid(self.pyramid()),
            _ => self.text(),
        }
    }

    fn tile(&self) -> Tile {
        let t = self.t;
        let values: Vec<Option<f64>> = self.values(24).into_iter().map(Some).collect();
        let newest = values.last().copied().flatten();
        let shown = newest.filter(|_| !matches!(self.case, Case::Hidden | Case::Empty | Case::Refused));
        let status = self.status(shown);
        Tile {
            t,
            name: self.name(),
            href: "#".to_owned(),
            figure: shown.map(|value| figure(value, self.case.unit(), self.case.decimals(), true, t.lang())),
            value: shown,
            unit: self.case.unit().to_owned(),
            decimals: self.case.decimals(),
            instead: match self.case {
                Case::Hidden => t.tr1("hidden-below", 5),
                Case::Refused => t.tr("widget-refused").into_owned(),
                _ => t.tr("widget-empty").into_owned(),
            },
            mark: if self.case == Case::Hidden { Mark::hidden(t) } else { Mark::status(status, t) },
            target: Some(t.tr1("target-at-most", self.write(self.target()))),
            period: "Sep 2026".to_owned(),
            agency: self.origin().source,
            age: if shown.is_some() { self.origin().age } else { String::new() },
            change: shown.map(|value| Change {
                text: t.tr1("points", crate::web::change(value * 0.05, self.case.decimals(), t.lang())),
                against: t.tr1("since-period-short", "Agu 2026"),
                better: Some(false),
            }),
            spark: shown.map(|_| Sparkline::new(&values, Some(self.target()))),
            freshness: self.case.freshness().map(|state| Mark::freshness(state, t)),
        }
    }

    fn trend(&self) -> Trend {
        let points = months(14)
            .zip(self.values(14))
            .enumerate()
            .map(|(index, (period, value))| {
                let (shown, words) = self.value(index, value);
                TrendPoint {
                    label: period.label(self.t.lang()),
                    value: shown,
                    hidden: self.case.hides(index).then_some(words),
                    last_year: Some(value * 1.08),
                    target: Some(self.target()),
                    target_high: None,
                    href: Some("#".to_owned()),
                    ahead: None,
                }
            })
            .collect();
        let summary = self.t.tr("sample-summary").into_owned();
        let unit = self.case.unit().to_owned();
        Trend::new(self.t, self.name(), summary, unit, self.case.decimals(), points)
    }

    fn bullets(&self) -> Bullets {
        let rows = self
            .values(4)
            .into_iter()
            .enumerate()
            .map(|(index, value)| {
                let (value, text) = self.value(index, value);
                let mark = Mark::status(self.status(value), self.t);
                let bar = |value| {
                    Bullet::new(value, Some(self.target()), None, mark.shape.class(), self.write(value))
                };
                BulletRow {
                    name: format!("{} {}", self.name(), index + 1),
                    href: "#".to_owned(),
                    bullet: value.map(bar),
                    value,
                    unit: self.case.unit().to_owned(),
                    decimals: self.case.decimals(),
                    text,
                    value_href: value.map(|_| "#".to_owned()),
                    target: self.t.tr1("target-at-most", self.write(self.target())),
                    mark,
                }
            })
            .collect();
        Bullets::new(self.t, self.name(), rows)
    }

    fn bars(&self) -> Bars {
        let row = |(index, value): (usize, f64)| {
            let (value, text) = self.value(index, value);
            Bar {
                name: self.region(index),
                href: Some("#".to_owned()),
                value,
                text,
                value_href: value.map(|_| "#".to_owned()),
                mark: value.map(|value| Mark::status(self.status(Some(value)), self.t).quiet()),
                note: String::new(),
            }
        };
        let rows = self.values(7).into_iter().enumerate().map(row).collect();
        let target = (self.target(), self.t.tr1("label-target", self.write(self.target())));
        Bars::new(self.t, self.name(), self.t.tr("region").into_owned(), false, rows, Some(target))
    }

    fn ranking(&self) -> Ranking {
        let samples = [812.0, 640.0, 455.0, 290.0, 118.0, 96.0, 24.0];
        let counted = !matches!(self.case, Case::Huge | Case::Tiny);
        let row = |(index, value): (usize, f64)| {
            let of: f64 = samples[index % samples.len()];
            let hits = (of * value / 100.0).round();
            let value = if counted { hits / of * 100.0 } else { value };
            let (value, text) = self.value(index, value);
            let interval = value.filter(|_| counted).and_then(|_| wilson(hits, of));
            Ranked {
                name: self.region(index),
                href: "#".to_owned(),
                value,
                text,
                value_href: value.map(|_| "#".to_owned()),
                interval: interval.map(|(low, high)| (low * 100.0, high * 100.0)),
                sample: (value.is_some() && counted).then_some(of),
                mark: value.map(|value| Mark::status(self.status(Some(value)), self.t).quiet()),
            }
        };
        let options = RankingOptions {
            caption: format!("{}, Sep 2026", self.t.tr("below-district")),
            highest_first: true,
            min_sample: 30,
            limit: 30,
            target: Some((self.target(), self.t.tr1("label-target", self.write(self.target())))),
        };
        let rows = self.values(7).into_iter().enumerate().map(row).collect();
        Ranking::new(self.t, options, rows, |value| self.write(value))
    }

    fn heat(&self) -> Heat {
        let columns: Vec<String> = months(12).map(|period| period.label(self.t.lang())).collect();
        let rows = (0..5)
            .map(|row| HeatRow {
                name: self.region(row),
                href: Some("#".to_owned()),
                cells: self
                    .values(12)
                    .into_iter()
                    .enumerate()
                    .map(|(column, value)| {
                        let index = row + column;
                        if self.case.hides(index) {
                            HeatCell::Hidden(self.t.tr1("hidden-below", 5))
                        } else if self.case.lacks(index) {
                            HeatCell::Missing
                        } else {
                            let decimals = usize::from(self.case.decimals());
                            HeatCell::Value(
                                value,
                                pendopo_vocab::compact_number(value, decimals, self.t.lang()),
                            )
                        }
                    })
                    .collect(),
            })
            .collect();
        Heat::new(self.t, self.name(), self.t.tr("region").into_owned(), columns, rows, Stronger::High)
    }

    fn statuses(&self) -> Statuses {
        let state = |status: TargetStatus, count: usize| StateCount {
            mark: Mark::status(status, self.t).quiet(),
            count,
        };
        let cells = |row: usize| -> Vec<Vec<StateCount>> {
            (0..4)
                .map(|column| match (row + column) % 4 {
                    0 => vec![state(TargetStatus::OffTrack, 2), state(TargetStatus::OnTrack, 3)],
                    1 => vec![state(TargetStatus::AtRisk, 1), state(TargetStatus::NoData, 12)],
                    2 => vec![state(TargetStatus::OnTrack, 128)],
                    _ => Vec::new(),
                })
                .collect()
        };
        let long = self.case == Case::Long;
        let rows = (0..4)
            .map(|row| StatusRow {
                short: if long {
                    self.t.tr("sample-long-agency").into_owned()
                } else {
                    format!("OPD {}", row + 1)
                },
                name: self.t.tr("sample-long-agency").into_owned(),
                href: "#".to_owned(),
                cells: cells(row),
            })
            .collect();
        let columns = (0..4).map(|column| self.region(column)).collect();
        Statuses::new(self.t, self.name(), columns, rows)
    }

    fn map(&self) -> RegionMap {
        let cells = self
            .values(16)
            .into_iter()
            .enumerate()
            .map(|(index, value)| {
                let (value, text) = self.value(index, value);
                MapCell {
                    name: self.region(index),
                    href: "#".to_owned(),
                    value,
                    hidden: self.case.hides(index),
                    text,
                }
            })
            .collect();
        let summary = self.t.tr("sample-summary").into_owned();
        RegionMap::new(self.t, self.name(), summary, cells, |value| self.write(value))
    }

    fn feed(&self) -> Feed {
        let t = self.t;
        let items = [
            (Shape::On, "feed-word-new", t.tr1("feed-new", 5_840)),
            (Shape::On, "feed-word-revised", t.tr2("feed-revised", 12, 3)),
            (Shape::Risk, "feed-word-refused", t.tr2("feed-refused-rows", 14, 281)),
            (Shape::Off, "feed-word-failed", t.tr("sample-summary").into_owned()),
        ];
        let item = |(index, (shape, word, what)): (usize, (Shape, &str, String))| FeedItem {
            at: format!("24 Nov 08.{:02}", 45 - index * 7),
            mark: Mark::new(shape, &t.tr(word)).quiet(),
            name: if self.case == Case::Long { self.name() } else { t.tr("sample-source").into_owned() },
            href: Some("#".to_owned()),
            what,
        };
        Feed::new(t, items.into_iter().enumerate().map(item).collect())
    }

    fn countdown(&self) -> Countdown {
        let (days, day) =
            if self.case == Case::Long { (1_460, "24 Nov 2030 WIB") } else { (37, "31 Des 2026 WIB") };
        Countdown::new(self.t, days, day.to_owned(), self.name())
    }

    fn text(&self) -> Piece {
        let sentence = self.t.tr("sample-summary");
        let name = self.name();
        Piece::Text(Text::new(&format!("{sentence} {name}.\n\n{sentence}")))
    }

    fn camera(&self) -> Camera {
        Camera {
            t: self.t,
            place: self.name(),
            address: format!("{}://cctv.example.go.id/kamera/1", "https"),
            agency: self.origin().source,
        }
    }

    fn weather(&self) -> Weather {
        let columns = ["sample-temperature", "sample-rain"].map(|key| self.t.tr(key).into_owned()).to_vec();
        let days = (0..5)
            .map(|index| {
                let rain = f64::from(index * index % 7) * 4.5 * self.case.factor().abs();
                let (rain_value, rain_text) = self.value(usize::try_from(index).unwrap_or(0), rain);
                WeatherDay {
                    day: format!("{} Nov 2026", 24 - index),
                    values: vec![
                        Some(Cell {
                            value: Some(f64::from(33 - index)), text: format!("{} °C", 33 - index)
                        }),
                        Some(Cell { value: rain_value, text: rain_text }),
                    ],
                    rain: rain_value,
                }
            })
            .collect();
        Weather::new(self.t, self.name(), columns, days, "BMKG".to_owned())
    }

    fn earthquake(&self) -> Earthquake {
        let quakes = (0..3)
            .map(|index| Quake {
                day: format!("{} Nov 2026", 23 - index * 6),
                value: Some(5.9 - f64::from(index) * 0.4),
                magnitude: figure(5.9 - f64::from(index) * 0.4, "", 1, false, self.t.lang()).text(),
                depth: Some(format!("{} km", 10 + index * 120)),
                felt: (index != 1).then(|| "III MMI".to_owned()),
                href: Some("#".to_owned()),
            })
            .collect();
        Earthquake::new(self.t, self.name(), quakes, "BMKG".to_owned())
    }

    fn absorption(&self) -> Absorption {
        let pairs = [(71.5, 83.0), (64.0, 62.1), (88.0, 61.0), (102.4, 100.0), (12.0, 58.5)];
        let rows = pairs
            .into_iter()
            .enumerate()
            .map(|(index, (physical, financial))| Progress {
                name: self.region(index),
                href: Some("#".to_owned()),
                physical: self.value(index, physical).0,
                financial: Some(if self.case == Case::Huge { financial * 1000.0 } else { financial }),
            })
            .collect();
        Absorption::new(self.t, self.name(), 1, rows)
    }

    fn funnel(&self) -> Funnel {
        let factor = self.case.factor();
        let steps = [68_412.0, 54_730.0, 9_120.0]
            .into_iter()
            .enumerate()
            .map(|(index, value)| {
                let hidden = self.case.hides(index);
                let value = (!hidden).then_some(value * factor);
                #[expect(clippy::cast_possible_truncation, reason = "made-up counts")]
                let words = |value: f64| thousands(value as i64, self.t.lang());
                Step {
                    name: format!("{} {}", self.name(), index + 1),
                    href: "#".to_owned(),
                    text: value.map_or_else(|| self.t.tr1("hidden-below", 5), words),
                    value,
                    value_href: value.map(|_| "#".to_owned()),
                }
            })
            .collect();
        Funnel::new(self.t, self.name(), steps)
    }

    fn pyramid(&self) -> Pyramid {
        let groups = (0..8)
            .rev()
            .map(|decade: i32| {
                let cell = |value: f64, index: usize| {
                    let value = (!self.case.hides(index)).then_some((value * self.case.factor()).round());
                    #[expect(clippy::cast_possible_truncation, reason = "made-up counts")]
                    let words = |value: f64| thousands(value as i64, self.t.lang());
                    Cell { value, text: value.map_or_else(|| self.t.tr1("hidden-below", 5), words) }
                };
                let base = 8_200.0 - f64::from(decade * decade) * 120.0;
                let index = usize::try_from(decade).unwrap_or(0);
                AgeGroup {
                    name: format!("{}–{}", decade * 10, decade * 10 + 9),
                    male: cell(base, index),
                    female: cell(base * 1.03, index + 1),
                }
            })
            .collect();
        Pyramid::new(self.t, self.name(), groups)
    }
}
