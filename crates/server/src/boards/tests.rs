//! Boards with widgets of every kind: with figures, without, gone, not for the reader, refused.

use super::{build::build, material::Material, today, widgets::place};
use crate::{
    app::App,
    config::Config,
    packs::{check::check_pack, folder::PackTexts, store as packs, widget::WidgetDef},
    sources::jobs::{RunOptions, run_source},
    vault::Vault,
    web::{Asked, Chrome, NavItem, Principal, Tr},
    widgets::{Framed, Piece, Surface},
};
use askama::Template;
use pendopo_figures::Db;
use pendopo_vocab::{
    AgencyScope, Author, FixedClock, Lang, RegionCode, Scope, Sensitivity, region_tree::RegionTree,
};
use std::sync::Arc;

const CENTER: &str = "33.16";
const NOW: &str = "2026-10-05T01:00:00Z";

const PACK: &str = "format = 1\ncode = \"uji\"\nname = \"Kabupaten Uji\"\nregion = \"33.16\"\ntime_zone = \"Asia/Jakarta\"\n\
    home_board = \"semua\"\n\n[[sector]]\ncode = \"uji\"\nname = \"Uji\"\nname_en = \"Trial\"\n";
const AGENCIES: &str = "[[agency]]\ncode = \"dinas\"\nname = \"Dinas Uji\"\nshort = \"Dinuji\"\n";

/// What is counted, in part and in whole; their ratio; the same in money; a restricted one; one that nobody
/// reports; one by sex and age; weather and an earthquake by day.
const INDICATORS: [(&str, &str, &str); 11] = [
    ("bagian", "izin", ""),
    ("semua-izin", "izin", ""),
    ("persen", "%", "ratio"),
    ("fisik", "%", ""),
    ("keuangan", "%", ""),
    ("rahasia", "izin", "restricted"),
    ("sepi", "izin", ""),
    ("orang-umur", "orang", ""),
    ("hujan", "mm", "day"),
    ("magnitudo", "M", "day"),
    ("terasa", "MMI", "day"),
];

const BOARD: &str = r#"
code = "semua"
title = "Semua"

[[section]]
sector = "uji"
indicators = ["bagian", "sepi", "rahasia"]

[[section.widget]]
kind = "line"
indicator = "persen"
[[section.widget]]
kind = "bullet"
indicators = ["persen", "fisik", "rahasia"]
[[section.widget]]
kind = "bars"
indicator = "bagian"
[[section.widget]]
kind = "bars"
indicator = "orang-umur"
by = "part"
[[section.widget]]
kind = "ranking"
indicator = "persen"
min_sample = 50
[[section.widget]]
kind = "heat"
indicator = "persen"
months = 6
[[section.widget]]
kind = "heat"
by = "agency"
[[section.widget]]
kind = "statuses"
[[section.widget]]
kind = "map"
indicator = "persen"
[[section.widget]]
kind = "feed"
[[section.widget]]
kind = "countdown"
date = "2026-12-31"
text = "Tutup tahun"
text_en = "End of the year"
[[section.widget]]
kind = "text"
text = "Satu <b>dua</b>."
[[section.widget]]
kind = "camera"
title = "Alun-alun"
place = "Alun-alun kota"
address = "https://cctv.example.go.id/1"
agency = "dinas"
[[section.widget]]
kind = "weather"
rain = "hujan"
[[section.widget]]
kind = "earthquake"
magnitude = "magnitudo"
felt = "terasa"
[[section.widget]]
kind = "absorption"
physical = "fisik"
financial = "keuangan"
[[section.widget]]
kind = "funnel"
indicators = ["semua-izin", "bagian"]
[[section.widget]]
kind = "pyramid"
indicator = "orang-umur"
"#;

