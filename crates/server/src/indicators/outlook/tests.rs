//! The outlook of a small center: on the page, on the board's terms, and for readers from whom a value is hidden.

use super::{Ahead, look_ahead_of, outlook_words, short_words, today};
use crate::{
    app::App,
    config::Config,
    indicators::one,
    packs::{check::check_pack, folder::PackTexts, store as packs},
    sources::jobs::{RunOptions, run_source},
    vault::Vault,
    web::{Asked, Chrome, NavItem, Principal, Tr},
};
use askama::Template;
use pendopo_figures::{Db, IndicatorRow, list_indicators, questions::SeriesOf};
use pendopo_vocab::{AgencyScope, Author, FixedClock, Lang, Period, RegionCode, Scope, Sensitivity};
use std::sync::Arc;

const NOW: &str = "2026-10-05T01:00:00Z";
const PACK: &str = "format = 1\ncode = \"uji\"\nname = \"Kabupaten Uji\"\nregion = \"33.16\"\ntime_zone = \"Asia/Jakarta\"\n\n\
    [[sector]]\ncode = \"uji\"\nname = \"Uji\"\n";
const AGENCIES: &str = "[[agency]]\ncode = \"dinas\"\nname = \"Dinas Uji\"\nshort = \"Dinuji\"\n";
const SOURCE: &str = "code = \"angka\"\nname = \"Angka\"\nagency = \"dinas\"\nsensitivity = \"public\"\nfresh_every = \"1 day\"\n\n\
    [connection]\nkind = \"csv\"\nlocation = { path = \"angka.csv\" }\n\n\
    [mapping]\nregion = { column = \"kode\" }\nperiod = { column = \"bulan\" }\n\n\
    [[mapping.value]]\nindicator = \"laju\"\ncolumn = \"laju\"\n\n[[mapping.value]]\nindicator = \"orang\"\ncolumn = \"orang\"\n\n\
    [[mapping.value]]\nindicator = \"baru\"\ncolumn = \"baru\"\n";
const TARGETS: &str = "[[target]]\nindicator = \"laju\"\nperiod = \"2026\"\nvalue = 14.0\n\n\
    [[target]]\nindicator = \"laju\"\nperiod = \"2027\"\nvalue = 14.0\n";

fn texts() -> PackTexts {
    let indicator = |code: &str, unit: &str, counts: &str| {
        format!(
            "[[indicator]]\ncode = \"{code}\"\nname = \"Ukuran {code}\"\nsector = \"uji\"\nagency = \"dinas\"\nunit = \"{unit}\"\n\
             decimals = 1\ndirection = \"lower\"\ncadence = \"month\"\nlevel = \"regency\"\nregion_aggregation = \"none\"\n\
             time_aggregation = \"last\"\nsensitivity = \"public\"\ncounts = \"{counts}\"\n\n"
        )
    };
    let indicators = indicator("laju", "%", "nothing")
        + &indicator("orang", "orang", "people")
        + &indicator("baru", "%", "nothing");
    PackTexts::from(
        [
            ("pack.toml", PACK),
            ("agencies.toml", AGENCIES),
            ("indicators/uji.toml", &indicators),
            ("targets.toml", TARGETS),
            ("sources/angka.toml", SOURCE),
        ]
        .map(|(path, text)| (path.to_owned(), text.to_owned())),
    )
}

struct Center {
    app: App,
    _folder: tempfile::TempDir,
}

impl Center {
    /// Thirty months: a rate that falls by 0.3 a month to 16.0, people of whom `few` were counted two months
    /// ago, and a measure that began seven months ago.
    async fn open(few: u32) -> Center {
        let folder = tempfile::tempdir().unwrap();
        let config = Config::for_testing(&folder.path().join("data")).unwrap();
        std::fs::create_dir_all(&config.files_folder).unwrap();
        let db = Db::open(&config.database).unwrap();
        crate::migrations::migrate(&db).unwrap();
        packs::load_regions(&db).unwrap();
        let texts = texts();
        let pack = check_pack(&texts).unwrap_or_else(|problems| panic!("{problems:#?}"));
        let clock = Arc::new(FixedClock(NOW.parse().unwrap()));
        let app = App::new(config, db, clock, packs::identity_of(&pack), Vault::for_testing().unwrap());
        let by = packs::Application { author: Author::named("uji"), reason: String::new(), at_ms: 0 };
        packs::apply(app.db(), app.audit(), &pack, &texts, &by).unwrap();
        let newest: Period = "2026-09".parse().unwrap();
        let mut rows = "kode,bulan,laju,orang,baru\n".to_owned();
        for back in (0..30).rev() {
            let wave = f64::from(back * 7 % 5) * 0.1;
            let people = if back == 2 { few } else { 40 + u32::try_from(back * 11 % 7).unwrap() };
            let new = if back < 7 { "3" } else { "" };
            let rate = 15.8 + 0.3 * f64::from(back) + wave;
            rows.push_str(&format!("33.16,{},{rate:.1},{people},{new}\n", newest.shift(-back)));
        }
        std::fs::write(app.config().files_folder.join("angka.csv"), rows).unwrap();
        let report = run_source(&app, "angka", &RunOptions::default()).await.unwrap();
        assert!(report.run_id.is_some(), "{}", report.text(Lang::En));
        Center { app, _folder: folder }
    }

