//! Boards of a pack: what `pendopo check` says of widgets that are written wrongly.

use super::{
    check::check_pack,
    folder::{FileKind, PackTexts},
    located::Problem,
    schema::BoardFile,
    validate::json_schema,
};

const PACK: [(&str, &str); 4] = [
    (
        "pack.toml",
        "format = 1\ncode = \"uji\"\nname = \"Uji\"\nregion = \"33.16\"\ntime_zone = \"Asia/Jakarta\"\n\n[[sector]]\ncode = \"uji\"\nname = \"Uji\"\n",
    ),
    ("agencies.toml", "[[agency]]\ncode = \"dinas\"\nname = \"Dinas\"\nshort = \"Dinas\"\n"),
    (
        "indicators/uji.toml",
        "[[indicator]]\ncode = \"kunjungan\"\nname = \"Kunjungan\"\nsector = \"uji\"\nagency = \"dinas\"\nunit = \"kali\"\n\
         direction = \"higher\"\ncadence = \"month\"\nlevel = \"village\"\nregion_aggregation = \"sum\"\ntime_aggregation = \"sum\"\n",
    ),
    (
        "sources/angka.toml",
        "code = \"angka\"\nname = \"Angka\"\nagency = \"dinas\"\nfresh_every = \"1 day\"\n[connection]\nkind = \"csv\"\nlocation = { path = \"a.csv\" }\n\
         [mapping]\nregion = { column = \"kode\" }\nperiod = { column = \"bulan\" }\n[[mapping.value]]\nindicator = \"kunjungan\"\ncolumn = \"nilai\"\n",
    ),
];

const HEAD: &str = "code = \"uji\"\ntitle = \"Uji\"\n\n[[section]]\nsector = \"uji\"\n\n[[section.widget]]\n";

fn problems(board: &str) -> Vec<Problem> {
    let mut texts: PackTexts =
        PACK.iter().map(|(path, text)| ((*path).to_owned(), (*text).to_owned())).collect();
    texts.insert("boards/uji.toml".to_owned(), board.to_owned());
    check_pack(&texts).err().unwrap_or_default()
}

#[test]
fn a_widget_written_wrongly_is_one_clear_mistake_with_what_to_write() {
    // The widget, the line that is named, what is said, and what to do.
    let mistakes = [
        (
            "kind = \"rangking\"\nindicator = \"kunjungan\"",
            8,
            "\"rangking\" is not a word known for `kind`",
            "did you mean `ranking`?",
        ),
        (
            "kind = \"pai\"\nindicator = \"kunjungan\"",
            8,
            "\"pai\" is not a word known for `kind`",
            "one of: tile, line, bullet",
        ),
        ("indicator = \"kunjungan\"", 7, "`kind` is missing", "one of: tile, line, bullet"),
        (
            "kind = \"ranking\"\nindicator = \"kunjungan\"\nmin_sampel = 5",
            10,
            "unknown key `min_sampel`",
            "did you mean `min_sample`?",
        ),
        (
            "kind = \"line\"\nindikator = \"kunjungan\"",
            9,
            "unknown key `indikator`",
            "did you mean `indicator`?",
        ),
        (
            "kind = \"line\"\nindicator = \"kunjungn\"",
            9,
            "there is no indicator `kunjungn`",
            "did you mean `kunjungan`?",
        ),
        (
            "kind = \"bullet\"\nindicators = [\"kunjungan\", \"x\"]",
            9,
            "there is no indicator `x`",
            "known: kunjungan",
        ),
        ("kind = \"feed\"\nsource = \"angkaa\"", 9, "there is no source `angkaa`", "did you mean `angka`?"),
        (
            "kind = \"camera\"\nplace = \"A\"\naddress = \"cctv\"\nagency = \"dinass\"",
            11,
            "there is no agency `dinass`",
            "did you mean `dinas`?",
        ),
        (
            "kind = \"camera\"\nplace = \"A\"\naddress = \"javascript:x\"\nagency = \"dinas\"",
            10,
            "`javascript:x` is not an address",
            "https://",
        ),
        (
            "kind = \"tile\"\nindicator = \"kunjungan\"\nregion = \"33.17\"",
            10,
            "lies outside of 33.16",
            "inside of it",
        ),
        (
            "kind = \"tile\"\nindicator = \"kunjungan\"\nregion = \"33.16.99\"",
            10,
            "region 33.16.99 does not exist",
            "look the code up",
        ),
        (
            "kind = \"tile\"\nindicator = \"kunjungan\"\nsurfaces = [\"desk\", \"tv\"]",
            10,
            "\"tv\" is not a word known for `surfaces`",
            "desk, phone, wall, paper",
        ),
        ("kind = \"tile\"\nindicator = \"kunjungan\"\nspan = 13", 10, "13 is greater than", "schema"),
        (
            "kind = \"countdown\"\ndate = \"31-12-2026\"\ntext = \"Tutup\"",
            9,
            "`31-12-2026` is not a day",
            "2026-12-31",
        ),
        ("kind = \"heat\"", 7, "`indicator` is missing", "by = \"agency\""),
        (
            "kind = \"absorption\"\nphysical = \"kunjungan\"\nfinancial = \"kunjungan\"",
            9,
            "is in kali, not in per cent",
            "unit = \"%\"",
        ),
        ("kind = \"text\"\ntext = \"  \"", 9, "the text is empty", "write it"),
    ];
    for (widget, line, what, suggestion) in mistakes {
        let found = problems(&format!("{HEAD}{widget}\n"));
        let hit = found.iter().find(|problem| problem.what.contains(what));
        let hit = hit.unwrap_or_else(|| panic!("{widget}: {what} is not in {found:#?}"));
        assert!(hit.suggestion.contains(suggestion), "{widget}: {}", hit.suggestion);
        assert_eq!((hit.file.as_str(), hit.line), ("boards/uji.toml", line), "{widget}");
    }
}