fn texts(board: &str) -> PackTexts {
    let mut indicators = String::new();
    for (code, unit, how) in INDICATORS {
        let (aggregation, more) = match how {
            "ratio" => ("ratio", "numerator = \"bagian\"\ndenominator = \"semua-izin\"\nscale = 100.0\n"),
            _ if unit == "%" => ("mean", ""),
            "day" => ("none", ""),
            _ => ("sum", ""),
        };
        let (cadence, level) = if how == "day" { ("day", "regency") } else { ("month", "district") };
        let sensitivity = if how == "restricted" { "restricted" } else { "public" };
        let counts = if unit == "orang" { "people" } else { "nothing" };
        let time = if aggregation == "sum" { "sum" } else { "last" };
        indicators.push_str(&format!(
            "[[indicator]]\ncode = \"{code}\"\nname = \"Ukuran {code}\"\nname_en = \"Measure {code}\"\nsector = \"uji\"\n\
             agency = \"dinas\"\nunit = \"{unit}\"\ndecimals = {}\ndirection = \"higher\"\ncadence = \"{cadence}\"\n\
             level = \"{level}\"\nregion_aggregation = \"{aggregation}\"\ntime_aggregation = \"{time}\"\n\
             sensitivity = \"{sensitivity}\"\ncounts = \"{counts}\"\n{more}\n",
            u8::from(unit == "%" || unit == "M")
        ));
    }
    let source = |code: &str, sensitivity: &str, mapping: &str| {
        format!(
            "code = \"{code}\"\nname = \"Layanan {code}\"\nagency = \"dinas\"\nsensitivity = \"{sensitivity}\"\n\
             fresh_every = \"1 day\"\nmax_refused_percent = 100\n\n[connection]\nkind = \"csv\"\nlocation = {{ path = \"{code}.csv\" }}\n\n\
             [mapping]\nregion = {{ column = \"kode\" }}\nperiod = {{ column = \"bulan\" }}\n{mapping}"
        )
    };
    let values = |codes: &[&str]| -> String {
        codes
            .iter()
            .map(|code| format!("\n[[mapping.value]]\nindicator = \"{code}\"\ncolumn = \"{code}\"\n"))
            .collect()
    };
    let by_age = "breakdown = [{ column = \"jk\", dimension = \"jk\" }, { column = \"umur\", dimension = \"umur\" }]\n";
    PackTexts::from(
        [
            ("pack.toml", PACK.to_owned()),
            ("agencies.toml", AGENCIES.to_owned()),
            ("indicators/uji.toml", indicators),
            (
                "targets.toml",
                "[[target]]\nindicator = \"persen\"\nperiod = \"2026\"\nvalue = 50.0\n".to_owned(),
            ),
            (
                "sources/angka.toml",
                source("angka", "public", &values(&["bagian", "semua-izin", "fisik", "keuangan"])),
            ),
            ("sources/rahasia.toml", source("rahasia", "restricted", &values(&["rahasia"]))),
            ("sources/sepi.toml", source("sepi", "public", &values(&["sepi"]))),
            ("sources/harian.toml", source("harian", "public", &values(&["hujan", "magnitudo", "terasa"]))),
            ("sources/umur.toml", source("umur", "public", &format!("{by_age}{}", values(&["orang-umur"])))),
            ("boards/semua.toml", board.to_owned()),
        ]
        .map(|(path, text)| (path.to_owned(), text)),
    )
}

struct Center {
    app: App,
    _folder: tempfile::TempDir,
}

impl Center {
    /// Applies the pack with this board and reads its sources. Nothing comes for `sepi` but rows that are refused.
    async fn open(board: &str) -> Center {
        let folder = tempfile::tempdir().unwrap();
        let config = Config::for_testing(&folder.path().join("data")).unwrap();
        std::fs::create_dir_all(&config.files_folder).unwrap();
        let db = Db::open(&config.database).unwrap();
        crate::migrations::migrate(&db).unwrap();
        packs::load_regions(&db).unwrap();
        let texts = texts(board);
        let pack = check_pack(&texts).unwrap_or_else(|problems| panic!("{problems:#?}"));
        let clock = Arc::new(FixedClock(NOW.parse().unwrap()));
        let app = App::new(config, db, clock, packs::identity_of(&pack), Vault::for_testing().unwrap());
        let by = packs::Application { author: Author::named("uji"), reason: String::new(), at_ms: 0 };
        packs::apply(app.db(), app.audit(), &pack, &texts, &by).unwrap();
        let files = app.config().files_folder.clone();
        for (name, rows) in rows() {
            std::fs::write(files.join(format!("{name}.csv")), rows).unwrap();
            let report = run_source(&app, name, &RunOptions::default()).await.unwrap();
            assert!(report.run_id.is_some(), "{name}: {}", report.text(Lang::En));
        }
        Center { app, _folder: folder }
    }

