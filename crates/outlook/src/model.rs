//! The ways to forecast: two plain ones, and those of `augurs`.

use augurs::{
    Fit, Predict,
    ets::{AutoETS, trend::AutoETSTrendModel},
    mstl::MSTLModel,
};

/// A way to forecast.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Method {
    /// As the last season: the yardstick, and what is used when nothing beats it.
    LastSeason,
    /// As the last value.
    LastValue,
    /// As the last season, moved by how far the newest values lie from those a season before.
    LastSeasonMoved,
    /// Exponential smoothing without seasons; with or without trend, chosen by likelihood.
    Smoothing,
    /// The same of what STL leaves when the season is taken out.
    SeasonalSmoothing,
    /// Halfway between smoothing and the last season.
    Blend,
}

impl Method {
    /// All, the yardstick first.
    pub const ALL: [Method; 6] = [
        Method::LastSeason,
        Method::LastValue,
        Method::LastSeasonMoved,
        Method::Smoothing,
        Method::SeasonalSmoothing,
        Method::Blend,
    ];

    /// The word used in the API and message keys.
    pub fn as_str(self) -> &'static str {
        match self {
            Method::LastSeason => "last-season",
            Method::LastValue => "last-value",
            Method::LastSeasonMoved => "last-season-moved",
            Method::Smoothing => "smoothing",
            Method::SeasonalSmoothing => "seasonal-smoothing",
            Method::Blend => "blend",
        }
    }
}

/// How many of the newest values say how far a season has moved.
const MOVED_BY: usize = 3;
/// Seasons shorter than this are not worth taking out.
const SHORTEST_SEASON: usize = 4;

/// Forecasts `horizon` periods after `values`; `None` where the method does not apply or finds no answer.
pub(crate) fn predict(method: Method, values: &[f64], season: usize, horizon: usize) -> Option<Vec<f64>> {
    let last = *values.last()?;
    let ahead = match method {
        Method::LastValue => vec![last; horizon],
        Method::LastSeason => last_season(values, season, horizon),
        Method::LastSeasonMoved => {
            if season < 2 || values.len() < season + MOVED_BY {
                return None;
            }
            let end = values.len();
            let moved = (end - MOVED_BY..end).map(|at| values[at] - values[at - season]).sum::<f64>();
            let by = moved / MOVED_BY as f64;
            last_season(values, season, horizon).into_iter().map(|value| value + by).collect()
        }
        Method::Smoothing => smoothing(values, horizon)?,
        Method::SeasonalSmoothing => seasonal_smoothing(values, season, horizon)?,
        Method::Blend => {
            let smooth = smoothing(values, horizon)?;
            blend(&smooth, &last_season(values, season, horizon))
        }
    };
    (ahead.len() == horizon && ahead.iter().all(|value| value.is_finite())).then_some(ahead)
}

/// Forecasts by all methods, the costly ones once.
pub(crate) fn predict_all(values: &[f64], season: usize, horizon: usize) -> Vec<(Method, Option<Vec<f64>>)> {
    let smooth = predict(Method::Smoothing, values, season, horizon);
    Method::ALL
        .into_iter()
        .map(|method| {
            let ahead = match method {
                Method::Smoothing => smooth.clone(),
                Method::Blend => {
                    smooth.as_ref().map(|smooth| blend(smooth, &last_season(values, season, horizon)))
                }
                method => predict(method, values, season, horizon),
            };
            (method, ahead)
        })
        .collect()
}

fn blend(one: &[f64], other: &[f64]) -> Vec<f64> {
    one.iter().zip(other).map(|(a, b)| (a + b) / 2.0).collect()
}

/// The values of a season ago; the last value while there is no full season.
fn last_season(values: &[f64], season: usize, horizon: usize) -> Vec<f64> {
    let back = if values.len() < season { 1 } else { season };
    (0..horizon).map(|step| values[values.len() - back + step % back]).collect()
}

/// Exponential smoothing wants four values more than it has states; below that it fails or follows noise.
const LEAST_SMOOTHED: usize = 8;

fn smoothing(values: &[f64], horizon: usize) -> Option<Vec<f64>> {
    let scaled = Scaled::new(values)?;
    let fitted = AutoETS::non_seasonal().fit(&scaled.values).ok()?;
    Some(scaled.back(fitted.predict(horizon, None).ok()?.point))
}

fn seasonal_smoothing(values: &[f64], season: usize, horizon: usize) -> Option<Vec<f64>> {
    if season < SHORTEST_SEASON || values.len() < 2 * season {
        return None;
    }
    let scaled = Scaled::new(values)?;
    let trend = AutoETSTrendModel::from(AutoETS::non_seasonal());
    let fitted = MSTLModel::new(vec![season], trend).fit(&scaled.values).ok()?;
    Some(scaled.back(fitted.predict(horizon, None).ok()?.point))
}

/// Values brought to the size of one, because the optimiser's steps are made for such and STL computes in
/// `f32`: rupiah come in thousands of milliards.
struct Scaled {
    values: Vec<f64>,
    by: f64,
}

impl Scaled {
    /// `None` for too few values, or values that never move.
    fn new(values: &[f64]) -> Option<Scaled> {
        let by = values.iter().fold(0.0_f64, |most, value| most.max(value.abs()));
        let moves = values.windows(2).any(|pair| pair[0] != pair[1]);
        if values.len() < LEAST_SMOOTHED || !moves || !by.is_normal() {
            return None;
        }
        Some(Scaled { values: values.iter().map(|value| value / by).collect(), by })
    }

    fn back(&self, ahead: Vec<f64>) -> Vec<f64> {
        ahead.into_iter().map(|value| value * self.by).collect()
    }
}
