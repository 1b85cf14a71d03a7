//! A document of a hundred pages, for the benchmark: figures, charts and long tables as a board has them.
//! `hundred_pages FILE [ROWS.csv]` writes the PDF; with a second name also the rows of its tables, for peers.

use pendopo_paper::{
    Block, Cell, Column, Document, FigureCard, Item, Limits, Made, Mark, PageWords, Row, Signature, Table,
    Tone,
};
use pendopo_vocab::{Lang, Shape};
use std::fmt::Write as _;

/// Sections, each a chart, a few figures and a table.
const SECTIONS: usize = 51;
/// Rows of each table.
const ROWS: usize = 66;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut names = std::env::args().skip(1);
    let file = names.next().ok_or("name the file to write")?;
    let tables: Vec<Table> = (0..SECTIONS).map(table).collect();
    if let Some(rows) = names.next() {
        std::fs::write(rows, rows_of(&tables))?;
    }
    std::fs::write(file, pendopo_paper::pdf(&document(tables), Limits::default())?)?;
    Ok(())
}

fn rows_of(tables: &[Table]) -> String {
    let mut out = String::new();
    for (section, table) in tables.iter().enumerate() {
        for row in &table.rows {
            let cells = row.cells.iter().map(Cell::text).filter(|text| !text.is_empty());
            let _ = writeln!(out, "{section}\t{}", cells.collect::<Vec<_>>().join("\t"));
        }
    }
    out
}

fn document(tables: Vec<Table>) -> Document {
    let mut blocks = vec![Block::Heading { text: "Perlu perhatian".to_owned(), note: "9".to_owned() }];
    blocks.push(Block::Items { items: (0..9).map(item).collect() });
    for (section, table) in tables.into_iter().enumerate() {
        blocks.push(Block::Heading { text: format!("Sektor {section}"), note: String::new() });
        blocks.push(Block::Figures { items: (0..6).map(|nth| figure(section * 6 + nth)).collect() });
        blocks.push(part("Perjalanan", vec![drawing(section)]));
        blocks.push(part("Peringkat", vec![Block::Table { table }]));
    }
    Document {
        lang: Lang::Id,
        place: "Pemerintah Kabupaten Contoh".to_owned(),
        title: "Papan seratus halaman".to_owned(),
        summary: "9 dari 288 indikator meleset dari target, 20 rawan, 259 sesuai.".to_owned(),
        notices: Vec::new(),
        facts: vec![("Data sampai dengan".to_owned(), "24 Nov 2026 08.00 WIB".to_owned())],
        foot: "data s.d. 24 Nov 2026 08.00 WIB".to_owned(),
        page_words: PageWords { page: "Halaman".to_owned(), of: "dari".to_owned() },
        blocks,
        signature: Some(Signature { office: "Kepala Dinas Contoh".to_owned(), ..Signature::default() }),
        appendix: Vec::new(),
        made: Made { year: 2026, month: 11, day: 24, hour: 8, minute: 15 },
    }
}

fn part(title: &str, blocks: Vec<Block>) -> Block {
    Block::Part {
        title: title.to_owned(),
        summary: "Tertinggi Wilayah 7 (25,8 %).".to_owned(),
        from: "Okt 2026 · Dinas Contoh".to_owned(),
        freshness: None,
        half: false,
        blocks,
    }
}

fn mark(nth: usize) -> Mark {
    let (shape, word) = [(Shape::Off, "meleset"), (Shape::Risk, "rawan"), (Shape::On, "sesuai")][nth % 3];
    Mark { shape, word: word.to_owned() }
}

fn item(nth: usize) -> Item {
    Item {
        mark: mark(nth),
        name: format!("Indikator {nth}"),
        number: format!("1{nth},8"),
        unit: "%".to_owned(),
        what: "15,8 % terhadap target ≤ 14,0 %. Meleset 10 periode berturut-turut. Membaik dari Sep 2026."
            .to_owned(),
        from: "Okt 2026 · Dinas Contoh".to_owned(),
        spark: spark(nth),
    }
}

fn figure(nth: usize) -> FigureCard {
    FigureCard {
        name: format!("Indikator {nth}"),
        number: format!("{},{}", nth % 100, nth % 10),
        unit: "%".to_owned(),
        instead: String::new(),
        mark: mark(nth),
        target: "target ≥ 85,0 %".to_owned(),
        change: "+0,4 poin dari Sep 2026".to_owned(),
        worse: false,
        from: "Okt 2026 · Dinas Contoh".to_owned(),
        freshness: None,
        spark: spark(nth),
    }
}

/// A course that no other figure has.
fn path(nth: usize, points: usize, width: f64, height: f64) -> String {
    (0..points).fold(String::new(), |mut path, at| {
        let x = at as f64 / (points - 1) as f64 * width;
        let y = height * (0.5 + 0.4 * ((at * (nth + 3)) as f64 * 0.37).sin());
        let _ = write!(path, "{}{x:.1} {y:.1}", if at == 0 { 'M' } else { 'L' });
        path
    })
}

fn spark(nth: usize) -> String {
    format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 160 36\"><path d=\"{}\" fill=\"none\" stroke=\"#000\"/></svg>",
        path(nth, 24, 160.0, 36.0)
    )
}

fn drawing(nth: usize) -> Block {
    let labels = (0..8).fold(String::new(), |mut labels, at| {
        let _ = write!(labels, "<text x=\"{}\" y=\"240\" font-size=\"13\">Bln {at}</text>", at * 80);
        labels
    });
    let svg = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 860 250\"><style>text {{ font-family: \"Plus Jakarta Sans\" }}</style>\
         <path d=\"{}\" fill=\"none\" stroke=\"#000\" stroke-width=\"2\"/>{labels}</svg>",
        path(nth, 36, 700.0, 220.0)
    );
    Block::Drawing { svg, alt: "Perjalanan".to_owned(), width: 1.0 }
}

fn table(section: usize) -> Table {
    let row = |nth: usize| {
        let value = (nth * 37 + section * 11) % 100;
        Row {
            cells: vec![
                Cell::words(format!("{}", nth + 1)),
                Cell::words(format!("Wilayah {section}.{nth}")),
                Cell::state(mark(value)),
                Cell::number(Some(value as f64), Some(1), format!("{value},0 %")),
                Cell::bar(0.0, value as f64, Tone::Plain),
                Cell::quiet("18 dari 20 desa melapor"),
            ],
        }
    };
    Table {
        caption: "Peringkat".to_owned(),
        columns: vec![
            Column::short("No"),
            Column::short("Wilayah"),
            Column::short("Keadaan"),
            Column::number("Nilai", "%"),
            Column::drawn(),
            Column::words("Catatan"),
        ],
        rows: (0..ROWS).map(row).collect(),
        notes: vec!["Urut nilai.".to_owned()],
    }
}