    fn asked(&self, lang: Lang, sensitivity: Sensitivity) -> Asked {
        let region: RegionCode = CENTER.parse().unwrap();
        let mut who = Principal::visitor(region, None);
        who.scope = Scope { sensitivity, agencies: AgencyScope::All, region };
        if sensitivity > Sensitivity::Public {
            who.role = pendopo_vocab::Role::Administrator;
        }
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

    /// The board as somebody sees it.
    fn board(&self, asked: &Asked) -> String {
        let chrome = Chrome::new(asked.t, "Uji", NavItem::Board, "/", asked.now, &asked.identity.time_zone);
        let page = self
            .app
            .db()
            .read(|reader| Ok(build(reader, asked, chrome.clone(), Surface::Desk, None)))
            .unwrap()
            .unwrap();
        page.render().unwrap()
    }

    /// One widget as somebody sees it.
    fn widget(&self, asked: &Asked, surface: Surface, toml: &str) -> Framed {
        let def: WidgetDef = toml::from_str(toml).unwrap();
        let put = |reader: &mut pendopo_figures::Reader<'_>| {
            let material = Material::read(reader, asked).unwrap();
            Ok(place(reader, asked, &material, surface, &def).unwrap())
        };
        self.app.db().read(put).unwrap()
    }
}

/// Sixteen subdistricts over eight months; the third counts few, the fourth did not report the last month.
fn rows() -> Vec<(&'static str, String)> {
    let center: RegionCode = CENTER.parse().unwrap();
    let districts: Vec<String> =
        RegionTree::embedded().children(center).map(|region| region.code.to_string()).collect();
    let mut numbers = "kode,bulan,bagian,semua-izin,fisik,keuangan\n".to_owned();
    let mut secret = "kode,bulan,rahasia\n".to_owned();
    let mut ages = "kode,bulan,jk,umur,orang-umur\n".to_owned();
    for month in 1..=8 {
        for (index, district) in districts.iter().enumerate() {
            if index == 3 && month == 8 {
                continue;
            }
            let whole = if index == 2 { 12 } else { 200 + index * 10 };
            let part = whole * (30 + index * 3) / 100;
            numbers.push_str(&format!(
                "{district},2026-{month:02},{part},{whole},{},{}\n",
                40 + index,
                60 - index
            ));
            secret.push_str(&format!("{district},2026-{month:02},{}\n", 77_000 + index));
        }
    }
    for (index, age) in ["0-4", "5-9", "10-14", "75+"].iter().enumerate() {
        for sex in ["L", "P"] {
            // The oldest are few: not for everybody to see.
            let count = if *age == "75+" { 2 } else { 400 - index * 50 };
            for district in &districts {
                ages.push_str(&format!("{district},2026-08,{sex},{age},{count}\n"));
            }
        }
    }
    let daily = "kode,bulan,hujan,magnitudo,terasa\n33.16,2026-10-01,12,4.1,\n33.16,2026-10-03,55.5,5.9,3\n";
    vec![
        ("angka", numbers),
        ("rahasia", secret),
        ("sepi", "kode,bulan,sepi\n99.99.99,2026-08,1\n99.99.98,2026-08,2\n".to_owned()),
        ("harian", daily.to_owned()),
        ("umur", ages),
    ]
}

fn is_instead(framed: &Framed) -> bool {
    matches!(framed.piece, Piece::Instead(_))
}

