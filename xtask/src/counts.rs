//! What the tests counted, and what did not run: the lines that say so, from the report of a test run.
//!
//! A test prints one line beginning with `counted:`, or with `did not run:` and why; the runner keeps
//! what tests print in a JUnit file (`.config/nextest.toml`).

use anyhow::Context;
use quick_xml::{Reader, escape::unescape, events::Event};
use std::collections::BTreeSet;

/// How the lines begin that are shown.
const MARKS: [&str; 2] = ["counted: ", "did not run: "];

/// The lines of a JUnit report that people should see, each once: what was counted first.
///
/// # Errors
/// When `report` is not well-formed.
pub fn counts(report: &str) -> anyhow::Result<Vec<String>> {
    let mut reader = Reader::from_str(report);
    let mut lines = BTreeSet::new();
    loop {
        match reader.read_event().context("the report of the tests")? {
            Event::Start(tag) if matches!(tag.name().as_ref(), "system-out" | "system-err") => {
                let text = reader.read_text(tag.name())?;
                let text = unescape(&text)?;
                let marked = |line: &&str| MARKS.iter().any(|mark| line.starts_with(mark));
                lines.extend(text.lines().map(str::trim).filter(marked).map(str::to_owned));
            }
            Event::Eof => return Ok(lines.into_iter().collect()),
            _ => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_marked_lines_are_shown() {
        let report = "<?xml version=\"1.0\"?><testsuites><testsuite><testcase name=\"a\"><system-out>\n\
                      running 1 test\ncounted: 3 &lt;b&gt; &amp; c\ntest a ... ok\n</system-out>\
                      <system-err>did not run: no disk\nnoise: counted: 4\n</system-err></testcase>\
                      <testcase name=\"counted: 9\"/></testsuite></testsuites>";
        assert_eq!(counts(report).unwrap(), ["counted: 3 <b> & c", "did not run: no disk"]);
        assert!(counts("<a><system-out>counted: 1</a>").is_err());
    }
}
