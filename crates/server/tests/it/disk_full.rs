//! A full disk: reads go on, writes are refused with the cause, and work resumes when there is room.

use crate::support::{Center, PACK, text};
use std::{path::Path, process::Command};

/// A small file system in memory; unmounted with the test.
struct SmallDisk(tempfile::TempDir);

impl SmallDisk {
    fn mount(mib: u32) -> Option<SmallDisk> {
        let folder = tempfile::tempdir().ok()?;
        let mounted = Command::new("mount")
            .args(["-t", "tmpfs", "-o", &format!("size={mib}m"), "tmpfs"])
            .arg(folder.path())
            .output()
            .is_ok_and(|output| output.status.success());
        mounted.then_some(SmallDisk(folder))
    }

    fn path(&self) -> &Path {
        self.0.path()
    }
}

impl Drop for SmallDisk {
    fn drop(&mut self) {
        let _ = Command::new("umount").arg("-l").arg(self.path()).status();
    }
}

#[test]
fn reads_go_on_and_writes_say_why_they_are_refused() {
    let Some(disk) = SmallDisk::mount(96) else {
        eprintln!("did not run: mounting a small file system needs root (mount -t tmpfs)");
        return;
    };
    let center = Center::at(&disk.path().join("data"));
    let pack = center.write_pack(&PACK);
    center.ok(&["apply", &pack.display().to_string(), "--yes", "--reason", "uji"]);
    let file = center.files().join("angka.csv");
    std::fs::write(&file, "kode,bulan,nilai\n33.16.01.2001,2026-01,7\n").unwrap();
    center.ok(&["run", "angka"]);
    let server = center.serve().signed_in(&center);
    assert_eq!(server.get("/readyz").map(|(status, _)| status), Some(200));
    let page = server.ask("GET", "/data-pribadi/insiden", "").unwrap();
    let long = "a".repeat(4_000);
    let report = |n: usize| {
        let form = format!(
            "_token={}&title=Kejadian+{n}&what={long}&cause={long}&measures={long}",
            page.form_token()
        );
        server.ask("POST", "/data-pribadi/insiden", &form).unwrap()
    };

    let filler = disk.path().join("filler");
    // Enough rows that the log must grow.
    let rows: String = (0..120)
        .map(|month| format!("33.16.01.2001,{}-{:02},8\n", 2010 + month / 12, 1 + month % 12))
        .collect();
    let villages: String =
        (2002..=2012).map(|village| rows.replace("2001,", &format!("{village},"))).collect();
    std::fs::write(&file, format!("kode,bulan,nilai\n33.16.01.2001,2026-01,8\n{rows}{villages}")).unwrap();
    fill(&filler);
    let refused = center.run(&["run", "angka"]);
    assert!(!refused.status.success(), "a run on a full disk cannot have succeeded");
    let said = text(&refused.stdout) + &text(&refused.stderr);
    assert!(said.contains("cannot write") || said.contains("full"), "the cause is not named: {said}");
    let (status, body) = server.get("/readyz").unwrap();
    assert_eq!(status, 503, "{body}");
    assert!(body.contains("cannot write"), "{body}");
    let (status, body) = server.get("/api/v1/latest").unwrap();
    assert_eq!(status, 200, "{body}");
    assert!(body.contains("\"value\":7.0"), "{body}");
    assert_eq!(server.get("/").map(|(status, _)| status), Some(200));
    // A form of a page: what the log has room for may be kept, then it is refused with the cause.
    let kept = (0..200).take_while(|n| report(*n).status == 303).count();
    let refused = report(kept);
    assert_eq!(refused.status, 503, "{}", refused.body);
    for part in ["Tidak dapat menyimpan", "Disk pusat komando penuh", "cannot write"] {
        assert!(refused.body.contains(part), "`{part}` is not in {}", refused.body);
    }
    let incidents = || {
        let listed = server.get("/data-pribadi/insiden").unwrap().1;
        listed.matches("href=\"/data-pribadi/insiden/").count()
    };
    assert_eq!(incidents(), kept, "what was answered as kept is there, what was refused is not");

    std::fs::remove_file(&filler).unwrap();
    assert_eq!(server.get("/readyz").map(|(status, _)| status), Some(200), "no recovery without a restart");
    let again = report(kept);
    assert_eq!((again.status, incidents()), (303, kept + 1), "{}", again.body);
    center.ok(&["run", "angka"]);
    assert!(center.ok(&["query", "select value from latest", "--format", "csv"]).contains('8'));
    eprintln!(
        "counted: full disk: a run and a form refused with the cause ({kept} forms kept before), pages and the API went \
         on, writing again without a restart"
    );
}

/// Writes until not a byte more fits.
fn fill(path: &Path) {
    use std::io::Write;
    let mut file = std::fs::File::create(path).unwrap();
    for size in [1024 * 1024, 4096, 1] {
        let block = vec![0u8; size];
        while file.write_all(&block).is_ok() {}
    }
}