#[tokio::test]
async fn every_kind_of_widget_stands_on_a_board_with_its_figures() {
    let center = Center::open(BOARD).await;
    for lang in Lang::ALL {
        for sensitivity in [Sensitivity::Public, Sensitivity::Restricted] {
            let html = center.board(&center.asked(lang, sensitivity));
            for kind in [
                "line",
                "bullet",
                "bars",
                "ranking",
                "heat",
                "statuses",
                "map",
                "feed",
                "countdown",
                "text",
                "camera",
                "weather",
                "earthquake",
                "absorption",
                "funnel",
                "pyramid",
            ] {
                let frame = format!("<article class=\"framed k-{kind} span-");
                let widget = html.split(&frame).nth(1).unwrap_or_else(|| panic!("no {kind}"));
                let widget = widget.split("</article>").next().unwrap();
                assert!(!widget.contains("class=\"instead "), "{kind}: {widget}");
            }
            assert!(!html.contains("NaN") && !html.contains("inf%") && !html.contains("style="));
            assert!(html.contains("Satu &#60;b&#62;dua&#60;/b&#62;."));
            // The tile of what is restricted is there for those who may see it, and otherwise left out.
            assert_eq!(html.contains("rahasia"), sensitivity == Sensitivity::Restricted);
        }
    }
}

#[tokio::test]
async fn what_is_gone_forbidden_refused_or_empty_says_so_and_the_rest_stands() {
    let center = Center::open(BOARD).await;
    let (public, all) =
        (center.asked(Lang::Id, Sensitivity::Public), center.asked(Lang::Id, Sensitivity::Restricted));
    let ranking =
        |code: &str| format!("kind = \"ranking\"\ntitle = \"Judul rahasia\"\nindicator = \"{code}\"\n");
    // Gone or forbidden: to a visitor the same, to the last letter.
    let forbidden = center.widget(&public, Surface::Desk, &ranking("rahasia"));
    let gone = center.widget(&public, Surface::Desk, &ranking("sudah-hilang"));
    assert!(is_instead(&forbidden) && forbidden == gone);
    assert!(!forbidden.to_string().contains("rahasia"), "{forbidden}");
    // Whoever sees everything is told which one is gone.
    let named = center.widget(&all, Surface::Desk, &ranking("sudah-hilang"));
    assert!(is_instead(&named) && named.to_string().contains("sudah-hilang"), "{named}");
    assert!(!is_instead(&center.widget(&all, Surface::Desk, &ranking("rahasia"))));
    // Rows that were refused hold the figure back; who may see them is led there.
    let refused = center.widget(&all, Surface::Desk, "kind = \"line\"\nindicator = \"sepi\"\n");
    let html = refused.to_string();
    assert!(
        is_instead(&refused) && html.contains("2 baris dari Layanan sepi") && html.contains("/ditolak"),
        "{html}"
    );
    let refused = center.widget(&public, Surface::Desk, "kind = \"line\"\nindicator = \"sepi\"\n");
    assert!(is_instead(&refused) && !refused.to_string().contains("/penarikan"));
    // A region out of reach, and a pack without a source for the weather.
    let away =
        center.widget(&all, Surface::Desk, "kind = \"tile\"\nindicator = \"bagian\"\nregion = \"33.17\"\n");
    assert!(is_instead(&away));
    let weather = center.widget(&public, Surface::Desk, "kind = \"weather\"\n");
    assert!(is_instead(&weather) && weather.to_string().contains("belum ada sumbernya"));
    // A board that was applied before its indicator went away.
    let broken =
        BOARD.replace("indicator = \"persen\"\nmin_sample", "indicator = \"sudah-hilang\"\nmin_sample");
    center
        .app
        .db()
        .write(|tx| {
            tx.execute(
                "update pack_file set text = $1 where path = 'boards/semua.toml'",
                &[broken.as_str().into()],
            )
            .map(drop)
        })
        .unwrap();
    for asked in [&public, &all] {
        let html = center.board(asked);
        assert_eq!(html.matches("class=\"instead ").count(), 1, "only the one that is gone");
        assert!(html.contains("k-pyramid") && html.contains("k-heat"));
    }
}

