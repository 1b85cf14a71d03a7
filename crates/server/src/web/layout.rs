//! The frame of every page: place, time, freshness, navigation, language.

use super::{
    assets::asset_url,
    format::{TimeStyle, format_time},
    i18n::Tr,
};
use jiff::{Timestamp, tz::TimeZone};
use pendopo_vocab::Lang;

/// The entries of the navigation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NavItem {
    /// The board.
    Board,
    /// Indicators.
    Indicators,
    /// Regions.
    Regions,
    /// Sources.
    Sources,
    /// Runs.
    Runs,
    /// None of them.
    None,
}

/// What the frame needs to know. Every page struct has one named `chrome`.
#[derive(Debug, Clone)]
pub struct Chrome {
    /// The reader's language.
    pub t: Tr,
    /// The government, such as `Kabupaten Blora`.
    pub place: String,
    /// Its data are made up.
    pub sample_data: bool,
    /// The entry of the navigation that is marked.
    pub here: NavItem,
    /// Path and query of this page, for the language switch.
    pub path: String,
    /// The present time, in full.
    pub now: String,
    /// The newest good run's end, if there was one.
    pub data_as_of: Option<String>,
    /// Sources that keep their promise.
    pub fresh: usize,
    /// All sources.
    pub sources: usize,
    /// The page fetches itself anew after so many seconds, without script.
    pub refresh_secs: Option<u32>,
    /// The one script of the page, set by `PageRequest::scripted` alone.
    pub script: Option<PageScript>,
}

/// A script that a page loads.
#[derive(Debug, Clone)]
pub struct PageScript {
    /// Address of the asset.
    pub url: String,
    /// What lets it run under the policy of this one answer.
    pub nonce: String,
}

/// One entry of the navigation.
pub struct NavLink {
    /// Where it leads.
    pub href: &'static str,
    /// Key of its word.
    pub key: &'static str,
    /// Which it is.
    pub item: NavItem,
}

const NAVIGATION: [NavLink; 5] = [
    NavLink { href: "/", key: "nav-board", item: NavItem::Board },
    NavLink { href: "/indikator", key: "nav-indicators", item: NavItem::Indicators },
    NavLink { href: "/wilayah", key: "nav-regions", item: NavItem::Regions },
    NavLink { href: "/sumber", key: "nav-sources", item: NavItem::Sources },
    NavLink { href: "/penarikan", key: "nav-runs", item: NavItem::Runs },
];

impl Chrome {
    /// A frame for a page of `place` at `now`, before anything is known of its sources.
    pub fn new(t: Tr, place: &str, here: NavItem, path: &str, now: Timestamp, zone: &TimeZone) -> Chrome {
        Chrome {
            t,
            place: place.to_owned(),
            sample_data: false,
            here,
            path: path.to_owned(),
            now: format_time(now, zone, TimeStyle::Full, t.lang()),
            data_as_of: None,
            fresh: 0,
            sources: 0,
            refresh_secs: None,
            script: None,
        }
    }

    /// The navigation.
    pub fn navigation(&self) -> &'static [NavLink] {
        &NAVIGATION
    }

    /// The place without the words that every government's name begins with.
    pub fn short_place(&self) -> &str {
        self.place.strip_prefix("Pemerintah ").unwrap_or(&self.place)
    }

    /// Sources that do not keep their promise.
    pub fn not_fresh(&self) -> usize {
        self.sources.saturating_sub(self.fresh)
    }

    /// The address of an asset.
    pub fn asset(&self, name: &str) -> String {
        asset_url(name)
    }

    /// The address of this page in `lang`.
    pub fn in_language(&self, lang: Lang) -> String {
        let (path, query) = self.path.split_once('?').unwrap_or((&self.path, ""));
        let kept = query.split('&').filter(|pair| !pair.is_empty() && !pair.starts_with("bahasa="));
        let wish = format!("bahasa={}", lang.tag());
        let query: Vec<&str> = kept.chain([wish.as_str()]).collect();
        format!("{path}?{}", query.join("&"))
    }

    /// The other language: its tag, its name in itself, and this page in it.
    pub fn other_language(&self) -> (&'static str, &'static str, String) {
        let (other, name) = match self.t.lang() {
            Lang::Id => (Lang::En, "English"),
            Lang::En => (Lang::Id, "Bahasa Indonesia"),
        };
        (other.tag(), name, self.in_language(other))
    }
}