    fn asked(&self, lang: Lang, sensitivity: Sensitivity) -> Asked {
        let region: RegionCode = "33.16".parse().unwrap();
        let mut who = Principal::visitor(region, None);
        who.scope = Scope { sensitivity, agencies: AgencyScope::All, region };
        Asked {
            t: Tr(lang),
            scope: who.scope.clone(),
            who: Arc::new(who),
            now: NOW.parse().unwrap(),
            identity: self.app.identity(),
            kept: self.app.kept(),
            path: "/".to_owned(),
            form_token: String::new(),
        }
    }

    fn ahead(&self, code: &str, asked: &Asked) -> (IndicatorRow, Ahead) {
        let read = |reader: &mut pendopo_figures::Reader<'_>| {
            let indicator =
                list_indicators(reader)?.into_iter().find(|found| found.row.code == code).unwrap();
            let of = SeriesOf { indicator_id: indicator.id, region: asked.scope.region, breakdown_id: 0 };
            let ahead = look_ahead_of(reader, &asked.kept, &asked.scope, today(asked), &indicator.row, of)?;
            Ok((indicator.row, ahead))
        };
        self.app.db().read(read).unwrap()
    }

    fn page(&self, code: &str, query: &str, asked: &Asked) -> String {
        let chrome =
            Chrome::new(asked.t, "Uji", NavItem::Indicators, "/", asked.now, &asked.identity.time_zone);
        let query = serde_json::from_str(query).unwrap();
        let build = |reader: &mut pendopo_figures::Reader<'_>| {
            Ok(one::build(reader, asked, chrome.clone(), code, &query))
        };
        self.app.db().read(build).unwrap().unwrap().render().unwrap()
    }
}

#[tokio::test]
async fn the_page_says_when_the_target_is_met_in_both_languages() {
    let center = Center::open(40).await;
    for (lang, sentence, board) in [
        (Lang::Id, "Dengan laju ini target ≤ 14,0\u{a0}% tercapai", "→ tercapai"),
        (Lang::En, "At this pace target ≤ 14.0\u{a0}% is met in", "→ met"),
    ] {
        let asked = center.asked(lang, Sensitivity::Public);
        let (row, ahead) = center.ahead("laju", &asked);
        let words = outlook_words(&row, &ahead, asked.t);
        assert!(words.sentence.contains(sentence), "{}", words.sentence);
        assert!(words.odd.is_empty(), "{:?}", words.odd);
        assert!(!words.basis.is_empty());
        let short = short_words(&ahead, asked.t);
        assert!(short.as_ref().is_none_or(|short| short.starts_with(board)), "{short:?}");
        let html = center.page("laju", "{}", &asked);
        assert!(html.contains("class=\"outlook\"") && html.contains("class=\"band\" d=\"M"), "{html}");
        // Nothing is forecast from a past state of knowledge, or from a past month.
        for query in [r#"{"per": "2026-10-05"}"#, r#"{"periode": "2026-03"}"#] {
            let html = center.page("laju", query, &asked);
            assert!(!html.contains("class=\"outlook\"") && !html.contains("class=\"band\""), "{query}");
        }
    }
}

#[tokio::test]
async fn a_short_history_is_said_and_not_forecast() {
    let center = Center::open(40).await;
    let html = center.page("baru", "{}", &center.asked(Lang::Id, Sensitivity::Public));
    assert!(html.contains("Belum dapat diperkirakan: baru 7 dari 24 bulan yang diperlukan."), "{html}");
    assert!(!html.contains("class=\"band\""));
}

/// Two centers differ in nothing but a value that is hidden from the public: to the public their outlooks are
/// one and the same, to those who may see it they are not.
#[tokio::test]
async fn a_hidden_value_leaves_no_trace_in_a_forecast() {
    let (one, other) = (Center::open(1).await, Center::open(4).await);
    let answers = |sensitivity| {
        [&one, &other].map(|center| {
            let (_, ahead) = center.ahead("orang", &center.asked(Lang::Id, sensitivity));
            (format!("{:?} {:?}", ahead.answer, ahead.verdict), ahead.hides)
        })
    };
    let [a, b] = answers(Sensitivity::Public);
    assert!(a.1 && a.0.starts_with("Ok"), "{a:?}");
    assert_eq!(a, b);
    let [a, b] = answers(Sensitivity::Internal);
    assert!(!a.1);
    assert_ne!(a, b);
}
