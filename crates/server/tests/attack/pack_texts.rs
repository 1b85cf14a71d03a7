//! What the attacked center is made of: a pack, rows and settings whose every text is a payload.

use super::xss::beginning;
use std::fmt::Write;

/// A string of TOML, which has the escapes of JSON but for the solidus.
fn quoted(text: &str) -> String {
    serde_json::to_string(text).unwrap()
}

/// A pack whose every text is a payload. Null bytes are left out where TOML has none.
pub fn pack(payloads: &[String]) -> Vec<(String, String)> {
    let texts: Vec<String> = payloads.iter().map(|text| quoted(text)).collect();
    let mut targets = String::new();
    let mut head =
        "format = 1\ncode = \"uji\"\nregion = \"33.16\"\ntime_zone = \"Asia/Jakarta\"\nsample_data = true\n"
            .to_owned();
    // On every page, in the title: one that ends the title.
    writeln!(head, "name = {}", quoted(beginning(payloads, "</title>"))).unwrap();
    let (mut agencies, mut indicators) = (String::new(), String::new());
    let mut files = Vec::new();
    let mut angka = "code = \"angka\"\nname = \"Angka\"\nagency = \"a0\"\nfresh_every = \"1 day\"\nmax_refused_percent = 100\n\n\
         [connection]\nkind = \"csv\"\nlocation = { path = \"angka.csv\" }\n\n[mapping]\nregion = { column = \"kode\" }\n\
         period = { column = \"bulan\" }\n"
        .to_owned();
    let rincian = angka.replace("angka", "rincian")
        + "\n[[mapping.breakdown]]\ncolumn = \"jenis\"\ndimension = \"jenis\"\n\n[[mapping.value]]\nindicator = \"i0\"\ncolumn = \"nilai\"\n";
    // The same file for indicators that are computed later on, which no source may fill any more.
    let mut tetap = angka.replacen("angka", "tetap", 1);
    for (nth, text) in texts.iter().enumerate() {
        writeln!(head, "\n[[sector]]\ncode = \"k{nth}\"\nname = {text}\nname_en = {text}").unwrap();
        writeln!(
            agencies,
            "[[agency]]\ncode = \"a{nth}\"\nname = {text}\nshort = {text}\ncontact = {text}\n"
        )
        .unwrap();
        // What was built against what was paid is in per cent.
        let unit = if nth + 3 == texts.len() || nth + 2 == texts.len() { "\"%\"" } else { text };
        writeln!(
            indicators,
            "[[indicator]]\ncode = \"i{nth}\"\nname = {text}\nname_en = {text}\ndefinition = {text}\nsector = \"k{nth}\"\n\
             agency = \"a{nth}\"\nunit = {unit}\ndecimals = 0\ndirection = \"higher\"\ncadence = \"month\"\nlevel = \"village\"\n\
             region_aggregation = \"sum\"\ntime_aggregation = \"sum\"\ncounts = \"nothing\"\nsensitivity = \"public\"\n"
        )
        .unwrap();
        writeln!(
            targets,
            "[[target]]\nindicator = \"i{nth}\"\nperiod = \"2026\"\nvalue = 9\nbasis = {text}\n"
        )
        .unwrap();
        if nth > 0 {
            let source = if is_computed(nth) { &mut tetap } else { &mut angka };
            writeln!(source, "\n[[mapping.value]]\nindicator = \"i{nth}\"\ncolumn = \"nilai\"").unwrap();
        }
        // A file that is not there: its name is in what the run says.
        let file = quoted(&format!("{}.csv", payloads[nth].replace(['/', '\0'], " ")));
        let source = format!(
            "code = \"s{nth}\"\nname = {text}\nagency = \"a{nth}\"\nfresh_every = \"1 day\"\npurpose = {text}\nbasis = {text}\n\n\
             [connection]\nkind = \"csv\"\nlocation = {{ path = {file} }}\n\n[mapping]\nregion = {{ column = {text} }}\n\
             period = {{ column = \"bulan\" }}\n\n[[mapping.value]]\nindicator = \"i{nth}\"\ncolumn = \"nilai\"\n"
        );
        files.push((format!("sources/s{nth}.toml"), source));
    }
    for (nth, text) in texts.iter().enumerate().filter(|(nth, _)| nth % 5 == 0) {
        let mut board = format!("code = \"p{nth}\"\ntitle = {text}\ntitle_en = {text}\nmap = \"i{nth}\"\n");
        for near in 0..texts.len() {
            // The first holds everything, the others one section.
            if nth == 0 || near == nth {
                write!(board, "\n[[section]]\nsector = \"k{near}\"\nindicators = [\"i{near}\"]\n").unwrap();
            }
        }
        board.push_str(&widgets(nth, text, texts.len()));
        files.push((format!("boards/p{nth}.toml"), board));
    }
    head.insert_str(0, "home_board = \"p0\"\n");
    files.extend([
        ("pack.toml".to_owned(), head),
        ("walls/ruang.toml".to_owned(), playlist(&texts)),
        ("agencies.toml".to_owned(), agencies),
        ("targets.toml".to_owned(), targets),
        ("indicators/uji.toml".to_owned(), indicators),
        ("sources/angka.toml".to_owned(), angka),
        ("sources/rincian.toml".to_owned(), rincian),
        ("sources/tetap.toml".to_owned(), tetap),
    ]);
    files
}

