//! Paper and files: what is printed or exported is what its reader sees on the page, and every export is recorded.

use super::world::{AGENCIES, Asker, Reply, SENSITIVITIES, World, figure, mark};
use crate::audit::Action;
use axum::http::{Method, StatusCode};
use calamine::{Data, Reader, Xlsx};
use pendopo_vocab::{Role, Sensitivity};
use std::{
    io::{Cursor, Write as _},
    process::{Command, Stdio},
};

async fn get(world: &World, asker: &Asker, path: &str) -> Reply {
    let session = (asker.role != Role::Public).then(|| world.session(asker));
    world.ask(asker, session.as_ref(), &Method::GET, path).await
}

/// The text of a PDF; `None` where poppler is not installed.
fn text_of(pdf: &[u8]) -> Option<String> {
    let started = Command::new("pdftotext")
        .args(["-layout", "-", "-"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn();
    let Ok(mut child) = started else {
        println!("did not run: reading PDFs back: pdftotext is not installed (poppler-utils)");
        return None;
    };
    let (mut input, bytes) = (child.stdin.take().unwrap(), pdf.to_vec());
    let writer = std::thread::spawn(move || input.write_all(&bytes).unwrap());
    let output = child.wait_with_output().unwrap();
    writer.join().unwrap();
    Some(String::from_utf8(output.stdout).unwrap())
}

/// The sum of an agency's figures in the first district, as Indonesians write it: on paper in bars and rankings.
fn of_district(agency: char, level: Sensitivity) -> String {
    let sum = figure(agency, level, 0) + figure(agency, level, 1);
    pendopo_vocab::format_number(sum as f64, 0, pendopo_vocab::Lang::Id)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_board_on_paper_says_what_its_reader_sees_and_nothing_else() {
    let world = World::open().await;
    let visitor = world.visitor();
    let insider = world.person(Role::Leader, Sensitivity::Restricted, 0);
    for (asker, most) in [(&visitor, Sensitivity::Public), (&insider, Sensitivity::Restricted)] {
        for (board, path) in
            [("pimpinan", "/papan/pimpinan/papan.pdf"), ("lain", "/papan/lain/papan.pdf?lampiran=ya")]
        {
            let reply = get(&world, asker, path).await;
            assert_eq!((reply.status, reply.kind.as_str()), (StatusCode::OK, "application/pdf"));
            let Some(text) = text_of(&reply.bytes) else { return };
            for wanted in ["Kabupaten Uji", &format!("Papan {board}"), "Halaman 1 dari", "Data sampai dengan"]
            {
                assert!(text.contains(wanted), "{}: no {wanted} in {text}", asker.name);
            }
            assert_eq!(text.contains("Jangan digandakan"), most == Sensitivity::Restricted, "{text}");
            for agency in AGENCIES {
                for level in SENSITIVITIES {
                    let seen = level <= most;
                    let (name, sum) = (mark(agency, level), of_district(agency, level));
                    assert_eq!(text.contains(&name), seen, "{}: {name}: {text}", asker.name);
                    // From a million on numbers are written short.
                    let seen = seen && board == "lain" && agency == 'a';
                    assert_eq!(text.contains(&sum), seen, "{}: {sum}: {text}", asker.name);
                }
            }
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_brief_is_one_document_with_its_three_parts() {
    let world = World::open().await;
    let leader = world.person(Role::Leader, Sensitivity::Internal, 0);
    let reply = get(&world, &leader, "/hari-ini/laporan.pdf").await;
    assert_eq!(reply.status, StatusCode::OK);
    let Some(text) = text_of(&reply.bytes) else { return };
    for wanted in [
        "Laporan pagi, 5 Okt 2026",
        "Perlu perhatian Anda",
        "Berubah sejak kemarin",
        "Belum bergerak",
        "oleh Orang",
    ] {
        assert!(text.contains(wanted), "no {wanted} in {text}");
    }
    let restricted = |agency: &_| mark(*agency, Sensitivity::Restricted);
    assert!(AGENCIES.iter().all(|agency| !text.contains(&restricted(agency))), "{text}");
}

/// The first widget on `lain` of a kind of an indicator, as addresses name it.
fn place(world: &World, wanted: impl Fn(&crate::packs::widget::WidgetDef) -> bool) -> String {
    let board = world.app.db().read(|reader| Ok(crate::boards::build::find_board(reader, "lain").unwrap()));
    let board = board.unwrap().unwrap();
    let at = board.section[0].widget.iter().position(wanted).unwrap();
    format!("/papan/lain/widget/1-{}", at + 1)
}

#[tokio::test(flavor = "multi_thread")]
async fn tables_are_exported_with_the_figures_of_the_page() {
    use crate::packs::widget::WidgetDef;
    let world = World::open().await;
    let analyst = world.person(Role::Analyst, Sensitivity::Internal, 0);
    let public = mark('a', Sensitivity::Public);
    let bars = place(&world, |def| matches!(def, WidgetDef::Bars(it) if it.indicator == public));
    let sum = figure('a', Sensitivity::Public, 0) + figure('a', Sensitivity::Public, 1);

    let csv = get(&world, &analyst, &format!("{bars}/tabel.csv")).await;
    assert_eq!((csv.status, csv.kind.as_str()), (StatusCode::OK, "text/csv; charset=utf-8"));
    assert!(csv.body.starts_with("\u{feff}Wilayah;") && csv.body.contains("(km)"), "{}", csv.body);
    assert!(csv.body.contains(&format!(";{sum}")), "no {sum} in {}", csv.body);
    let plain = get(&world, &analyst, &format!("{bars}/tabel.csv?pemisah=koma&desimal=titik")).await;
    assert!(plain.body.contains(&format!(",{sum}")), "{}", plain.body);
    let wrong = get(&world, &analyst, &format!("{bars}/tabel.csv?pemisah=x")).await;
    assert_eq!(wrong.status, StatusCode::BAD_REQUEST);

    let xlsx = get(&world, &analyst, &format!("{bars}/tabel.xlsx")).await;
    assert_eq!(xlsx.status, StatusCode::OK);
    let mut book: Xlsx<_> = Xlsx::new(Cursor::new(xlsx.bytes)).unwrap();
    let cells = book.worksheet_range("Tabel").unwrap();
    let numbers: Vec<f64> = cells
        .used_cells()
        .filter_map(|(_, _, cell)| if let Data::Float(number) = cell { Some(*number) } else { None })
        .collect();
    assert!(numbers.contains(&(sum as f64)), "no {sum} in {numbers:?}");

    let png = get(&world, &analyst, &format!("{bars}/gambar.png")).await;
    assert_eq!((png.status, png.kind.as_str()), (StatusCode::OK, "image/png"));
    assert!(png.bytes.starts_with(b"\x89PNG") && png.bytes[16..20] == 1280_u32.to_be_bytes());

    // What the reader may not see is as if it were not there, in whatever form.
    let secret = mark('a', Sensitivity::Restricted);
    let hidden = place(&world, |def| matches!(def, WidgetDef::Bars(it) if it.indicator == secret));
    for file in ["tabel.csv", "tabel.xlsx", "gambar.png"] {
        let reply = get(&world, &analyst, &format!("{hidden}/{file}")).await;
        assert_eq!(reply.status, StatusCode::NOT_FOUND, "{file}");
        assert!(!reply.body.contains(&secret), "{file}");
    }
    for nowhere in
        ["/papan/tidak-ada/papan.pdf", "/papan/lain/widget/9-9/tabel.csv", "/papan/lain/widget/x/tabel.csv"]
    {
        assert_eq!(get(&world, &analyst, nowhere).await.status, StatusCode::NOT_FOUND, "{nowhere}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn tiles_of_a_section_are_one_table_of_what_the_reader_sees() {
    let world = World::open().await;
    let reply = get(&world, &world.visitor(), "/papan/pimpinan/widget/1-0/tabel.csv?pemisah=koma").await;
    assert_eq!(reply.status, StatusCode::OK);
    let lines = reply.body.lines().count();
    assert_eq!(lines, 1 + AGENCIES.len(), "a head and a public indicator of each agency: {}", reply.body);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_page_leads_to_its_files_and_they_are_there() {
    let world = World::open().await;
    let analyst = world.person(Role::Analyst, Sensitivity::Internal, 0);
    let page = get(&world, &analyst, "/papan/lain").await.body;
    let mut found: Vec<&str> = page
        .split("href=\"")
        .filter_map(|rest| rest.split('"').next())
        .filter(|href| href.contains("/widget/") || href.ends_with("papan.pdf"))
        .collect();
    assert!(found.len() > 60, "{} files", found.len());
    // Of each kind of file some: all of them are tried by those who see everything in the browser.
    found.sort_by_key(|href| href.rsplit('/').next().map(str::to_owned));
    for href in found.iter().step_by(found.len() / 12) {
        let reply = get(&world, &analyst, href).await;
        assert_eq!(reply.status, StatusCode::OK, "{href}");
    }
    let wall = get(&world, &analyst, "/hari-ini").await.body;
    assert!(wall.contains("/hari-ini/laporan.pdf"));
}

#[tokio::test(flavor = "multi_thread")]
async fn every_export_is_recorded() {
    let world = World::open().await;
    let leader = world.person(Role::Leader, Sensitivity::Internal, 0);
    let paths = [
        ("/hari-ini/laporan.pdf", "today", "pdf"),
        ("/papan/pimpinan/papan.pdf", "pimpinan", "pdf"),
        ("/papan/pimpinan/widget/1-0/tabel.csv", "pimpinan/1-0", "csv"),
        ("/papan/pimpinan/widget/1-0/tabel.xlsx", "pimpinan/1-0", "xlsx"),
        ("/papan/pimpinan/widget/1-0/gambar.png", "pimpinan/1-0", "png"),
    ];
    for (path, ..) in paths {
        assert_eq!(get(&world, &leader, path).await.status, StatusCode::OK, "{path}");
        // A visitor takes what is open to all: recorded once an hour, not each time.
        for _ in 0..3 {
            get(&world, &world.visitor(), path).await;
        }
    }
    world.app.audit().close();
    let entries: Vec<(String, String, String)> = world
        .app
        .db()
        .read(|reader| {
            reader.query(
                "select actor, object_code, detail from audit_entry where action = $1 order by number",
                &[Action::Exported.as_str().into()],
                |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)),
            )
        })
        .unwrap();
    assert_eq!(entries.len(), paths.len() * 2, "{entries:?}");
    for (path, code, kind) in paths {
        let of = |actor: &str| {
            entries.iter().any(|(by, what, detail)| {
                by.starts_with(actor) && what == code && detail.contains(&format!("\"file\":\"{kind}\""))
            })
        };
        assert!(of("Orang leader") && of("publik"), "{path} is not recorded: {entries:?}");
    }
}
