//! Documents are set and read back: as text, as pages, as pixels, as cells.

use crate::{
    About, Block, Cell, Column, CsvStyle, Document, FigureCard, Ground, Item, LegendKey, Limits, Made,
    MapTile, Mark, PageWords, PaperError, Row, Signature, Strokes, Swatch, Table, Tone, csv, pdf, png, xlsx,
};
use calamine::{Data, Reader, Xlsx};
use pendopo_vocab::{Lang, Shape};
use std::{
    borrow::Cow,
    io::Cursor,
    process::{Command, Stdio},
};

fn mark(shape: Shape, word: &str) -> Mark {
    Mark { shape, word: word.to_owned() }
}

fn document(blocks: Vec<Block>) -> Document {
    Document {
        lang: Lang::Id,
        place: "Pemerintah Kabupaten Uji".to_owned(),
        title: "Papan pimpinan".to_owned(),
        summary: "2 dari 9 indikator meleset.".to_owned(),
        notices: vec!["DATA CONTOH.".to_owned()],
        facts: vec![
            ("Data sampai dengan".to_owned(), "24 Nov 08.00".to_owned()),
            ("Penanggung jawab".to_owned(), "Dinas Uji".to_owned()),
        ],
        foot: "data s.d. 24 Nov 08.00".to_owned(),
        page_words: PageWords { page: "Halaman".to_owned(), of: "dari".to_owned() },
        blocks,
        signature: Some(Signature {
            place_and_day: "Uji, 24 Nov 2026".to_owned(),
            office: "Kepala Dinas Uji".to_owned(),
            ..Signature::default()
        }),
        appendix: Vec::new(),
        made: Made { year: 2026, month: 11, day: 24, hour: 8, minute: 15 },
    }
}

fn table(rows: usize) -> Table {
    let row = |nth: usize| Row {
        cells: vec![
            Cell::words(format!("Wilayah {nth}")),
            Cell::state(mark(Shape::Off, "meleset")),
            Cell::number(Some(nth as f64 + 0.25), Some(2), format!("{nth},25 %")),
            Cell::bar(0.0, (nth % 100) as f64, Tone::Off),
            Cell::words("%"),
        ],
    };
    Table {
        caption: "Peringkat".to_owned(),
        columns: vec![
            Column::words("Wilayah"),
            Column::short("Keadaan"),
            Column::number("Nilai", "%"),
            Column::drawn(),
            Column::aside("Satuan"),
        ],
        rows: (1..=rows).map(row).collect(),
        notes: vec!["Catatan di bawah tabel.".to_owned()],
    }
}

/// One of every kind of block.
fn everything(words: &str) -> Vec<Block> {
    let svg = "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 90 30\"><style>text { font-family: \"Plus Jakarta Sans\" }</style>\
               <path d=\"M0 30L90 0\" stroke=\"#000\"/><text x=\"5\" y=\"20\" font-size=\"9\">tulisan gambar</text></svg>";
    let states = [Shape::On, Shape::Risk, Shape::Off, Shape::Stale, Shape::Nothing, Shape::Plain];
    let figure = FigureCard {
        name: words.to_owned(),
        number: "17,9".to_owned(),
        unit: "%".to_owned(),
        instead: String::new(),
        mark: mark(Shape::Risk, words),
        target: words.to_owned(),
        change: words.to_owned(),
        worse: true,
        from: words.to_owned(),
        freshness: Some(mark(Shape::Stale, words)),
        spark: svg.to_owned(),
    };
    let item = Item {
        mark: mark(Shape::Off, words),
        name: words.to_owned(),
        number: "4.210".to_owned(),
        unit: words.to_owned(),
        what: words.to_owned(),
        from: words.to_owned(),
        spark: svg.to_owned(),
    };
    let strokes = Strokes {
        bars: vec![(0.0, 40.0, Tone::One), (0.0, 60.0, Tone::Other)],
        band: Some((10.0, 90.0)),
        target: Some(50.0),
        dot: Some((30.0, Tone::Plain)),
        whisker: Some((20.0, 40.0)),
    };
    let cells = vec![
        Cell::Empty,
        Cell::words(words),
        Cell::quiet(words),
        Cell::number(Some(1.0), None, words),
        Cell::State { mark: mark(Shape::On, words), words: words.to_owned() },
        Cell::Counts { counts: states.map(|shape| (mark(shape, words), 3)).to_vec() },
        Cell::Shaded { ground: Ground::Q4, value: Some(2.0), decimals: Some(1), words: words.to_owned() },
        Cell::Shaded { ground: Ground::Hatched, value: None, decimals: None, words: String::new() },
        Cell::Shaded { ground: Ground::Dotted, value: None, decimals: None, words: words.to_owned() },
        Cell::Drawn { drawn: strokes },
    ];
    let odd = Table {
        caption: words.to_owned(),
        columns: cells.iter().map(|_| Column::short(words)).collect(),
        rows: vec![Row { cells }],
        notes: vec![words.to_owned()],
    };
    let key = |swatch| LegendKey { swatch, words: words.to_owned() };
    let part = |half| Block::Part {
        title: words.to_owned(),
        summary: words.to_owned(),
        from: words.to_owned(),
        freshness: Some(mark(Shape::Stale, words)),
        half,
        blocks: vec![Block::Drawing { svg: svg.to_owned(), alt: words.to_owned(), width: 1.0 }],
    };
    vec![
        Block::Heading { text: words.to_owned(), note: words.to_owned() },
        Block::Words { text: words.to_owned(), quiet: true },
        Block::Figures {
            items: vec![
                figure.clone(),
                FigureCard { number: String::new(), instead: words.to_owned(), ..figure },
            ],
        },
        Block::Items { items: vec![item] },
        part(false),
        part(true),
        part(true),
        part(true),
        Block::Table { table: odd },
        Block::Large { value: words.to_owned(), unit: words.to_owned() },
        Block::Legend {
            keys: vec![
                key(Swatch::Ground { ground: Ground::Dotted }),
                key(Swatch::State { shape: Shape::Nothing }),
                key(Swatch::Bar { tone: Tone::Ground }),
                key(Swatch::Svg { svg: svg.to_owned() }),
                key(Swatch::None),
            ],
        },
        Block::Cells {
            columns: 3,
            cells: [Some((1, 2)), None, Some((0, 0))]
                .into_iter()
                .zip([Ground::Q0, Ground::Hatched, Ground::Q4])
                .map(|(at, ground)| MapTile { at, name: words.to_owned(), value: words.to_owned(), ground })
                .collect(),
        },
    ]
}

