//! Place packs from folder to database and back.

use crate::support::{Center, PACK, number, repository, text};
use std::{collections::BTreeMap, fs, path::Path};

#[test]
fn export_writes_back_what_was_applied_byte_for_byte() {
    let center = Center::new();
    let pack = center.write_pack(&PACK);
    center.ok(&["apply", &pack.display().to_string(), "--yes", "--reason", "awal"]);
    let copy = center.folder().join("copy");
    center.ok(&["export", &copy.display().to_string()]);
    for (path, text) in PACK {
        assert_eq!(fs::read_to_string(copy.join(path)).unwrap(), text, "{path}");
    }
    let again = center.ok(&["apply", &copy.display().to_string(), "--yes", "--reason", "uji"]);
    assert!(again.contains("No definition changes"), "{again}");
    let changes = center.db().read(|r| Ok(number(r, "select count(*) from pack_change"))).unwrap();
    assert_eq!(changes, 1, "applying the same pack again is not a change");
}

#[test]
fn a_dry_run_shows_the_plan_and_its_effect_and_changes_nothing() {
    let center = Center::new();
    let pack = center.write_pack(&PACK);
    let folder = pack.display().to_string();
    center.ok(&["apply", &folder, "--yes", "--reason", "uji"]);
    fs::write(
        center.files().join("angka.csv"),
        "kode,bulan,nilai\n33.16.01.2001,2026-01,7\n33.16.01.2002,2026-01,5\n",
    )
    .unwrap();
    center.ok(&["run", "angka"]);
    let changed = PACK[3]
        .1
        .replace("region_aggregation = \"sum\"", "region_aggregation = \"mean\"")
        .replace("value = 5 }", "value = 2.5 }");
    fs::write(pack.join("indicators/uji.toml"), changed).unwrap();
    fs::write(
        pack.join("targets.toml"),
        "[[target]]\nindicator = \"angka\"\nperiod = \"2026\"\nvalue = 100\n",
    )
    .unwrap();
    let plan = center.ok(&["apply", &folder, "--dry-run"]);
    for part in [
        "~ indicator angka",
        "region_aggregation: sum → mean",
        "+ target angka 33.16 2026",
        "Nothing was changed",
    ] {
        assert!(plan.contains(part), "`{part}` is not in:\n{plan}");
    }
    // The kecamatan and the kabupaten get another value; they and both villages get a verdict.
    assert!(plan.contains("2 roll-ups and computed values over all periods and 4 newest verdicts"), "{plan}");
    let kept = center.ok(&["query", "select value from latest where region = '33.16'", "--format", "csv"]);
    assert_eq!(kept.trim(), "value\n12", "the dry run changed something");
    center.ok(&["apply", &folder, "--yes", "--reason", "uji"]);
    let applied = center.ok(&["query", "select value from latest where region = '33.16'", "--format", "csv"]);
    assert_eq!(applied.trim(), "value\n6");
}

#[test]
fn check_reports_every_mistake_with_file_line_and_suggestion() {
    let center = Center::new();
    let pack = center.write_pack(&PACK);
    let mistakes: [(&str, &str, &str, &[&str]); 6] = [
        (
            "pack.toml",
            "time_zone = \"Asia/Jakarta\"",
            "time_zone = \"Asia/Jakata\"",
            &["pack.toml:5", "Asia/Jakata", "did you mean `Asia/Jakarta`?"],
        ),
        (
            "agencies.toml",
            "short = ",
            "shrot = ",
            &["agencies.toml:4", "unknown key `shrot`", "did you mean `short`?"],
        ),
        (
            "indicators/uji.toml",
            "direction = \"higher\"",
            "direction = \"hihger\"",
            &["indicators/uji.toml:9", "hihger", "did you mean `higher`?"],
        ),
        ("indicators/uji.toml", "value = 5 }", "value = 6 }", &["comes to 5, expected 6"]),
        (
            "sources/angka.toml",
            "indicator = \"angka\"",
            "indicator = \"anka\"",
            &["sources/angka.toml:15", "no indicator `anka`", "did you mean `angka`?"],
        ),
        (
            "sources/angka.toml",
            "fresh_every = \"1 day\"",
            "fresh_every = \"often\"",
            &["sources/angka.toml:4", "`often` is not a length of time"],
        ),
    ];
    for (path, before, after, expected) in mistakes {
        let original = fs::read_to_string(pack.join(path)).unwrap();
        fs::write(pack.join(path), original.replace(before, after)).unwrap();
        let output = center.run(&["check", &pack.display().to_string()]);
        let said = text(&output.stdout);
        assert_eq!(output.status.code(), Some(1), "{said}");
        for part in expected {
            assert!(said.contains(part), "`{part}` is not in:\n{said}");
        }
        fs::write(pack.join(path), original).unwrap();
    }
    // All at once, in files that are wrong in different ways.
    for (path, before, after, _) in [mistakes[1], mistakes[2], mistakes[5]] {
        let original = fs::read_to_string(pack.join(path)).unwrap();
        fs::write(pack.join(path), original.replace(before, after)).unwrap();
    }
    let said = text(&center.run(&["check", &pack.display().to_string()]).stdout);
    assert!(said.contains("agencies.toml:4") && said.contains("indicators/uji.toml:9"), "{said}");
}