#[tokio::test]
async fn a_ranking_is_fair() {
    let center = Center::open(BOARD).await;
    let asked = center.asked(Lang::Id, Sensitivity::Restricted);
    let ranking =
        center.widget(&asked, Surface::Desk, "kind = \"ranking\"\nindicator = \"persen\"\nmin_sample = 50\n");
    let html = ranking.to_string();
    let rows: Vec<&str> = html.split("<tr>").skip(2).collect();
    assert_eq!(rows.len(), 14, "one counts too few, one did not report: {html}");
    // 30 % of 200 and 33 % of 210 cannot be told apart; 30 % and 75 % can.
    let place =
        |row: &str| row.split("class=\"rank\">").nth(1).unwrap().split('<').next().unwrap().to_owned();
    assert!(place(rows[0]).starts_with("1–"), "{}", rows[0]);
    assert!(place(rows[13]).ends_with("–14") && !place(rows[13]).starts_with("1–"), "{}", place(rows[13]));
    assert!(html.contains("Kurang dari 50, tidak diurutkan:") && html.contains("(12)"), "{html}");
    assert!(html.contains("belum melapor") && html.contains("Wilson"));
    // Without a numerator and a denominator that are counted there is no interval, and it is said.
    let plain = center
        .widget(&asked, Surface::Desk, "kind = \"ranking\"\nindicator = \"fisik\"\nlimit = 3\n")
        .to_string();
    assert!(
        !plain.contains("whisker") && plain.contains("Tanpa selang") && plain.contains("12 wilayah lagi"),
        "{plain}"
    );
}

#[tokio::test]
async fn small_cells_stay_hidden_in_every_drawing() {
    let center = Center::open(BOARD).await;
    let pyramid = "kind = \"pyramid\"\nindicator = \"orang-umur\"\nregion = \"33.16.01\"\n";
    let public =
        center.widget(&center.asked(Lang::Id, Sensitivity::Public), Surface::Desk, pyramid).to_string();
    let cleared =
        center.widget(&center.asked(Lang::Id, Sensitivity::Internal), Surface::Desk, pyramid).to_string();
    let oldest = |html: &str| html.split("75+").next().unwrap().rsplit("<tr>").next().unwrap().to_owned();
    assert!(
        oldest(&public).contains("tidak ditampilkan (&#60;5)") && !oldest(&public).contains("<rect"),
        "{public}"
    );
    assert!(oldest(&cleared).contains(">2<") && oldest(&cleared).contains("<rect"), "{cleared}");
    let bars = "kind = \"bars\"\nindicator = \"orang-umur\"\nby = \"part\"\nregion = \"33.16.01\"\n";
    let public = center.widget(&center.asked(Lang::Id, Sensitivity::Public), Surface::Desk, bars).to_string();
    assert!(public.contains("tidak ditampilkan"), "{public}");
}

#[tokio::test]
async fn small_cells_stay_hidden_on_paper_and_in_files() {
    use pendopo_paper::{Cell, CsvStyle, csv};
    let center = Center::open(BOARD).await;
    let pyramid = "kind = \"pyramid\"\nindicator = \"orang-umur\"\nregion = \"33.16.01\"\n";
    let bars = "kind = \"bars\"\nindicator = \"orang-umur\"\nby = \"part\"\nregion = \"33.16.01\"\n";
    let table = |sensitivity, toml: &str| {
        let framed = center.widget(&center.asked(Lang::Id, sensitivity), Surface::Paper, toml);
        framed.table().unwrap()
    };
    for toml in [pyramid, bars] {
        let (public, cleared) = (table(Sensitivity::Public, toml), table(Sensitivity::Internal, toml));
        let mut hidden = 0;
        for (seen, whole) in public.rows.iter().zip(&cleared.rows) {
            for (cell, known) in seen.cells.iter().zip(&whole.cells) {
                let Some((value, _)) = known.value().filter(|_| cell.value().is_none()) else { continue };
                hidden += 1;
                assert!(value < 5.0 || cell.text().contains("tidak ditampilkan"), "{seen:?} for {whole:?}");
                assert!(cell.text().contains("tidak ditampilkan"), "{cell:?}");
            }
            // What is not said is not drawn either.
            let numbers = seen.cells.iter().filter(|cell| cell.value().is_some()).count();
            let strokes = seen.cells.iter().filter_map(|cell| match cell {
                Cell::Drawn { drawn } => Some(drawn.bars.len()),
                _ => None,
            });
            assert!(strokes.sum::<usize>() <= numbers, "{seen:?}");
        }
        assert!(hidden > 0, "nothing is hidden: {public:?}");
        let text = csv(&public, CsvStyle::INDONESIAN, crate::spreadsheet::harmless);
        assert!(text.contains("tidak ditampilkan (<5)"), "{text}");
    }
}