/// The text of a PDF, as poppler reads it; `None` where poppler is not installed.
fn text_of(bytes: &[u8]) -> Option<String> {
    use std::io::Write as _;
    let started = Command::new("pdftotext")
        .args(["-layout", "-", "-"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn();
    let Ok(mut child) = started else {
        println!("did not run: reading PDFs back: pdftotext is not installed (poppler-utils)");
        return None;
    };
    let mut input = child.stdin.take().unwrap();
    let bytes = bytes.to_vec();
    let writer = std::thread::spawn(move || input.write_all(&bytes).unwrap());
    let output = child.wait_with_output().unwrap();
    writer.join().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    // Where long words may break, there is a mark without width.
    Some(String::from_utf8(output.stdout).unwrap().replace('\u{200b}', ""))
}

#[test]
fn a_document_says_all_that_it_is_given_on_every_page() {
    let blocks = vec![
        Block::Heading { text: "Perlu perhatian".to_owned(), note: "5".to_owned() },
        Block::Table { table: table(120) },
    ];
    let bytes = pdf(&document(blocks), Limits::default()).unwrap();
    assert!(bytes.starts_with(b"%PDF-1.7"));
    let Some(text) = text_of(&bytes) else { return };
    let pages: Vec<&str> = text.trim_end_matches('\u{c}').split('\u{c}').collect();
    assert!(pages.len() >= 3, "{} pages", pages.len());
    for (nth, page) in (1..).zip(&pages) {
        assert!(page.contains(&format!("Halaman {nth} dari {}", pages.len())), "page {nth}: {page}");
        assert!(page.contains("data s.d. 24 Nov 08.00"), "page {nth}");
    }
    // The head of a table is repeated on its next pages.
    assert!(pages[1].contains("Wilayah") && pages[1].contains("Nilai"), "{}", pages[1]);
    for wanted in [
        "Pemerintah Kabupaten Uji",
        "2 dari 9 indikator meleset.",
        "DATA CONTOH.",
        "Data sampai dengan",
        "Penanggung jawab",
        "Wilayah 1 ",
        "120,25 %",
        "Catatan di bawah tabel.",
        "Uji, 24 Nov 2026",
        "Kepala Dinas Uji",
    ] {
        assert!(text.contains(wanted), "no {wanted} in {text}");
    }
    assert!(!text.contains("Satuan"), "what only spreadsheets show is not printed");
}

#[test]
fn a_long_document_is_set_in_sheaves_and_none_of_it_is_lost() {
    let sections = 12;
    let blocks = (0..sections).flat_map(|nth| {
        let text = format!("Bagian nomor {nth}.");
        [Block::Heading { text, note: String::new() }, Block::Table { table: table(90) }]
    });
    let mut long = document(blocks.collect());
    long.appendix = vec![Block::Words { text: "Isi lampiran.".to_owned(), quiet: false }];
    assert!(long.weight() > 4_000);
    let Some(text) = text_of(&pdf(&long, Limits::default()).unwrap()) else { return };
    let pages: Vec<&str> = text.trim_end_matches('\u{c}').split('\u{c}').collect();
    for (nth, page) in (1..).zip(&pages) {
        assert!(page.contains(&format!("Halaman {nth} dari {}", pages.len())), "page {nth}: {page}");
        assert_eq!(page.contains("2 dari 9 indikator"), nth == 1, "the head stands once");
    }
    for nth in 0..sections {
        assert_eq!(text.matches(&format!("Bagian nomor {nth}.")).count(), 1);
    }
    assert_eq!(text.matches("Wilayah 90 ").count(), sections);
    assert_eq!(text.matches("Kepala Dinas Uji").count(), 1);
    assert!(pages.last().unwrap().contains("Isi lampiran."), "the appendix has a page of its own");
    assert!(!pages.last().unwrap().contains("Kepala Dinas Uji"));
}

#[test]
fn the_same_document_gives_the_same_bytes() {
    let document = document(everything("biasa"));
    let once = pdf(&document, Limits::default()).unwrap();
    assert!(once == pdf(&document, Limits::default()).unwrap());
    let picture = png(&document, 400.0, 2.0, Limits::default()).unwrap();
    assert!(picture == png(&document, 400.0, 2.0, Limits::default()).unwrap());
}

/// What somebody writes who hopes that it is read as markup, as code, or as a file's name.
const HOSTILE: [&str; 12] = [
    "#read(\"/etc/passwd\")",
    "#import \"@preview/x:0.1.0\": *",
    "#sys.version $ x^2 $ `raw` *tebal* _miring_",
    "= Judul\n- satu\n+ dua",
    "@rujukan <label> \\ // komentar /* lagi */",
    "#panic(\"x\") #eval(\"1\") #plugin(\"a.wasm\")",
    "\"); #image(\"/etc/passwd\")",
    "<script>alert(1)</script> &amp; ]]>",
    "{{ x }} {% y %} ${z} %s \\u{41}",
    "\u{202e}terbalik\u{202c} a\u{301} 🎉 ꦧꦭꦺꦴꦫ \u{feff}",
    "https://contoh.go.id/sangat/panjang/sekali/tanpa/spasi/sama/sekali/aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
    "\0\u{1}\u{7f} kendali",
];

#[test]
fn words_are_words_wherever_they_stand() {
    for words in HOSTILE {
        let mut all = document(everything(words));
        all.place = words.to_owned();
        all.title = words.to_owned();
        all.summary = words.to_owned();
        all.foot = words.to_owned();
        all.notices = vec![words.to_owned()];
        all.facts = vec![(words.to_owned(), words.to_owned())];
        all.page_words = PageWords { page: words.to_owned(), of: words.to_owned() };
        all.appendix = vec![Block::Heading { text: words.to_owned(), note: words.to_owned() }];
        all.signature = Some(Signature {
            place_and_day: words.to_owned(),
            office: words.to_owned(),
            name: words.to_owned(),
            number: words.to_owned(),
        });
        let bytes = pdf(&all, Limits::default()).unwrap_or_else(|error| panic!("{words}: {error}"));
        png(&all, 480.0, 1.0, Limits::default()).unwrap_or_else(|error| panic!("{words}: {error}"));
        let Some(text) = text_of(&bytes) else { continue };
        assert!(!text.contains("root:"), "{words} read a file");
        // Where a line breaks and how a space is set is the page's affair.
        let plain = |text: &str| text.chars().filter(|c| c.is_ascii_graphic()).collect::<String>();
        assert!(
            plain(&text).contains(&plain(words)[..plain(words).len().min(20)]),
            "{words} is not in {text}"
        );
    }
}

#[test]
fn broken_and_hostile_drawings_reach_nothing() {
    let drawn = |svg: &str| {
        let block = Block::Drawing { svg: svg.to_owned(), alt: String::new(), width: 1.0 };
        pdf(&document(vec![block]), Limits::default())
    };
    for svg in ["", "<svg", "<p>teks</p>", "\u{0}"] {
        assert!(matches!(drawn(svg), Err(PaperError::Broken(_))), "{svg}");
    }
    let file = "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 9 9\"><image href=\"/etc/passwd\" width=\"9\" height=\"9\"/></svg>";
    if let Ok(bytes) = drawn(file) {
        assert!(!bytes.windows(5).any(|part| part == b"root:"));
    }
}

#[test]
fn too_much_is_refused_before_it_costs_anything() {
    let many = document(vec![Block::Table { table: table(20_000) }]);
    let refused = pdf(&many, Limits::default());
    assert!(matches!(refused, Err(PaperError::TooMuch { weight: 100_000, .. })), "{refused:?}");
    let few = document(vec![Block::Table { table: table(200) }]);
    let refused = pdf(&few, Limits { pages: 2, ..Limits::default() });
    assert!(matches!(refused, Err(PaperError::TooManyPages { most: 2, .. })));
}

#[test]
fn a_picture_is_a_png_of_the_width_asked_for() {
    let short =
        png(&document(vec![Block::Table { table: table(3) }]), 480.0, 2.0, Limits::default()).unwrap();
    assert!(short.starts_with(b"\x89PNG\r\n\x1a\n"));
    let size = |png: &[u8], at: usize| u32::from_be_bytes(png[at..at + 4].try_into().unwrap());
    assert_eq!(size(&short, 16), 960);
    let long =
        png(&document(vec![Block::Table { table: table(3_000) }]), 480.0, 2.0, Limits::default()).unwrap();
    assert!(size(&long, 20) <= 8_000, "{} pixels high", size(&long, 20));
}

fn about() -> About {
    About {
        table_sheet: "Tabel".to_owned(),
        about_sheet: "Keterangan".to_owned(),
        facts: vec![
            ("Judul".to_owned(), "Peringkat".to_owned()),
            ("Dicetak".to_owned(), "24 Nov".to_owned()),
        ],
        made: Made { year: 2026, month: 11, day: 24, hour: 8, minute: 15 },
    }
}

fn apostrophe(text: &str) -> Cow<'_, str> {
    if text.starts_with('=') { Cow::Owned(format!("'{text}")) } else { Cow::Borrowed(text) }
}

#[test]
fn a_spreadsheet_has_numbers_as_numbers_and_no_formula() {
    let mut given = table(2);
    given.rows[1].cells[0] = Cell::words("=HYPERLINK(\"http://x\")");
    given.rows[1].cells[2] = Cell::number(None, Some(2), "tidak ditampilkan (<5)");
    let bytes = xlsx(&given, &about(), apostrophe).unwrap();
    assert!(bytes == xlsx(&given, &about(), apostrophe).unwrap(), "the same table, the same bytes");
    let mut book: Xlsx<_> = Xlsx::new(Cursor::new(bytes)).unwrap();
    assert_eq!(book.sheet_names(), ["Tabel", "Keterangan"]);
    let cells = book.worksheet_range("Tabel").unwrap();
    let text = |row, column| cells.get_value((row, column)).cloned().unwrap_or(Data::Empty);
    assert_eq!(text(0, 2), Data::String("Nilai (%)".to_owned()));
    assert_eq!(text(0, 3), Data::String("Satuan".to_owned()), "the drawing is left out");
    assert_eq!(text(1, 2), Data::Float(1.25));
    assert_eq!(text(2, 2), Data::String("tidak ditampilkan (<5)".to_owned()));
    assert_eq!(text(2, 0), Data::String("'=HYPERLINK(\"http://x\")".to_owned()));
    let formulas = book.worksheet_formula("Tabel").unwrap();
    assert!(formulas.used_cells().next().is_none());
    let said = book.worksheet_range("Keterangan").unwrap();
    assert_eq!(said.get_value((0, 1)), Some(&Data::String("Peringkat".to_owned())));
}

#[test]
fn csv_is_written_as_asked() {
    let mut given = table(1);
    given.rows[0].cells[0] = Cell::words("a;b \"c\"");
    given.rows[0].cells[2] = Cell::number(Some(0.1 + 0.2), Some(2), "0,30 %");
    let check = |style, want: &str| {
        let text = csv(&given, style, apostrophe);
        assert_eq!(text.strip_prefix('\u{feff}').unwrap(), want);
    };
    check(CsvStyle::INDONESIAN, "Wilayah;Keadaan;Nilai (%);Satuan\r\n\"a;b \"\"c\"\"\";meleset;0,3;%\r\n");
    check(CsvStyle::PLAIN, "Wilayah,Keadaan,Nilai (%),Satuan\r\n\"a;b \"\"c\"\"\",meleset,0.3,%\r\n");
    let comma = CsvStyle { separator: ',', decimal: ',' };
    check(comma, "Wilayah,Keadaan,Nilai (%),Satuan\r\n\"a;b \"\"c\"\"\",meleset,\"0,3\",%\r\n");
}