/// Indicators that get SQL planted: see `plant_at_the_door`.
pub fn is_computed(nth: usize) -> bool {
    nth % 10 == 9
}

/// A playlist whose every text is a payload.
fn playlist(texts: &[String]) -> String {
    let at = |nth: usize| nth % texts.len();
    let mut list = format!("code = \"ruang\"\ntitle = {0}\ntitle_en = {0}\n", texts[at(62)]);
    write!(list, "\n[[mode]]\ncode = \"a\"\ntitle = {0}\ntitle_en = {0}\n", texts[at(65)]).unwrap();
    for nth in [at(66), at(97)] {
        let title = &texts[nth];
        write!(
            list,
            "\n[[mode.item]]\ntitle = {title}\ntitle_en = {title}\nrail = [\"i{nth}\", \"i1\"]\n[mode.item.widget]\nkind = \"ranking\"\nindicator = \"i{nth}\"\n"
        )
        .unwrap();
    }
    list
}

/// A section with a widget of every kind, whose every text is a payload.
fn widgets(nth: usize, text: &str, count: usize) -> String {
    let (near, built, paid) = (41 % count, count - 3, count - 2);
    let mut section = format!("\n[[section]]\ntitle = {text}\ntitle_en = {text}\n");
    for (kind, options) in [
        ("tile", format!("indicator = \"i{nth}\"")),
        ("line", format!("indicator = \"i{nth}\"")),
        ("bullet", format!("indicators = [\"i{nth}\", \"i{near}\"]")),
        ("bars", format!("indicator = \"i{nth}\"")),
        ("bars", "indicator = \"i0\"\nby = \"part\"".to_owned()),
        ("ranking", format!("indicator = \"i{nth}\"")),
        ("heat", format!("indicator = \"i{nth}\"")),
        ("heat", "by = \"agency\"".to_owned()),
        ("statuses", String::new()),
        ("map", format!("indicator = \"i{nth}\"")),
        ("feed", String::new()),
        ("countdown", format!("date = \"2027-01-01\"\ntext = {text}\ntext_en = {text}")),
        ("text", format!("text = {text}\ntext_en = {text}")),
        ("camera", format!("place = {text}\naddress = \"https://kamera.test/\"\nagency = \"a{nth}\"")),
        ("weather", format!("temperature = \"i{nth}\"\ncredit = {text}")),
        ("earthquake", format!("magnitude = \"i{nth}\"\ncredit = {text}")),
        ("absorption", format!("physical = \"i{built}\"\nfinancial = \"i{paid}\"")),
        ("funnel", format!("indicators = [\"i{near}\", \"i{near}\"]")),
        ("pyramid", "indicator = \"i0\"".to_owned()),
    ] {
        writeln!(
            section,
            "\n[[section.widget]]\nkind = \"{kind}\"\ntitle = {text}\ntitle_en = {text}\n{options}"
        )
        .unwrap();
    }
    section
}

/// Settings of reports that are made by themselves and go to people who are called by payloads. They are sent on
/// the first of January, and nobody takes mail at that address.
pub fn settings(payloads: &[String]) -> String {
    let to: Vec<String> = payloads
        .iter()
        .filter(|text| !text.chars().any(char::is_control))
        .map(|text| format!("\"{}\" <uji@kabupaten.test>", text.replace('\\', "\\\\").replace('"', "\\\"")))
        .collect();
    let mut settings =
        format!("[mail]\nserver = \"127.0.0.1:9\"\nsecurity = \"none\"\nfrom = {}\n", quoted(&to[0]));
    for (nth, some) in to.chunks(50).enumerate() {
        let some: Vec<String> = some.iter().map(|text| quoted(text)).collect();
        write!(
            settings,
            "\n[[paper.schedule]]\nname = \"laporan-{nth}\"\nwhat = \"p0\"\nwhen = \"0 0 1 1 *\"\nmail_to = [{}]\n",
            some.join(", ")
        )
        .unwrap();
    }
    settings
}

/// Rows with a payload in each place: the code, the period, the value, the kind, a column that nothing reads;
/// and columns named by payloads. A file with null bytes is refused as a whole.
pub fn rows(payloads: &[String], broken: bool) -> Vec<u8> {
    let payloads: Vec<String> = payloads.iter().map(|text| text.replace('\0', "")).collect();
    let mut writer = csv::Writer::from_writer(Vec::new());
    let mut head: Vec<&str> = vec!["kode", "bulan", "nilai", "jenis", "catatan"];
    head.extend(payloads.iter().map(String::as_str));
    writer.write_record(&head).unwrap();
    for (nth, text) in payloads.iter().enumerate() {
        let village = format!("33.16.01.{}", 2001 + nth % 12);
        let month = format!("2026-{:02}", 1 + nth / 12);
        let good = [village.as_str(), month.as_str(), "7", text, text];
        let mut cells = vec![good];
        if broken {
            cells.extend((0..3).map(|place| {
                let mut cells = good;
                cells[place] = text;
                cells
            }));
        }
        for row in cells {
            writer.write_record(row.iter().copied().chain(payloads.iter().map(String::as_str))).unwrap();
        }
    }
    writer.into_inner().unwrap()
}
