//! Real statistics through the trial pack, when the folder with them is there.

use crate::support::{Center, number, text};
use std::path::{Path, PathBuf};

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
    for source in
        ["penduduk-jateng", "penduduk-indonesia", "harga-pokok", "kesejahteraan-2021", "apbd-rincian"]
    {
        run(&center, &files, source);
    }
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
    // The same files again have no effect.
    let again = run(&center, &files, "penduduk-jateng");
    let revisions = center.db().read(|r| Ok(number(r, "select coalesce(sum(revised), 0) from run"))).unwrap();
    assert_eq!(revisions, 0, "{again}");
    eprintln!(
        "counted: real statistics: 552 regions, the 35 of Jawa Tengah add up to 38430645; 549 of 560 prices, 11 not \
         reported; the same file again: {revisions} revisions"
    );
}
