//! A budget whose levels do not add up: the difference is a figure and stands on its page; a level that is
//! not there is told in words on the command line, on the run's page and on the source's.

use crate::support::{Center, text};
use std::path::Path;

const HEAD: &str = "row_id,kode_skpd,nama_skpd,kode_rekening,level,jumlah_rp,tahun_anggaran\n";
const LEAVES: &str = "1,1.02,Dinas Kesehatan,5.1.02.01.01.0052,6,150000000,2025\n\
                      2,1.02,Dinas Kesehatan,5.1.02.01.01.0024,6,202000000.5,2025\n";
const PARENT: &str = "3,1.02,Dinas Kesehatan,5.1.02.01.01,5,221000000,2025\n";
const ABSENT: &str = "Tingkat 1–5 tidak ada dalam berkas; jumlah antar tingkat tidak dapat dicocokkan.";

fn read(center: &Center, file: &str) -> String {
    std::fs::write(center.files().join("apbd_rincian_sample_aceh_2025.csv"), file).unwrap();
    let output = center.run(&["run", "apbd-rincian"]);
    let said = text(&output.stdout) + &text(&output.stderr);
    assert!(output.status.success(), "{said}");
    said
}

#[test]
fn levels_that_differ_are_shown_and_levels_that_are_missing_are_told() {
    let center = Center::new();
    let pack = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../packs/jateng");
    center.ok(&["apply", &pack.display().to_string(), "--yes", "--reason", "uji"]);

    let said = read(&center, &format!("{HEAD}{LEAVES}"));
    assert!(
        said.contains("Note: Not one row with level = 5; “Belanja, rincian objek” gets no figure."),
        "{said}"
    );
    assert!(said.contains(ABSENT), "{said}");
    let server = center.serve().signed_in(&center);
    for page in ["/penarikan/1", "/sumber/apbd-rincian"] {
        let (status, body) = server.get(page).unwrap();
        assert_eq!(status, 200);
        assert!(
            body.contains("Tidak satu baris pun dengan level = 5") && body.contains(ABSENT),
            "{page}: {body}"
        );
    }

    // Both levels: the difference is a figure, off its target of nil.
    let said = read(&center, &format!("{HEAD}{LEAVES}{PARENT}"));
    assert!(!said.contains("Note:"), "{said}");
    let gap = center.ok(&[
        "query",
        "--format",
        "csv",
        "select value from latest where indicator = 'apbd-selisih-tingkat'",
    ]);
    assert!(gap.contains("131000000.5"), "{gap}");
    let (_, body) = server.get("/sumber/apbd-rincian").unwrap();
    assert!(!body.contains(ABSENT), "the newest good run has both levels");
}
