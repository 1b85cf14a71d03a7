//! Chores of this repository: `cargo run -p xtask -- tidy` checks the house rules.

use std::process::ExitCode;
use xtask::tidy;

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
        _ => {
            eprintln!("usage: cargo run -p xtask -- tidy");
            ExitCode::from(2)
        }
    }
}
