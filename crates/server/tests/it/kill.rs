//! `kill -9` at random moments: nothing acknowledged is lost, nothing is there twice, nothing by halves.

use crate::support::{Center, PACK, number};
use pendopo_vocab::{RegionCode, RegionLevel, region_tree::RegionTree};
use rand::{RngExt, SeedableRng, rngs::SmallRng};
use std::{
    fmt::Write,
    process::Stdio,
    time::{Duration, Instant},
};

const KILLS: usize = 200;
const MONTHS: [&str; 12] = [
    "2025-01", "2025-02", "2025-03", "2025-04", "2025-05", "2025-06", "2025-07", "2025-08", "2025-09",
    "2025-10", "2025-11", "2025-12",
];

/// A file in which every figure is `generation`, so that a half-applied run would show at once.
fn generation_file(villages: &[RegionCode], generation: usize) -> String {
    let mut text = "kode,bulan,nilai\n".to_owned();
    for village in villages {
        for month in MONTHS {
            let _ = writeln!(text, "{village},{month},{generation}");
        }
    }
    text
}

/// What is being killed.
#[derive(Debug, Clone, Copy)]
enum Work {
    Run,
    Import,
    Apply,
}

struct Trial {
    center: Center,
    villages: Vec<RegionCode>,
    pack: std::path::PathBuf,
    acknowledged: usize,
    acknowledged_decimals: usize,
    killed: usize,
}

impl Trial {
    fn attempt(&mut self, work: Work, generation: usize, patience: Option<Duration>) -> Duration {
        let (file, pack) = (self.center.files().join("angka.csv"), self.pack.display().to_string());
        match work {
            Work::Run | Work::Import => {
                std::fs::write(&file, generation_file(&self.villages, generation)).unwrap()
            }
            Work::Apply => {
                let text = PACK[3].1.replace("decimals = 0", &format!("decimals = {}", generation % 6));
                std::fs::write(self.pack.join(PACK[3].0), text).unwrap();
            }
        }
        let path = file.display().to_string();
        let arguments = match work {
            Work::Run => vec!["run", "angka"],
            Work::Import => vec!["import", &path, "--source", "angka"],
            Work::Apply => vec!["apply", &pack, "--yes", "--reason", "uji"],
        };
        let started = Instant::now();
        let mut child =
            self.center.command(&arguments).stdout(Stdio::null()).stderr(Stdio::piped()).spawn().unwrap();
        if let Some(patience) = patience {
            std::thread::sleep(patience);
            child.kill().unwrap();
        }
        let output = child.wait_with_output().unwrap();
        let took = started.elapsed();
        if output.status.success() {
            match work {
                Work::Run | Work::Import => self.acknowledged = generation,
                Work::Apply => self.acknowledged_decimals = generation % 6,
            }
        } else {
            assert!(patience.is_some(), "{work:?} failed: {}", String::from_utf8_lossy(&output.stderr));
            // Ended by us, never by a failure of its own.
            assert_eq!(output.status.code(), None, "{work:?}: {}", String::from_utf8_lossy(&output.stderr));
            self.killed += 1;
        }
        took
    }

    /// Figures are of one generation, not older than the last acknowledged one; every revision is
    /// accounted for by exactly one run of the ledger.
    fn verify(&self, generation: usize) {
        let expected = i64::try_from(self.villages.len() * MONTHS.len()).unwrap();
        let db = self.center.db();
        db.read(|r| {
            let figures = number(r, "select count(*) from current_value");
            let kinds = number(r, "select count(distinct value) from current_value");
            assert!(
                (figures, kinds) == (0, 0) || (figures, kinds) == (expected, 1),
                "half a run: {figures} figures, {kinds} values"
            );
            let value = number(r, "select cast(coalesce(max(value), 0) as bigint) from current_value");
            let range = i64::try_from(self.acknowledged).unwrap()..=i64::try_from(generation).unwrap();
            assert!(range.contains(&value), "value {value} is not in {range:?}");
            let revisions = number(r, "select count(*) from observation");
            let ledger = number(r, "select coalesce(sum(added + revised), 0) from run where status = 'done'");
            assert_eq!(revisions, ledger, "revisions and ledger differ");
            let total = number(
                r,
                "select cast(coalesce(max(value), 0) as bigint) from latest where region_id = 3316000000",
            );
            assert_eq!(total, value * i64::try_from(self.villages.len()).unwrap(), "the roll-up lags behind");
            let decimals = number(r, "select decimals from indicator where code = 'angka'");
            let text: String =
                r.query_one("select text from pack_file where path = 'indicators/uji.toml'", &[], |row| {
                    row.get(0)
                })?;
            assert!(text.contains(&format!("decimals = {decimals}\n")), "definitions and files differ");
            let applied = number(r, "select count(*) from audit_entry where action = 'pack-applied'");
            assert_eq!(applied, number(r, "select count(*) from pack_change"), "a pack without its entry");
            let started = "select count(*) from audit_entry where action in ('run-started', 'file-imported')";
            let runs = "select count(*) from run where kind in ('source', 'import')";
            assert_eq!(number(r, started), number(r, runs), "a run without its entry");
            Ok(())
        })
        .unwrap();
    }
}

#[test]
fn nothing_acknowledged_is_lost_and_nothing_is_there_twice() {
    let center = Center::new();
    let pack = center.write_pack(&PACK);
    let region: RegionCode = "33.16".parse().unwrap();
    let villages: Vec<RegionCode> =
        RegionTree::embedded().descendants(region, RegionLevel::Village).map(|region| region.code).collect();
    center.ok(&["apply", &pack.display().to_string(), "--yes", "--reason", "uji"]);
    let mut trial = Trial { center, villages, pack, acknowledged: 0, acknowledged_decimals: 0, killed: 0 };
    let mut rng = SmallRng::seed_from_u64(20_260_226);
    let works = [Work::Run, Work::Import, Work::Apply];
    let mut generation = 1;
    // How long each takes undisturbed, so that kills fall anywhere in it.
    let usual: Vec<Duration> = works
        .iter()
        .map(|work| {
            generation += 1;
            trial.attempt(*work, generation, None)
        })
        .collect();
    let mut attempts = 0;
    while trial.killed < KILLS {
        attempts += 1;
        assert!(attempts < KILLS * 4, "most attempts end before they are killed");
        generation += 1;
        let which = rng.random_range(0..works.len());
        let patience = usual[which].mul_f64(rng.random_range(0.0..1.05));
        trial.attempt(works[which], generation, Some(patience));
        trial.verify(generation);
    }
    let db = trial.center.db();
    let integrity: String =
        db.read(|r| r.query_one("pragma integrity_check", &[], |row| row.get(0))).unwrap();
    assert_eq!(integrity, "ok");
    generation += 1;
    trial.attempt(Work::Run, generation, None);
    trial.verify(generation);
    assert_eq!(trial.acknowledged, generation, "the center does not go on after the kills");
    let verified = trial.center.ok(&["audit", "verify"]);
    eprintln!("after the kills: {}", verified.lines().last().unwrap_or_default());
    eprintln!(
        "counted: {} kills -9 in {attempts} attempts: 0 acknowledged rows lost, 0 rows twice",
        trial.killed
    );
}