/// The files of a pack, by their path in it.
fn files_of(pack: &Path) -> BTreeMap<String, Vec<u8>> {
    let mut found = BTreeMap::new();
    let mut open = vec![pack.to_owned()];
    while let Some(folder) = open.pop() {
        for entry in fs::read_dir(&folder).unwrap().map(|entry| entry.unwrap().path()) {
            if entry.is_dir() {
                open.push(entry);
            } else if entry.extension().is_some_and(|ending| ending == "toml") {
                let name = entry.strip_prefix(pack).unwrap().display().to_string();
                found.insert(name, fs::read(&entry).unwrap());
            }
        }
    }
    found
}

#[test]
fn the_packs_of_this_repository_are_without_mistakes() {
    let center = Center::new();
    for pack in ["packs/blora", "packs/jateng", "benches/pack"] {
        let said = center.ok(&["check", &repository(pack).display().to_string()]);
        assert!(said.contains("no mistakes") && !said.contains("warning"), "{said}");
    }
}

#[test]
fn the_reference_pack_is_planned_applied_and_written_back_byte_for_byte() {
    let center = Center::new();
    let pack = repository("packs/blora");
    let files = files_of(&pack);
    let plan = center.ok(&["apply", &pack.display().to_string(), "--dry-run"]);
    let sources = files.keys().filter(|name| name.starts_with("sources/")).count();
    assert_eq!(sources, 10);
    assert_eq!(plan.lines().filter(|line| line.starts_with("+ source ")).count(), sources, "{plan}");
    for part in
        ["+ agency dinkes", "+ indicator stunting-prevalensi", "0 changed, 0 removed", "Nothing was changed"]
    {
        assert!(plan.contains(part), "`{part}` is not in:\n{plan}");
    }
    let kept = center.db().read(|r| Ok(number(r, "select count(*) from pack_file"))).unwrap();
    assert_eq!(kept, 0, "the dry run changed something");
    center.ok(&["apply", &pack.display().to_string(), "--yes", "--reason", "uji"]);
    let copy = center.folder().join("copy");
    center.ok(&["export", &copy.display().to_string()]);
    assert_eq!(files_of(&copy).keys().collect::<Vec<_>>(), files.keys().collect::<Vec<_>>());
    for (name, bytes) in files_of(&copy) {
        assert!(files[&name] == bytes, "{name} came back changed");
    }
}

#[test]
fn the_plan_names_what_changes_in_figures_on_record() {
    let center = Center::new();
    let pack = center.write_pack(&PACK);
    let folder = pack.display().to_string();
    center.ok(&["apply", &folder, "--yes", "--reason", "awal"]);
    let months = ["2026-01", "2026-02", "2026-03"];
    let rows: String =
        months.iter().map(|month| format!("33.16.01.2001,{month},7\n33.16.01.2002,{month},5\n")).collect();
    fs::write(center.files().join("angka.csv"), format!("kode,bulan,nilai\n{rows}")).unwrap();
    center.ok(&["run", "angka"]);
    let (indicator, source) = (
        PACK[3]
            .1
            .replace("region_aggregation = \"sum\"", "region_aggregation = \"mean\"")
            .replace("value = 5 }", "value = 2.5 }"),
        PACK[2].1.replace("column = \"nilai\"", "column = \"nilai\"\nscale = 10.0"),
    );
    let indicator = indicator.replace("unit = \"orang\"", "unit = \"kali\"");
    let mut changed = PACK;
    (changed[2].1, changed[3].1) = (&source, &indicator);
    center.write_pack(&changed);
    let plan = center.ok(&["apply", &folder, "--dry-run"]);
    for said in [
        "Existing figures: 6 roll-ups and computed values over all periods",
        "angka: 6 change (2026-01 to 2026-03)",
        "angka, 2026-03, Kabupaten Blora",
        "(33.16): 12.00 → 6.00",
        "Warning: angka: unit changes from orang to kali, and 6 revisions are on record",
        "Warning: angka: the changed mapping takes effect with its next run",
        "`pendopo run angka --dry-run`",
    ] {
        assert!(plan.contains(said), "{said} is not in:\n{plan}");
    }
    // Nobody is asked here: without a reason, or without consent, nothing is applied.
    for (arguments, said) in [
        (&["--yes"][..], "say why"),
        (&["--yes", "--reason", "  "], "say why"),
        (&["--reason", "x"], "nobody is here"),
    ] {
        let output = center.run(&[&["apply", folder.as_str()], arguments].concat());
        let error = text(&output.stderr);
        assert!(!output.status.success() && error.contains(said), "{arguments:?}: {error}");
    }
    let changes =
        |center: &Center| center.db().read(|r| Ok(number(r, "select count(*) from pack_change"))).unwrap();
    assert_eq!(changes(&center), 1);
    assert!(center.ok(&["apply", &folder, "--yes", "--reason", "satuan baru"]).contains("Applied as"));
    // What is applied already needs no reason: nothing happens.
    center.ok(&["apply", &folder, "--yes"]);
    assert_eq!(changes(&center), 2);
}
