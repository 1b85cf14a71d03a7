//! Real statistics through the trial pack, when the folder with them is there.

use crate::support::{Center, number, text};
use std::{
    collections::HashMap,
    path::{Path, PathBuf},
};

/// The folder with real statistics, or a word on why the test did not run.
fn statistics() -> Option<PathBuf> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let shared =
        std::env::var_os("PENDOPO_SHARED_DATA").map_or_else(|| root.join("../shared/data"), PathBuf::from);
    let folder = shared.join("stats");
    if folder.join("jateng_kabkota_penduduk_luas_2024s2.csv").exists() {
        return folder.canonicalize().ok();
    }
    eprintln!(
        "did not run: there are no real statistics in {}; name their folder in PENDOPO_SHARED_DATA",
        folder.display()
    );
    None
}

fn run(center: &Center, files: &Path, source: &str) -> String {
    let output = center.command(&["run", source]).env("PENDOPO__DATA__FILES", files).output().unwrap();
    let said = text(&output.stdout) + &text(&output.stderr);
    assert!(output.status.success(), "{source}: {said}");
    said
}

#[test]
fn real_statistics_come_in_as_they_are() {
    let Some(files) = statistics() else { return };
    let center = Center::new();
    let pack = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../packs/jateng");
    center.ok(&["apply", &pack.display().to_string(), "--yes", "--reason", "uji"]);
    for source in ["penduduk-jateng", "penduduk-indonesia", "harga-pokok", "kesejahteraan-2021"] {
        run(&center, &files, source);
    }
    let budget = run(&center, &files, "apbd-rincian");
    let absent = "Tingkat 1–5 tidak ada dalam berkas; jumlah antar tingkat tidak dapat dicocokkan.";
    assert!(budget.contains("Not one row with level = 5") && budget.contains(absent), "{budget}");
    center
        .db()
        .read(|r| {
            let current = "from current_value c join indicator i on i.indicator_id = c.indicator_id \
                           join breakdown b on b.breakdown_id = c.breakdown_id";
            let regencies = "c.region_id between 3301000000 and 3399000000";
            let sum = format!("select cast(sum(c.value) as bigint) {current} where i.code = 'penduduk' and b.key = '' and {regencies}");
            assert_eq!(number(r, &sum), 38_430_645, "the 35 regencies do not add up");
            let own = format!("select cast(max(c.value) as bigint) {current} where i.code = 'penduduk' and b.key = '' and c.region_id = 3300000000");
            assert_eq!(number(r, &own), 38_430_645, "the province's own row");
            let all = format!("select count(*) {current} where i.code = 'penduduk' and b.key = '' and c.region_id > 0");
            assert_eq!(number(r, &all), 552, "38 provinces and 514 regencies");
            // 560 rows, 11 of them `0`, which stands for a price that was not reported.
            let prices = format!("select count(*) {current} where i.code = 'harga-pokok' and b.key <> ''");
            assert_eq!(number(r, &prices), 549);
            let zeros = format!("select count(*) {current} where i.code = 'harga-pokok' and c.value = 0");
            assert_eq!(number(r, &zeros), 0, "a price that was not reported became a figure");
            let poverty = format!("select count(*) {current} where i.code = 'kemiskinan' and {regencies}");
            assert_eq!(number(r, &poverty), 35);
            let blora = format!("select cast(c.value * 100 as bigint) {current} where i.code = 'kemiskinan' and c.region_id = 3316000000");
            assert_eq!(number(r, &blora), 1239);
            assert_eq!(number(r, "select count(*) from refused_row"), 0);
            Ok(())
        })
        .unwrap();
    figures_are_those_of_the_files(&center, &files);
    // The same files again have no effect.
    let again = run(&center, &files, "penduduk-jateng");
    let revisions = center.db().read(|r| Ok(number(r, "select coalesce(sum(revised), 0) from run"))).unwrap();
    assert_eq!(revisions, 0, "{again}");
    eprintln!(
        "counted: real statistics: 552 regions, the 35 of Jawa Tengah add up to 38430645; 549 of 560 prices, 11 not \
         reported; the same file again: {revisions} revisions"
    );
}

