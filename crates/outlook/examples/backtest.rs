//! How good forecasts are beside "as a season ago", and how many planted oddities are found.
//!
//! `backtest file.csv ...` with columns `series,period,value` and perhaps `unit`. Forecasts each series from
//! days of its own past, each time with nothing but what was known then, and holds the forecasts against what
//! came. Then plants spikes and shifts at those days, and looks at the same days without any.

use pendopo_outlook::{Anomaly, Bounds, Method, look_ahead, season};
use pendopo_vocab::Period;
use std::{collections::BTreeMap, error::Error, io::Write};

/// Days of the past that each series is forecast from, at most.
const STARTS: usize = 12;

/// What came of the forecasts of one series.
#[derive(Default)]
struct Score {
    /// Absolute errors in units of the mean absolute change from season to season before: ours, yardstick.
    scaled: (f64, f64),
    /// Symmetric per cent errors.
    smape: (f64, f64),
    likely: usize,
    wide: usize,
    forecasts: usize,
    yardstick_used: usize,
    starts: usize,
}

type Outcome<T> = Result<T, Box<dyn Error>>;

fn main() -> Outcome<()> {
    let mut out = std::io::stdout().lock();
    for path in std::env::args().skip(1) {
        let name = std::path::Path::new(&path).file_stem().unwrap_or_default().to_string_lossy().into_owned();
        let series = read(&path)?;
        let head =
            "| series | forecasts | MASE | as a season ago | sMAPE | as a season ago | in 80 % | in 95 % |";
        writeln!(out, "### {name}\n\n{head}\n| --- | ---: | ---: | ---: | ---: | ---: | ---: | ---: |")?;
        report(&mut out, &name, &series)?;
        report_planted(&mut out, &series)?;
    }
    Ok(())
}

/// Name, unit, values.
type Named = (String, String, Vec<(Period, f64)>);

fn read(path: &str) -> Outcome<Vec<Named>> {
    let mut series: BTreeMap<String, (String, Vec<(Period, f64)>)> = BTreeMap::new();
    for row in csv::Reader::from_path(path)?.records() {
        let row = row?;
        let cell = |index| row.get(index).unwrap_or_default();
        let (unit, points) = series.entry(cell(0).to_owned()).or_default();
        unit.replace_range(.., cell(3));
        points.push((cell(1).parse()?, cell(2).parse()?));
    }
    Ok(series.into_iter().map(|(name, (unit, points))| (name, unit, points)).collect())
}

fn report(out: &mut impl Write, title: &str, series: &[Named]) -> Outcome<()> {
    let mut all = Score::default();
    let (mut told, mut better) = (0, 0);
    for (name, unit, points) in series {
        match try_out(unit, points) {
            Some(score) => {
                write_row(out, name, &score)?;
                told += 1;
                better += usize::from(score.scaled.0 <= score.scaled.1 * 1.005);
                all.add(&score);
            }
            None => writeln!(out, "| {name} | none: {} values |||||||", points.len())?,
        }
    }
    write_row(out, &format!("**{title}: all {told}**, of which no worse {better}"), &all)?;
    let share = 100.0 * all.yardstick_used as f64 / all.starts.max(1) as f64;
    writeln!(out, "| {title}: fell back to \"as a season ago\" | {share:.0} % of the time |||||||")?;
    Ok(())
}

fn write_row(out: &mut impl Write, name: &str, score: &Score) -> Outcome<()> {
    let count = score.forecasts.max(1) as f64;
    let share = |inside: usize| 100.0 * inside as f64 / count;
    writeln!(
        out,
        "| {name} | {} | {:.2} | {:.2} | {:.1} | {:.1} | {:.0} % | {:.0} % |",
        score.forecasts,
        score.scaled.0 / count,
        score.scaled.1 / count,
        score.smape.0 / count,
        score.smape.1 / count,
        share(score.likely),
        share(score.wide),
    )?;
    Ok(())
}

impl Score {
    fn add(&mut self, other: &Score) {
        self.scaled = (self.scaled.0 + other.scaled.0, self.scaled.1 + other.scaled.1);
        self.smape = (self.smape.0 + other.smape.0, self.smape.1 + other.smape.1);
        self.likely += other.likely;
        self.wide += other.wide;
        self.forecasts += other.forecasts;
        self.yardstick_used += other.yardstick_used;
        self.starts += other.starts;
    }
}

