//! The options of each kind of widget as fields of a form. Pure; a test holds the list against the schema of packs.

/// How an option is asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ask {
    /// One indicator.
    Indicator,
    /// Several indicators, in order.
    Indicators,
    /// A region; none is the one that the reader sees.
    Region,
    /// An agency.
    Agency,
    /// A source.
    Source,
    /// A whole number from … to.
    Number(u32, u32),
    /// One of these words.
    Choice(&'static [&'static str]),
    /// A day.
    Day,
    /// A short text.
    Line,
    /// A long text.
    Words,
    /// An address, `https://…`.
    Address,
}

/// One option.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Field {
    /// Its key in packs.
    pub name: &'static str,
    /// How it is asked for.
    pub ask: Ask,
    /// The widget needs it.
    pub required: bool,
}

const fn must(name: &'static str, ask: Ask) -> Field {
    Field { name, ask, required: true }
}

const fn may(name: &'static str, ask: Ask) -> Field {
    Field { name, ask, required: false }
}

const REGION: Field = may("region", Ask::Region);
const INDICATOR: Field = must("indicator", Ask::Indicator);

/// The kinds in the order of the choice, each with its options; the four that all have are not named.
pub const KINDS: [(&str, &[Field]); 17] = [
    ("tile", &[INDICATOR, REGION]),
    ("line", &[INDICATOR, REGION]),
    ("bars", &[INDICATOR, may("by", Ask::Choice(&["region", "part"])), REGION]),
    (
        "ranking",
        &[INDICATOR, may("min_sample", Ask::Number(0, 1_000_000)), may("limit", Ask::Number(1, 100)), REGION],
    ),
    ("map", &[INDICATOR, REGION]),
    ("bullet", &[must("indicators", Ask::Indicators), REGION]),
    (
        "heat",
        &[
            may("indicator", Ask::Indicator),
            may("by", Ask::Choice(&["region", "agency"])),
            may("months", Ask::Number(2, 36)),
            REGION,
        ],
    ),
    ("statuses", &[]),
    ("funnel", &[must("indicators", Ask::Indicators), REGION]),
    ("absorption", &[must("physical", Ask::Indicator), must("financial", Ask::Indicator), REGION]),
    ("pyramid", &[INDICATOR, may("sex", Ask::Line), may("age", Ask::Line), REGION]),
    ("feed", &[may("source", Ask::Source), may("limit", Ask::Number(1, 50))]),
    ("countdown", &[must("date", Ask::Day), must("text", Ask::Line), may("text_en", Ask::Line)]),
    ("text", &[must("text", Ask::Words), may("text_en", Ask::Words)]),
    ("camera", &[must("place", Ask::Line), must("address", Ask::Address), must("agency", Ask::Agency)]),
    (
        "weather",
        &[
            may("temperature", Ask::Indicator),
            may("rain", Ask::Indicator),
            may("humidity", Ask::Indicator),
            may("wind", Ask::Indicator),
            may("days", Ask::Number(1, 14)),
            may("credit", Ask::Line),
            REGION,
        ],
    ),
    (
        "earthquake",
        &[
            may("magnitude", Ask::Indicator),
            may("depth", Ask::Indicator),
            may("felt", Ask::Indicator),
            may("credit", Ask::Line),
            REGION,
        ],
    ),
];

/// The word of a kind as it stands in the list, with its options.
pub fn kind(word: &str) -> Option<(&'static str, &'static [Field])> {
    KINDS.iter().find(|(kind, _)| *kind == word).copied()
}
