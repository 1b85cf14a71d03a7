//! The widgets of a board as types: one struct per kind, all with the same four options for their place.
//! The doc comments are the reference manual, as in the rest of the schema.

use crate::widgets::Surface;
use pendopo_vocab::RegionCode;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Where a widget stands and what heads it.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Place<'a> {
    /// Heading in Indonesian, when it is not made from what the widget shows.
    pub title: Option<&'a str>,
    /// Heading in English.
    pub title_en: Option<&'a str>,
    /// Width, in columns of twelve.
    pub span: u8,
    surfaces: &'a [Surface],
}

impl Place<'_> {
    /// Whether the widget is shown on this surface: on all, unless it names some.
    pub fn is_on(&self, surface: Surface) -> bool {
        self.surfaces.is_empty() || self.surfaces.contains(&surface)
    }
}

/// Makes a struct per kind with the options that all have, and the enum over them. `span` is the width of a
/// widget that says none.
macro_rules! widget_kinds {
    ($(
        $(#[$doc:meta])*
        $word:literal, span $span:literal, $name:ident {
            $($(#[$note:meta])* $field:ident: $type:ty,)*
        }
    )*) => {
        $(
            $(#[$doc])*
            #[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
            #[serde(deny_unknown_fields)]
            pub struct $name {
                /// Heading in Indonesian. Default: after what is shown.
                #[serde(default, skip_serializing_if = "Option::is_none")]
                pub title: Option<String>,
                /// Heading in English.
                #[serde(default, skip_serializing_if = "Option::is_none")]
                pub title_en: Option<String>,
                /// Width, in columns of twelve. Each kind has a usual width.
                #[serde(default, skip_serializing_if = "Option::is_none")]
                #[schemars(range(min = 2, max = 12))]
                pub span: Option<u8>,
                /// Where it is shown: `desk`, `phone`, `wall`, `paper`. Default: everywhere.
                #[serde(default, skip_serializing_if = "Vec::is_empty")]
                pub surfaces: Vec<Surface>,
                $($(#[$note])* pub $field: $type,)*
            }
        )*

        /// One widget of a board. `kind` says which; each kind has options of its own.
        #[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
        #[serde(tag = "kind", rename_all = "snake_case", deny_unknown_fields)]
        pub enum WidgetDef {
            $($(#[$doc])* $name($name),)*
        }

        impl WidgetDef {
            /// The word of its kind, as packs write it.
            pub fn kind(&self) -> &'static str {
                match self { $(WidgetDef::$name(_) => $word,)* }
            }

            /// Where it stands.
            pub fn place(&self) -> Place<'_> {
                match self {
                    $(WidgetDef::$name(it) => Place {
                        title: it.title.as_deref(),
                        title_en: it.title_en.as_deref(),
                        span: it.span.unwrap_or($span).clamp(2, 12),
                        surfaces: &it.surfaces,
                    },)*
                }
            }
        }
    };
}

widget_kinds! {
    /// One figure: value, target, change, course.
    "tile", span 3, Tile {
        /// Code of the indicator.
        indicator: String,
        /// The region. Default: the one that the reader sees.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        region: Option<RegionCode>,
    }

    /// The course of an indicator with its target and last year.
    "line", span 6, Line {
        /// Code of the indicator.
        indicator: String,
        /// The region. Default: the one that the reader sees.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        region: Option<RegionCode>,
    }

    /// Several indicators, each a bar against its target.
    "bullet", span 6, Bullet {
        /// Codes of the indicators, in order.
        #[schemars(length(min = 1))]
        indicators: Vec<String>,
        /// The region. Default: the one that the reader sees.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        region: Option<RegionCode>,
    }

    /// An indicator as bars: a bar per region below, or per part of the total.
    "bars", span 6, Bars {
        /// Code of the indicator.
        indicator: String,
        /// `region`: the regions below. `part`: the parts of its breakdown. Default: `region`.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        by: Option<BarsBy>,
        /// The region. Default: the one that the reader sees.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        region: Option<RegionCode>,
    }

    /// The regions below in order, as fairly as the figures allow: a range of places where chance could
    /// exchange them, and no place at all for regions too small to judge.
    "ranking", span 6, Ranking {
        /// Code of the indicator. Intervals are known for ratios of things that are counted.
        indicator: String,
        /// The region whose parts are ordered. Default: the one that the reader sees.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        region: Option<RegionCode>,
        /// Regions with a smaller denominator have no place. Default: 30.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        min_sample: Option<u32>,
        /// How many places are listed. Default: all that fit.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        #[schemars(range(min = 1))]
        limit: Option<u32>,
    }

    /// A table over months, coloured: where and when at once.
    "heat", span 12, Heat {
        /// `region`: the regions below, of one indicator. `agency`: the agencies, by the share of their
        /// figures that met the target. Default: `region`.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        by: Option<HeatBy>,
        /// Code of the indicator, for `by = "region"`.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        indicator: Option<String>,
        /// The region. Default: the one that the reader sees.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        region: Option<RegionCode>,
        /// How many months. Default: 12.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        #[schemars(range(min = 2, max = 36))]
        months: Option<u8>,
    }

    /// Agencies by sectors: how many figures are in which state.
    "statuses", span 12, Statuses {
    }

    /// The regions below, coloured by an indicator.
    "map", span 8, Map {
        /// Code of the indicator.
        indicator: String,
        /// The region whose parts are shown. Default: the one that the reader sees.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        region: Option<RegionCode>,
    }

    /// What happened last to the data: figures that came, were revised or refused.
    "feed", span 6, Feed {
        /// Only what this source brought.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        source: Option<String>,
        /// How many entries. Default: 8.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        #[schemars(range(min = 1, max = 50))]
        limit: Option<u8>,
    }

    /// The days that are left until a day.
    "countdown", span 3, Countdown {
        /// The day, `yyyy-mm-dd`.
        date: String,
        /// What happens then, in Indonesian.
        text: String,
        /// What happens then, in English.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        text_en: Option<String>,
    }

    /// Words, as they are; an empty line begins a new paragraph.
    "text", span 6, Text {
        /// The words in Indonesian.
        text: String,
        /// The words in English.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        text_en: Option<String>,
    }

    /// A camera of an agency. Its picture stays at the agency's address, which is linked.
    "camera", span 4, Camera {
        /// What the camera looks at.
        place: String,
        /// The page of the agency that shows the picture, `https://…`.
        address: String,
        /// Code of the agency that runs it.
        agency: String,
    }

    /// Weather by days, from indicators of a weather service. At least one of them.
    "weather", span 6, Weather {
        /// Code of the indicator with the temperature.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        temperature: Option<String>,
        /// Code of the indicator with the rain.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        rain: Option<String>,
        /// Code of the indicator with the humidity.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        humidity: Option<String>,
        /// Code of the indicator with the speed of the wind.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        wind: Option<String>,
        /// The region. Default: the one that the reader sees.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        region: Option<RegionCode>,
        /// How many days. Default: 7.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        #[schemars(range(min = 1, max = 14))]
        days: Option<u8>,
        /// Who measured it, named on the widget. Default: BMKG.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        credit: Option<String>,
    }

    /// The latest earthquakes, from indicators of a seismic service: the strongest of each day.
    "earthquake", span 6, Earthquake {
        /// Code of the indicator with the magnitude.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        magnitude: Option<String>,
        /// Code of the indicator with the depth.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        depth: Option<String>,
        /// Code of the indicator with the intensity felt (MMI, 1 to 12).
        #[serde(default, skip_serializing_if = "Option::is_none")]
        felt: Option<String>,
        /// The region. Default: the one that the reader sees.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        region: Option<RegionCode>,
        /// Who measured it, named on the widget. Default: BMKG.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        credit: Option<String>,
    }

    /// What was built against what was paid, both in per cent of the plan.
    "absorption", span 6, Absorption {
        /// Code of the indicator of physical progress, in per cent.
        physical: String,
        /// Code of the indicator of money spent, in per cent.
        financial: String,
        /// The region; those below follow where both are reported. Default: the one that the reader sees.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        region: Option<RegionCode>,
    }

    /// Counts that follow one from another: how many are left at each step.
    "funnel", span 6, Funnel {
        /// Codes of the indicators, widest first.
        #[schemars(length(min = 2))]
        indicators: Vec<String>,
        /// The region. Default: the one that the reader sees.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        region: Option<RegionCode>,
    }

    /// People by sex and age group, from the breakdown of an indicator.
    "pyramid", span 6, Pyramid {
        /// Code of the indicator, broken down by two dimensions.
        indicator: String,
        /// Name of the dimension with the sexes. Default: the one whose values are two known words for them.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        sex: Option<String>,
        /// Name of the dimension with the age groups. Default: the other one.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        age: Option<String>,
        /// The region. Default: the one that the reader sees.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        region: Option<RegionCode>,
    }
}

/// What the bars of an indicator stand for.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum BarsBy {
    /// The regions one level down.
    #[default]
    Region,
    /// The parts of its breakdown.
    Part,
}

/// What the rows of a heat table stand for.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum HeatBy {
    /// The regions one level down, of one indicator.
    #[default]
    Region,
    /// The agencies, by the share of their figures that met the target.
    Agency,
}

impl WidgetDef {
    /// A tile of an indicator: what `indicators = […]` of a section stands for.
    pub fn tile(indicator: &str) -> WidgetDef {
        WidgetDef::Tile(Tile {
            title: None,
            title_en: None,
            span: None,
            surfaces: Vec::new(),
            indicator: indicator.to_owned(),
            region: None,
        })
    }

    /// A map of an indicator, with nothing else said.
    pub fn map(indicator: &str) -> WidgetDef {
        WidgetDef::Map(Map {
            title: None,
            title_en: None,
            span: None,
            surfaces: Vec::new(),
            indicator: indicator.to_owned(),
            region: None,
        })
    }

    /// The indicators it names, each with the key under which it does: `indicators/1`.
    pub fn indicators(&self) -> Vec<(String, &str)> {
        match self {
            WidgetDef::Tile(Tile { indicator, .. })
            | WidgetDef::Line(Line { indicator, .. })
            | WidgetDef::Bars(Bars { indicator, .. })
            | WidgetDef::Ranking(Ranking { indicator, .. })
            | WidgetDef::Map(Map { indicator, .. })
            | WidgetDef::Pyramid(Pyramid { indicator, .. }) => one_of(indicator),
            WidgetDef::Heat(heat) => named(&[("indicator", &heat.indicator)]),
            WidgetDef::Bullet(Bullet { indicators, .. }) | WidgetDef::Funnel(Funnel { indicators, .. }) => {
                let numbered = indicators.iter().enumerate();
                numbered.map(|(index, code)| (format!("indicators/{index}"), code.as_str())).collect()
            }
            WidgetDef::Absorption(it) => {
                vec![("physical".to_owned(), it.physical.as_str()), ("financial".to_owned(), &it.financial)]
            }
            WidgetDef::Weather(it) => named(&[
                ("temperature", &it.temperature),
                ("rain", &it.rain),
                ("humidity", &it.humidity),
                ("wind", &it.wind),
            ]),
            WidgetDef::Earthquake(it) => {
                named(&[("magnitude", &it.magnitude), ("depth", &it.depth), ("felt", &it.felt)])
            }
            WidgetDef::Statuses(_)
            | WidgetDef::Feed(_)
            | WidgetDef::Countdown(_)
            | WidgetDef::Text(_)
            | WidgetDef::Camera(_) => Vec::new(),
        }
    }

    /// The region it names.
    pub fn region(&self) -> Option<RegionCode> {
        match self {
            WidgetDef::Tile(Tile { region, .. })
            | WidgetDef::Line(Line { region, .. })
            | WidgetDef::Bullet(Bullet { region, .. })
            | WidgetDef::Bars(Bars { region, .. })
            | WidgetDef::Ranking(Ranking { region, .. })
            | WidgetDef::Heat(Heat { region, .. })
            | WidgetDef::Map(Map { region, .. })
            | WidgetDef::Weather(Weather { region, .. })
            | WidgetDef::Earthquake(Earthquake { region, .. })
            | WidgetDef::Absorption(Absorption { region, .. })
            | WidgetDef::Funnel(Funnel { region, .. })
            | WidgetDef::Pyramid(Pyramid { region, .. }) => *region,
            WidgetDef::Statuses(_)
            | WidgetDef::Feed(_)
            | WidgetDef::Countdown(_)
            | WidgetDef::Text(_)
            | WidgetDef::Camera(_) => None,
        }
    }
}

impl WidgetDef {
    /// Code of the indicator that it is about, where it is about one.
    pub fn subject(&self) -> Option<&str> {
        match self {
            WidgetDef::Tile(Tile { indicator, .. })
            | WidgetDef::Line(Line { indicator, .. })
            | WidgetDef::Bars(Bars { indicator, .. })
            | WidgetDef::Ranking(Ranking { indicator, .. })
            | WidgetDef::Map(Map { indicator, .. })
            | WidgetDef::Pyramid(Pyramid { indicator, .. }) => Some(indicator),
            WidgetDef::Bullet(Bullet { indicators, .. }) | WidgetDef::Funnel(Funnel { indicators, .. }) => {
                indicators.first().map(String::as_str)
            }
            _ => None,
        }
    }
}

fn one_of(indicator: &str) -> Vec<(String, &str)> {
    vec![("indicator".to_owned(), indicator)]
}

fn named<'a>(options: &[(&str, &'a Option<String>)]) -> Vec<(String, &'a str)> {
    options.iter().filter_map(|(key, code)| Some(((*key).to_owned(), code.as_deref()?))).collect()
}
