//! Chores of this repository: `cargo run -p xtask -- tidy` checks the house rules; `counts FILE` shows what
//! the tests counted, from the report of their run.

use anyhow::Context;
use std::process::ExitCode;
use xtask::{counts::counts, tidy};

#[expect(clippy::print_stdout, clippy::print_stderr, reason = "a command for people")]
fn main() -> ExitCode {
    let command = std::env::args().nth(1);
    match command.as_deref() {
        Some("tidy") => match tidy(&xtask::workspace_root()) {
            Ok(report) if report.problems.is_empty() => {
                println!("tidy: {} files, no problem", report.files);
                ExitCode::SUCCESS
            }
            Ok(report) => {
                for problem in &report.problems {
                    eprintln!("{problem}");
                }
                eprintln!("tidy: {} problems", report.problems.len());
                ExitCode::FAILURE
            }
            Err(error) => {
                eprintln!("tidy: {error:#}");
                ExitCode::FAILURE
            }
        },
        Some("counts") => match show_counts(std::env::args().nth(2)) {
            Ok(()) => ExitCode::SUCCESS,
            Err(error) => {
                eprintln!("counts: {error:#}");
                ExitCode::FAILURE
            }
        },
        _ => {
            eprintln!("usage: cargo run -p xtask -- tidy | counts FILE");
            ExitCode::from(2)
        }
    }
}

#[expect(clippy::print_stdout, reason = "a command for people")]
fn show_counts(file: Option<String>) -> anyhow::Result<()> {
    let file = file.context("name the JUnit file of the test run")?;
    let report = std::fs::read_to_string(&file).with_context(|| format!("cannot read {file}"))?;
    println!("What the tests counted:");
    for line in counts(&report)? {
        println!("  {}", line.trim_start_matches("counted: "));
    }
    Ok(())
}