fn try_out(unit: &str, points: &[(Period, f64)]) -> Option<Score> {
    let cadence = points.first()?.0.cadence();
    let (least, season) = (pendopo_outlook::least_history(cadence), season(cadence));
    let came: BTreeMap<Period, f64> = points.iter().copied().collect();
    let every = points.len().checked_sub(least + 1)?.div_ceil(STARTS).max(1);
    let mut score = Score::default();
    for end in (least..points.len()).rev().step_by(every) {
        let past = &points[..end];
        let tomorrow = past.last()?.0.shift(1).first_day();
        let bounds = Bounds::of_measure(unit, None, None, past);
        let Ok(outlook) = look_ahead(past, bounds, tomorrow) else { continue };
        let changes = past.windows(season + 1).map(|window| (window[season].1 - window[0].1).abs());
        let scale = changes.sum::<f64>() / past.len().saturating_sub(season).max(1) as f64;
        score.starts += 1;
        score.yardstick_used += usize::from(outlook.method == Method::LastSeason);
        for (step, ahead) in outlook.points.iter().enumerate() {
            let Some(&is) = came.get(&ahead.period) else { continue };
            let yardstick = past[past.len() - season + step % season].1;
            let inside = |(low, high): (f64, f64)| usize::from((low..=high).contains(&is));
            score.forecasts += 1;
            score.likely += inside(ahead.likely);
            score.wide += inside(ahead.wide);
            score.scaled.0 += (ahead.value - is).abs() / scale.max(1e-9);
            score.scaled.1 += (yardstick - is).abs() / scale.max(1e-9);
            let per_cent = |of: f64| 200.0 * (of - is).abs() / (of.abs() + is.abs()).max(1e-9);
            score.smape.0 += per_cent(ahead.value);
            score.smape.1 += per_cent(yardstick);
        }
    }
    (score.forecasts > 0).then_some(score)
}

/// Spikes and shifts are this many times the usual change from one period to the next.
const PLANTED: f64 = 8.0;

/// Plants one spike and one shift of three periods at the end of each past, and counts what is found.
fn report_planted(out: &mut impl Write, series: &[Named]) -> Outcome<()> {
    let (mut looks, mut odd_spikes, mut odd_shifts, mut spikes, mut shifts) = (0, 0, 0, 0, 0);
    for (_, unit, points) in series {
        let Some(least) = points.first().map(|(at, _)| pendopo_outlook::least_history(at.cadence())) else {
            continue;
        };
        let Some(spare) = points.len().checked_sub(least + 1) else { continue };
        for end in (least..points.len()).rev().step_by(spare.div_ceil(STARTS).max(1)) {
            let past = &points[..end];
            let found = |planted: usize| odd_end(unit, past, planted);
            looks += 1;
            match found(0) {
                Some(Anomaly::Spike { .. }) => odd_spikes += 1,
                Some(Anomaly::LevelShift { .. }) => odd_shifts += 1,
                None => {}
            }
            spikes += usize::from(matches!(found(1), Some(Anomaly::Spike { .. })));
            shifts += usize::from(matches!(found(3), Some(Anomaly::LevelShift { .. })));
        }
    }
    let share = |count: usize| 100.0 * count as f64 / f64::from(looks.max(1));
    writeln!(
        out,
        "\n{looks} looks: planted spikes found {:.0} %, planted shifts found {:.0} %, with nothing planted {:.1} % were called a spike and {:.1} % a shift\n",
        share(spikes),
        share(shifts),
        share(odd_spikes),
        share(odd_shifts)
    )?;
    Ok(())
}

fn odd_end(unit: &str, past: &[(Period, f64)], planted: usize) -> Option<Anomaly> {
    let mut past = past.to_vec();
    let season = season(past.first()?.0.cadence());
    let mut changes: Vec<f64> =
        past.windows(season + 1).map(|all| (all[season].1 - all[0].1).abs()).collect();
    changes.sort_by(f64::total_cmp);
    let by = PLANTED * changes[changes.len() / 2];
    let from = past.len() - planted;
    for (_, value) in &mut past[from..] {
        *value += by;
    }
    let tomorrow = past.last()?.0.shift(1).first_day();
    look_ahead(&past, Bounds::of_measure(unit, None, None, &past), tomorrow).ok()?.anomaly
}
