//! `pendopo`: the command center of a local government in one program.

mod accounts;
mod api;
mod app;
mod audit;
mod boards;
mod boundaries;
mod cli;
mod config;
mod error;
mod indicators;
mod jobs;
mod kept;
mod maps;
mod migrations;
mod packs;
mod privacy;
mod redact;
mod regions;
mod reports;
mod routes;
mod runs;
mod sources;
mod spreadsheet;
mod vault;
mod walls;
mod web;
mod widgets;

fn main() -> std::process::ExitCode {
    cli::main()
}