/// Rows of a file, by the names of its columns.
fn rows(file: &Path) -> Vec<HashMap<String, String>> {
    let mut reader = csv::Reader::from_path(file).unwrap();
    reader.deserialize().map(|row| row.unwrap()).collect()
}

/// The figures in force of an indicator, by region.
fn figures(center: &Center, indicator: &str) -> HashMap<i64, f64> {
    let sql = "select c.region_id, c.value from current_value c \
               join indicator i on i.indicator_id = c.indicator_id \
               join breakdown b on b.breakdown_id = c.breakdown_id where i.code = $1 and b.key = ''";
    let read = |r: &mut pendopo_figures::Reader<'_>| {
        r.query(sql, &[indicator.into()], |row| Ok((row.get(0)?, row.get(1)?)))
    };
    center.db().read(read).unwrap().into_iter().collect()
}

/// Every figure against the cell that it comes from, and sums against sums, read here by other means.
fn figures_are_those_of_the_files(center: &Center, files: &Path) {
    let region = |row: &HashMap<String, String>| {
        let code = if row["kode"] == "0" { "00" } else { &row["kode"] };
        code.parse::<pendopo_vocab::RegionCode>().unwrap().id()
    };
    let check = |file: &str, column: &str, indicator: &str, scale: f64| {
        let found = figures(center, indicator);
        let mut seen = 0;
        for row in rows(&files.join(file)) {
            let Ok(want) = row[column].parse::<f64>() else { continue };
            let got = found.get(&region(&row)).copied();
            assert!(
                got.is_some_and(|got| (got - want * scale).abs() <= 1e-9 * want.abs().max(1.0) * scale),
                "{indicator} of {}: {got:?}, the file says {want}",
                row["kode"]
            );
            seen += 1;
        }
        seen
    };
    let people = "indonesia_kabkota_penduduk_luas_2024s2.csv";
    // Six rows have no area: the country, a province and four regencies.
    for (column, indicator, rows) in [
        ("jumlah_penduduk", "penduduk", 553),
        ("laki_laki", "penduduk-laki", 553),
        ("perempuan", "penduduk-perempuan", 553),
        ("luas_km2", "luas", 547),
    ] {
        assert_eq!(check(people, column, indicator, 1.0), rows, "{column}");
    }
    assert!(figures(center, "penduduk-selisih-jenis-kelamin").values().all(|gap| *gap == 0.0));
    let welfare = "jateng_kemiskinan_ipm_2021.csv";
    for (column, indicator, scale) in [
        ("Persentase Penduduk Miskin (P0) Menurut Kabupaten/Kota (Persen)", "kemiskinan", 1.0),
        ("Rata-rata Lama Sekolah Penduduk 15+ (Tahun)", "lama-sekolah", 1.0),
        ("Pengeluaran per Kapita Disesuaikan (Ribu Rupiah/Orang/Tahun)", "pengeluaran-per-kapita", 1000.0),
        ("Indeks Pembangunan Manusia", "ipm", 1.0),
        ("Umur Harapan Hidup (Tahun)", "harapan-hidup", 1.0),
        ("Persentase rumah tangga yang memiliki akses terhadap sanitasi layak", "sanitasi-layak", 1.0),
        ("Persentase rumah tangga yang memiliki akses terhadap air minum layak", "air-minum-layak", 1.0),
        ("Tingkat Pengangguran Terbuka", "pengangguran", 1.0),
        ("Tingkat Partisipasi Angkatan Kerja", "partisipasi-kerja", 1.0),
    ] {
        assert_eq!(check(welfare, column, indicator, scale), 35, "{column}");
    }
    let lines = rows(&files.join("apbd_rincian_sample_aceh_2025.csv"));
    let leaves: f64 = lines
        .iter()
        .filter(|row| row["level"] == "6")
        .map(|row| row["jumlah_rp"].parse::<f64>().unwrap())
        .sum();
    let budget = figures(center, "apbd-sub-rincian");
    assert_eq!((budget.len(), budget.get(&1_100_000_000)), (1, Some(&leaves)));
    assert_eq!(lines.iter().filter(|row| row["level"] == "5").count(), 0);
    for indicator in ["apbd-rincian", "apbd-selisih-tingkat"] {
        assert!(figures(center, indicator).is_empty(), "{indicator} cannot be known from this file");
    }
}
