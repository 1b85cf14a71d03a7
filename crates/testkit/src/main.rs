//! `cargo run -p pendopo-testkit -- stop` ends the database servers that tests started.

use std::{
    io::{self, Write},
    process::ExitCode,
};

fn main() -> ExitCode {
    let mut out = io::stdout();
    let said = match std::env::args().nth(1).as_deref() {
        Some("stop") => match pendopo_testkit::stop_all() {
            Ok(stopped) if stopped.is_empty() => writeln!(out, "no test server was running"),
            Ok(stopped) => writeln!(out, "stopped: {}", stopped.join(", ")),
            Err(error) => {
                let _said = writeln!(io::stderr(), "cannot stop the test servers: {error}");
                return ExitCode::FAILURE;
            }
        },
        _ => {
            let _said = writeln!(io::stderr(), "usage: pendopo-testkit stop");
            return ExitCode::FAILURE;
        }
    };
    if said.is_err() { ExitCode::FAILURE } else { ExitCode::SUCCESS }
}
