//! The frame of every page: place, time, freshness, navigation, language.

use super::{
    access::Access,
    assets::{asset_url, integrity},
    format::{TimeStyle, format_time},
    i18n::Tr,
};
use axum::http::Method;
use jiff::{Timestamp, tz::TimeZone};
use pendopo_vocab::{Lang, Role};

/// The entries of the navigation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NavItem {
    /// The leader's page on a phone.
    Today,
    /// The board.
    Board,
    /// Indicators.
    Indicators,
    /// Regions.
    Regions,
    /// Maps.
    Map,
    /// Sources.
    Sources,
    /// Runs.
    Runs,
    /// Accounts.
    Users,
    /// Screens and programs.
    Devices,
    /// Reports that are made by themselves.
    Paper,
    /// One's own account.
    Profile,
    /// None of them.
    None,
}

impl NavItem {
    /// Under the reader's thumb on a phone: what leaders use. The sources are a touch away in the head.
    pub fn is_thumb(self) -> bool {
        matches!(
            self,
            NavItem::Today | NavItem::Board | NavItem::Indicators | NavItem::Regions | NavItem::Map
        )
    }

    /// Belongs to running the center: on a small screen it is found from one's account.
    pub fn is_manage(self) -> bool {
        matches!(self, NavItem::Users | NavItem::Devices | NavItem::Paper)
    }
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
    /// What the reader is to the center.
    pub role: Role,
    /// What forms on this page carry; empty on pages that are shared between readers.
    pub form_token: String,
    /// The page fetches itself anew after so many seconds, without script.
    pub refresh_secs: Option<u32>,
    /// How the page follows the center, set by `PageRequest::cached` alone.
    pub live: Option<LivePage>,
    /// The one script of the page, set by `PageRequest::scripted` alone.
    pub script: Option<PageScript>,
}

/// What a page that follows the center carries.
#[derive(Debug, Clone)]
pub struct LivePage {
    /// Address and digest of each script: the one that follows, and those of the page.
    pub scripts: Vec<(String, String)>,
    /// The version of the data that the page shows.
    pub data_version: u64,
}

impl LivePage {
    /// For a page that shows the data at `data_version`, with a script of its own or none.
    pub fn at(data_version: u64, own: Option<&str>) -> Option<LivePage> {
        let script = |name| Some((asset_url(name), integrity(name)?));
        let scripts = ["live.js"].into_iter().chain(own).map(script).collect::<Option<_>>()?;
        Some(LivePage { scripts, data_version })
    }
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

const NAVIGATION: [NavLink; 10] = [
    NavLink { href: "/hari-ini", key: "nav-today", item: NavItem::Today },
    NavLink { href: "/papan", key: "nav-board", item: NavItem::Board },
    NavLink { href: "/indikator", key: "nav-indicators", item: NavItem::Indicators },
    NavLink { href: "/wilayah", key: "nav-regions", item: NavItem::Regions },
    NavLink { href: "/peta", key: "nav-map", item: NavItem::Map },
    NavLink { href: "/sumber", key: "nav-sources", item: NavItem::Sources },
    NavLink { href: "/penarikan", key: "nav-runs", item: NavItem::Runs },
    NavLink { href: "/pengguna", key: "nav-users", item: NavItem::Users },
    NavLink { href: "/perangkat", key: "nav-devices", item: NavItem::Devices },
    NavLink { href: "/cetak", key: "nav-paper", item: NavItem::Paper },
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
            role: Role::Public,
            form_token: String::new(),
            refresh_secs: None,
            live: None,
            script: None,
        }
    }

    /// The navigation: what the reader's role may open.
    pub fn navigation(&self) -> impl Iterator<Item = &'static NavLink> + use<> {
        let role = self.role;
        let access = Access::built_in().ok();
        NAVIGATION.iter().filter(move |link| access.is_some_and(|access| access.may_open(role, link.href)))
    }

    /// The pages by which the center is run, as far as the reader may open them.
    pub fn manage_links(&self) -> Vec<&'static NavLink> {
        self.navigation().filter(|link| link.item.is_manage()).collect()
    }

    /// Whether the reader's role may open the page at this route.
    pub fn may_open(&self, route: &str) -> bool {
        Access::built_in().is_ok_and(|access| access.may_open(self.role, route))
    }

    /// Whether the reader's role may send the form to this route.
    pub fn may_send(&self, route: &str) -> bool {
        Access::built_in().is_ok_and(|access| {
            access.rule(&Method::POST, route).is_some_and(|rule| rule.roles.contains(&self.role))
        })
    }

    /// The reader is signed in.
    pub fn is_signed_in(&self) -> bool {
        Role::OF_ACCOUNTS.contains(&self.role)
    }

    /// The page is about the reader's own account.
    pub fn is_profile(&self) -> bool {
        self.here == NavItem::Profile
    }

    /// The word for what the reader is.
    pub fn role_word(&self) -> String {
        self.t.tr(&format!("role-{}", self.role)).into_owned()
    }

    /// The place without the words that every government's name begins with.
    pub fn short_place(&self) -> &str {
        short_place(&self.place)
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

/// A government's name without the words that every government's name begins with.
pub fn short_place(name: &str) -> &str {
    name.strip_prefix("Pemerintah ").unwrap_or(name)
}
