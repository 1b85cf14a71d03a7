//! Passkeys in a real browser with a virtual device, against the real program.

use crate::support::{Center, number, text};
use std::{path::Path, process::Command};

/// Refused sign-ins by reason, as the audit log has them.
const REFUSALS: [(&str, i64); 3] = [("late", 1), ("counter", 1), ("origin", 1)];

#[test]
fn people_sign_in_by_passkey_and_copies_replays_and_other_sites_do_not() {
    let e2e = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../e2e");
    assert!(
        e2e.join("node_modules/playwright-core").exists(),
        "the driver of the browser is not installed; run `scripts/setup.sh test`, or `npm ci` in e2e/"
    );
    let center = Center::new();
    let server = center.serve_with(&[
        ("PENDOPO__ACCOUNTS__SECOND_FACTOR", "required"),
        ("PENDOPO__LIMITS__SIGN_INS_PER_MINUTE", "0"),
    ]);
    let link = center.ok(&["account", "first"]);
    let path = link[link.find("/undangan/").unwrap()..].trim();
    let mut browser = Command::new("node");
    browser.current_dir(&e2e).args(["passkeys.mjs", &format!("http://localhost:{}", server.port()), path]);
    if let Ok(folder) = std::env::var("PENDOPO_SHOTS") {
        browser.arg(folder);
    }
    let output = browser.output().expect("node runs; run `scripts/setup.sh test`");
    let said = text(&output.stdout) + &text(&output.stderr);
    assert!(output.status.success(), "{said}");
    println!("{said}");

    let db = center.db();
    let count = |sql: &str| db.read(|reader| Ok::<_, pendopo_figures::DbError>(number(reader, sql))).unwrap();
    server.stop();
    assert_eq!(count("select count(*) from passkey"), 0, "the only one was removed");
    assert_eq!(count("select count(*) from session where method = 'passkey'"), 5);
    assert_eq!(
        count("select count(*) from audit_entry where action = 'sign-in' and detail like '%\"passkey\"%'"),
        5
    );
    for action in ["second-factor-added", "second-factor-removed"] {
        let sql =
            format!("select count(*) from audit_entry where action = '{action}' and object_kind = 'passkey'");
        assert_eq!(count(&sql), 1, "{action}");
    }
    for (reason, times) in REFUSALS {
        let sql = format!(
            "select count(*) from audit_entry where action = 'sign-in-failed' and detail like '%\"why\":\"{reason}\"%'"
        );
        assert_eq!(count(&sql), times, "{reason}");
    }
}
