//! The audit log through the real program: what leaves a trace, how it is read, and that a change of the
//! past is found.

use crate::support::{Center, PACK, Server, number, text};
use rand::{RngExt, SeedableRng, rngs::SmallRng};
use std::{
    fs,
    time::{Duration, Instant},
};

fn center_with_a_past() -> Center {
    let center = Center::new();
    let pack = center.write_pack(&PACK);
    center.ok(&["--author", "Siti", "apply", &pack.display().to_string(), "--yes", "--reason", "=cmd()"]);
    fs::write(
        center.files().join("angka.csv"),
        "kode,bulan,nilai\n33.16.01.2001,2026-01,7\n99.99.99.9999,2026-02,1\n",
    )
    .unwrap();
    assert!(!center.run(&["run", "angka"]).status.success(), "half of the rows are bad");
    center.ok(&["query", "select count(*) from region"]);
    assert!(!center.run(&["query", "drop table region"]).status.success());
    center
}

fn json_lines(body: &str) -> Vec<serde_json::Value> {
    body.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

#[test]
fn what_people_do_is_told_with_who_and_to_what() {
    let center = center_with_a_past();
    let server = center.serve().signed_in(&center);
    let (status, page) = server.get("/audit").unwrap();
    assert_eq!(status, 200);
    for words in
        ["Paket diterapkan", "Penarikan dimulai", "Angka ditanya lewat SQL", "gagal", "Siti", "drop table"]
    {
        assert!(page.contains(words), "{words}: {page}");
    }
    let (_, english) = server.get("/audit?bahasa=en&tindakan=pack-applied").unwrap();
    assert!(
        english.contains("<th scope=\"row\">Pack applied</th>")
            && !english.contains("<th scope=\"row\">Run started</th>")
    );
    let (status, _) = server.get("/audit?dari=kemarin").unwrap();
    assert_eq!(status, 400);
    let (_, none) = server.get("/audit?pelaku=tidak+ada").unwrap();
    assert!(none.contains("Tidak ada catatan"), "{none}");
    server.stop();
    let anchors = fs::read_to_string(center.data().join("audit-anchor.log")).unwrap();
    assert!(anchors.contains("\"why\":\"start\"") && anchors.contains("\"why\":\"stop\""), "{anchors}");
}

#[test]
fn files_of_the_log_are_harmless_and_hold_the_whole_chain() {
    let center = center_with_a_past();
    let server = center.serve().signed_in(&center);
    let (_, csv) = server.get("/audit.csv?tindakan=pack-applied").unwrap();
    assert!(csv.contains("Siti") && csv.contains("=cmd()") && !csv.contains(",=cmd"), "{csv}");
    let (_, body) = server.get("/audit.jsonl").unwrap();
    let entries = json_lines(&body);
    for pair in entries.windows(2) {
        assert_eq!(pair[0]["hash"], pair[1]["previous_hash"]);
    }
    let (_, body) = server.get("/api/v1/audit?limit=2").unwrap();
    let first: serde_json::Value = serde_json::from_str(&body).unwrap();
    let cursor = first["next"].as_str().unwrap();
    let (_, body) = server.get(&format!("/api/v1/audit?limit=2&cursor={cursor}")).unwrap();
    let second: serde_json::Value = serde_json::from_str(&body).unwrap();
    assert!(second["items"][0]["number"].as_i64() < first["items"][1]["number"].as_i64(), "{first} {second}");
    server.stop();
    // Both downloads stand in the log; so does the export by the command line, which comes last.
    let file = center.folder().join("audit.jsonl");
    center.ok(&["audit", "export", &file.display().to_string()]);
    let entries = json_lines(&fs::read_to_string(file).unwrap());
    assert_eq!(entries.iter().filter(|entry| entry["action"] == "audit-exported").count(), 2);
    assert!(center.ok(&["audit", "verify"]).contains(&format!("whole up to number {}", entries.len() + 1)));
}

#[test]
fn a_changed_past_is_named_and_the_exit_code_says_so() {
    let center = center_with_a_past();
    let before = center.ok(&["audit", "anchor"]);
    let copy = center.folder().join("copy-of-the-inspectorate.log");
    fs::copy(center.data().join("audit-anchor.log"), &copy).unwrap();
    assert!(center.ok(&["audit", "verify"]).contains(before.split_whitespace().last().unwrap()));
    let db = center.db();
    db.write(|tx| {
        tx.execute_script("drop trigger audit_entry_update")?;
        tx.execute("update audit_entry set actor = 'Budi' where number = 1", &[])
    })
    .unwrap();
    drop(db);
    let output = center.run(&["audit", "verify", "--anchor", &copy.display().to_string()]);
    let said = text(&output.stdout);
    assert_eq!(output.status.code(), Some(1), "{said}");
    assert!(said.contains("         1  changed") && said.contains("unguarded"), "{said}");
    let server = center.serve().signed_in(&center);
    let until = Instant::now() + Duration::from_secs(30);
    while !server.get("/audit").unwrap().1.contains("2 kerusakan, yang pertama pada nomor 1,") {
        assert!(Instant::now() < until, "the page does not tell of the damage");
    }
}

/// Views are recorded within a fifth of a second; what a kill can take is no more than that.
#[test]
fn a_kill_leaves_a_whole_chain_and_takes_only_the_latest_views() {
    const KILLS: usize = 8;
    /// The writer's fifth of a second, and what a busy machine adds.
    const GRACE: Duration = Duration::from_millis(1500);
    let center = center_with_a_past();
    let mut rng = SmallRng::seed_from_u64(9);
    let count = "select count(*) from audit_entry where action = 'exported'";
    let no_limits =
        [("PENDOPO__LIMITS__REQUESTS_PER_MINUTE", "0"), ("PENDOPO__LIMITS__COSTLY_REQUESTS_PER_MINUTE", "0")];
    let cookies = center.serve().signed_in(&center).cookies();
    let (mut views, mut lost) = (0, 0);
    for _ in 0..KILLS {
        let before = center.db().read(|reader| Ok(number(reader, count))).unwrap();
        let server: Server = center.serve_with(&no_limits).with_cookies(cookies.clone());
        let patience = GRACE + Duration::from_millis(rng.random_range(100..1000));
        let started = Instant::now();
        let mut answered = Vec::new();
        while started.elapsed() < patience {
            assert_eq!(server.get("/penarikan/1/ditolak.csv").unwrap().0, 200);
            answered.push(Instant::now());
        }
        let killed = Instant::now();
        server.kill();
        let kept = center.db().read(|reader| Ok(number(reader, count))).unwrap() - before;
        let kept = usize::try_from(kept).unwrap();
        let sure = answered.iter().filter(|at| killed.duration_since(**at) > GRACE).count();
        assert!(sure > 0 && kept >= sure && kept <= answered.len(), "{kept} kept of {}", answered.len());
        (views, lost) = (views + answered.len(), lost + answered.len() - kept);
        center.ok(&["audit", "verify"]);
    }
    eprintln!("counted: audit: {KILLS} kills: {lost} of {views} views lost, each chain whole");
}

/// A collector of logs on this machine: refuses the first requests, then keeps what comes; gives path, whether
/// the right token was shown, and the body of each request that it kept.
fn collector(refusals: usize) -> (u16, std::sync::mpsc::Receiver<(String, bool, String)>) {
    use std::io::{Read, Write};
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    let (sender, receiver) = std::sync::mpsc::channel();
    std::thread::spawn(move || {
        for (nth, stream) in listener.incoming().enumerate() {
            let mut stream = stream.unwrap();
            let (mut received, mut piece) = (Vec::new(), [0; 4096]);
            let (head, body) = loop {
                let read = stream.read(&mut piece).unwrap();
                received.extend_from_slice(&piece[..read]);
                let text = String::from_utf8_lossy(&received).into_owned();
                let Some((head, body)) = text.split_once("\r\n\r\n") else { continue };
                let length = head.to_lowercase().split("content-length: ").nth(1).unwrap().to_owned();
                let length: usize = length.split("\r\n").next().unwrap().parse().unwrap();
                if body.len() >= length || read == 0 {
                    break (head.to_owned(), body.to_owned());
                }
            };
            let status = if nth < refusals { "503 Service Unavailable" } else { "204 No Content" };
            let answer = format!("HTTP/1.1 {status}\r\ncontent-length: 0\r\nconnection: close\r\n\r\n");
            stream.write_all(answer.as_bytes()).unwrap();
            let path = head.split(' ').nth(1).unwrap().to_owned();
            let shown = head.to_lowercase().contains("authorization: bearer kata-sandi-pengumpul-77");
            if nth >= refusals && sender.send((path, shown, body)).is_err() {
                return;
            }
        }
    });
    (port, receiver)
}

#[test]
fn heads_and_entries_are_sent_elsewhere_until_they_are_kept_and_witness_there() {
    let center = center_with_a_past();
    let (port, kept) = collector(1);
    let (heads_to, entries_to) =
        (format!("http://127.0.0.1:{port}/ujung"), format!("http://127.0.0.1:{port}/isi"));
    let settings = [
        ("PENDOPO__AUDIT__SEND_HEADS_TO", heads_to.as_str()),
        ("PENDOPO__AUDIT__SEND_ENTRIES_TO", &entries_to),
        ("PENDOPO__AUDIT__SEND_ALLOW_NETWORKS", "127.0.0.1/32"),
        ("PENDOPO_SECRET_AUDIT", "kata-sandi-pengumpul-77"),
    ];
    let server = center.serve_with(&settings).signed_in(&center);
    let last =
        || center.db().read(|reader| Ok(number(reader, "select max(number) from audit_entry"))).unwrap();
    let wanted = last();
    let (mut heads, mut entries) = (String::new(), Vec::new());
    let reached = |heads: &str, entries: &Vec<serde_json::Value>| {
        let head = json_lines(heads).iter().filter_map(|line| line["number"].as_i64()).max();
        let entry = entries.iter().filter_map(|line| line["number"].as_i64()).max();
        head >= Some(wanted) && entry >= Some(wanted)
    };
    while !reached(&heads, &entries) {
        let (path, shown, body) = kept.recv_timeout(Duration::from_secs(90)).unwrap();
        assert!(shown, "the token of the named secret");
        match path.as_str() {
            "/ujung" => heads.push_str(&body),
            "/isi" => entries.extend(json_lines(&body)),
            other => panic!("{other}"),
        }
    }
    // What came is the chain itself, whole and in order.
    for (nth, entry) in (1..).zip(&entries) {
        assert_eq!(entry["number"], nth);
        assert!(nth == 1 || entry["previous_hash"] == entries[nth as usize - 2]["hash"], "{nth}");
    }
    server.stop();
    let copy = center.folder().join("salinan.log");
    fs::write(&copy, &heads).unwrap();
    let copy = copy.display().to_string();
    center.ok(&["audit", "verify", "--anchor", &copy]);
    let told = center.command(&["doctor"]).envs(settings).output().unwrap();
    let told = text(&told.stdout);
    for (what, place) in [("heads", &heads_to), ("entries", &entries_to)] {
        assert!(
            told.contains(&format!("{what} of the audit log are kept at {place} up to number")),
            "{told}"
        );
    }
}