#[test]
fn a_group_needs_a_heading_and_something_to_show() {
    let said = |board: &str| problems(board).into_iter().map(|problem| problem.what).collect::<Vec<_>>();
    let head = "code = \"uji\"\ntitle = \"Uji\"\n[[section]]\n";
    assert_eq!(said(&format!("{head}indicators = [\"kunjungan\"]\n")), ["the group has no heading"]);
    assert_eq!(said(&format!("{head}title = \"Kosong\"\n")), ["the group shows nothing"]);
    assert_eq!(
        said(&format!("{head}title = \"Satu\"\nindicators = [\"kunjungan\"]\n")),
        Vec::<String>::new()
    );
}

#[test]
fn a_board_written_and_read_again_is_the_same() {
    let text = "code = \"uji\"\ntitle = \"Uji\"\nexceptions = false\n\n[[section]]\nsector = \"uji\"\nindicators = [\"a\"]\n\n\
                [[section.widget]]\nkind = \"ranking\"\nspan = 6\nsurfaces = [\"desk\", \"wall\"]\nindicator = \"b\"\nmin_sample = 40\n\n\
                [[section.widget]]\nkind = \"countdown\"\ndate = \"2026-12-31\"\ntext = \"Tutup\"\n";
    let board: BoardFile = toml::from_str(text).unwrap();
    assert_eq!(toml::to_string(&board).unwrap(), text);
    // What is unknown is refused by the types alone, too: for those that read a board without the check.
    assert!(toml::from_str::<BoardFile>(&text.replace("min_sample", "min_sampel")).is_err());
    assert!(toml::from_str::<BoardFile>(&text.replace("ranking", "rangking")).is_err());
}

#[test]
fn every_kind_and_option_of_a_widget_is_explained_in_the_schema() {
    let schema = json_schema(FileKind::Board);
    let kinds = schema["$defs"]["WidgetDef"]["oneOf"].as_array().unwrap();
    assert_eq!(kinds.len(), 17);
    for kind in kinds {
        assert!(kind["description"].is_string(), "{kind}");
        for (name, option) in kind["properties"].as_object().unwrap() {
            let explained = option.get("description").is_some() || option.get("const").is_some();
            assert!(explained, "{name} of {}", kind["properties"]["kind"]);
        }
    }
}

fn wall_problems(wall: &str) -> Vec<Problem> {
    let mut texts: PackTexts =
        PACK.iter().map(|(path, text)| ((*path).to_owned(), (*text).to_owned())).collect();
    texts.insert("walls/uji.toml".to_owned(), format!("code = \"uji\"\ntitle = \"Uji\"\n{wall}"));
    check_pack(&texts).err().unwrap_or_default()
}

#[test]
fn a_playlist_written_wrongly_says_where_and_what_to_write() {
    let mode = "[[mode]]\ncode = \"a\"\ntitle = \"A\"\n";
    let item = "[[mode.item]]\nattention = true\n";
    let last = "[[mode]]\ncode = \"z\"\ntitle = \"Z\"\n[[mode.item]]\nattention = true\n";
    assert_eq!(wall_problems(&format!("{mode}{item}")), []);
    for (wall, what, advice) in [
        (
            format!("{mode}from = \"7:00\"\nuntil = \"09:00\"\n{item}{last}"),
            "`7:00` is not a time of day",
            "such as `07:30`",
        ),
        (format!("{mode}from = \"07:00\"\n{item}{last}"), "both a beginning and an end", "until"),
        (format!("{mode}from = \"07:00\"\nuntil = \"07:00\"\n{item}{last}"), "ends when it begins", "later"),
        (format!("{mode}by_hand = true\n{item}"), "at some times no mode", "add a last mode"),
        (
            format!("{mode}by_hand = true\ndays = [\"mon\"]\n{item}{last}"),
            "chosen by hand has no times",
            "take out",
        ),
        (format!("{mode}days = [\"senin\"]\n{item}{last}"), "\"senin\" is not a word known", "mon"),
        (format!("{mode}item = []\n"), "the mode shows nothing", "add a `[[mode.item]]`"),
        (format!("{mode}{item}board = \"b\"\n"), "an item shows one thing", "write one of"),
        (format!("{mode}[[mode.item]]\nboard = \"tidak\"\n"), "there is no board `tidak`", ""),
        (
            format!("{mode}[[mode.item]]\nattention = true\nrail = [\"kunjungn\"]\n"),
            "there is no indicator `kunjungn`",
            "did you mean",
        ),
        (
            format!("{mode}[[mode.item]]\n[mode.item.widget]\nkind = \"map\"\nindicator = \"x\"\n"),
            "there is no indicator `x`",
            "",
        ),
        (
            format!("{mode}{item}[[takeover]]\nwithin = \"5 minutes\"\n"),
            "a take-over is by one thing",
            "either",
        ),
        (
            format!("{mode}{item}[[takeover]]\nsource = \"angkaa\"\nwithin = \"5\"\n"),
            "there is no source `angkaa`",
            "did you mean `angka`?",
        ),
        (format!("{mode}{item}seconds = 0\n"), "", ""),
    ] {
        let found = wall_problems(&wall);
        let hit = found.iter().find(|problem| problem.what.contains(what));
        let hit = hit.unwrap_or_else(|| panic!("{what}: {found:#?}"));
        assert!(hit.suggestion.contains(advice) && hit.line > 1 && hit.file == "walls/uji.toml", "{hit:#?}");
    }
}