#[tokio::test]
async fn surfaces_choose_what_is_shown_and_how_much() {
    let wall_only = BOARD.replace("kind = \"countdown\"\n", "kind = \"countdown\"\nsurfaces = [\"wall\"]\n");
    let center = Center::open(&wall_only).await;
    let asked = center.asked(Lang::En, Sensitivity::Public);
    let html = center.board(&asked);
    assert!(!html.contains("k-countdown") && html.contains("k-text"));
    let ranking = "kind = \"ranking\"\nindicator = \"persen\"\n";
    let rows = |surface| center.widget(&asked, surface, ranking).to_string().matches("<tr>").count();
    assert!(rows(Surface::Phone) < rows(Surface::Wall) && rows(Surface::Wall) < rows(Surface::Desk));
    // Nothing can be pressed on the wall or on paper.
    for surface in [Surface::Wall, Surface::Paper] {
        let framed = center.widget(&asked, surface, ranking);
        assert!(framed.href.is_none() && framed.actions.is_empty());
    }
    let countdown = "kind = \"countdown\"\ndate = \"2026-12-31\"\ntext = \"Tutup\"\ntext_en = \"Closing\"\n";
    let html = center.widget(&asked, Surface::Desk, countdown).to_string();
    assert!(html.contains(">87<") && html.contains("days left") && html.contains("Closing"), "{html}");
    let past = countdown.replace("2026-12-31", "2026-10-04");
    assert!(center.widget(&asked, Surface::Desk, &past).to_string().contains("day past"));
}

#[tokio::test]
async fn a_feed_tells_visitors_of_figures_and_watchers_of_failures() {
    let center = Center::open(BOARD).await;
    let feed = |asked: &Asked| center.widget(asked, Surface::Desk, "kind = \"feed\"\n").to_string();
    let public = feed(&center.asked(Lang::Id, Sensitivity::Public));
    assert!(
        public.contains("Layanan angka") && !public.contains("ditolak") && !public.contains("/penarikan"),
        "{public}"
    );
    assert!(!public.contains("Layanan rahasia"));
    let watcher = feed(&center.asked(Lang::Id, Sensitivity::Restricted));
    assert!(watcher.contains("2 baris ditolak") && watcher.contains("/penarikan/"), "{watcher}");
    let only = center.asked(Lang::Id, Sensitivity::Public);
    let hidden = center.widget(&only, Surface::Desk, "kind = \"feed\"\nsource = \"rahasia\"\n");
    assert!(is_instead(&hidden) && !hidden.to_string().contains("rahasia"));
}

#[tokio::test]
async fn a_figure_that_gets_worse_month_by_month_is_told_though_it_has_no_target() {
    let center = Center::open(BOARD).await;
    let all = center.asked(Lang::Id, Sensitivity::Restricted);
    assert!(!center.board(&all).contains("berturut-turut: dari"), "nothing has got worse three times yet");
    // The last column falls from May on, in all subdistricts.
    let falling = rows().remove(0).1.lines().fold(String::new(), |text, line| {
        let (rest, last) = line.rsplit_once(',').unwrap();
        let month: i32 = line.split(['-', ',']).nth(2).and_then(|month| month.parse().ok()).unwrap_or(0);
        let last = last
            .parse::<i32>()
            .map_or_else(|_| last.to_owned(), |value| (value - (month - 4).max(0)).to_string());
        text + rest + "," + &last + "\n"
    });
    std::fs::write(center.app.config().files_folder.join("angka.csv"), falling).unwrap();
    run_source(&center.app, "angka", &RunOptions::default()).await.unwrap();
    // Another request: what is kept belongs to one.
    let all = center.asked(Lang::Id, Sensitivity::Restricted);
    let told = "Memburuk 4 bulan berturut-turut: dari 52,5";
    assert!(center.board(&all).contains(told));
    let chrome = Chrome::new(all.t, "Uji", NavItem::Today, "/", all.now, &all.identity.time_zone);
    let today =
        center.app.db().read(|reader| Ok(today::build(reader, &all, chrome.clone()))).unwrap().unwrap();
    assert!(today.render().unwrap().contains(told));
    let english = center.board(&center.asked(Lang::En, Sensitivity::Restricted));
    assert!(english.contains("Worse 4 months in a row: from"));
}
