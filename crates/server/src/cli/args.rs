//! The command line. This one list drives parsing, help, completions and the man page.

use crate::boundaries::Level;
use clap::{Args, Parser, Subcommand, ValueEnum};
use pendopo_vocab::region_tree::CodeSystem;
use std::{net::SocketAddr, path::PathBuf};

/// The command center of a local government in one program.
#[derive(Debug, Parser)]
#[command(name = "pendopo", version, propagate_version = true, max_term_width = 100)]
#[command(after_help = "Examples:
  pendopo check packs/mine                  look for mistakes in a place pack
  pendopo apply packs/mine --dry-run        show what applying it would change
  pendopo serve                             serve pages and read the sources on their schedules
  pendopo run dinkes-stunting --dry-run     read one source and show what it would bring
  pendopo query \"select count(*) from region\"")]
pub struct Cli {
    /// Settings that hold for every command.
    #[command(flatten)]
    pub global: Global,
    /// What to do.
    #[command(subcommand)]
    pub command: Command,
}

/// Settings that hold for every command.
#[derive(Debug, Args)]
pub struct Global {
    /// Configuration file
    #[arg(long, global = true, value_name = "FILE")]
    pub config: Option<PathBuf>,
    /// Folder that holds everything the center keeps [default: data]
    #[arg(long, global = true, value_name = "FOLDER", env = "PENDOPO_DATA")]
    pub data: Option<PathBuf>,
    /// `sqlite` or postgres://user@host/database [default: sqlite]
    #[arg(long, global = true, value_name = "URL")]
    pub database: Option<String>,
    /// Name recorded with what you change [default: your login name]
    #[arg(long, global = true, value_name = "NAME")]
    pub author: Option<String>,
}

/// What to do.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Serve pages and the API, and read the sources on their schedules
    Serve {
        /// Address and port [default: 127.0.0.1:8600]
        #[arg(long, value_name = "ADDRESS")]
        listen: Option<SocketAddr>,
        /// Do not read sources on their schedules
        #[arg(long)]
        no_schedule: bool,
    },
    /// Serve a center with sample services, to look around
    Demo(DemoArgs),
    /// Look for mistakes in a place pack
    Check {
        /// The pack's folder
        pack: PathBuf,
    },
    /// Apply a place pack: show the plan, then change the center in one transaction
    Apply {
        /// The pack's folder
        pack: PathBuf,
        /// Show the plan and change nothing
        #[arg(long)]
        dry_run: bool,
        /// Why, for the record; asked for when left out, needed with --yes
        #[arg(long, value_name = "TEXT")]
        reason: Option<String>,
        /// Apply without asking
        #[arg(long, short)]
        yes: bool,
    },
    /// Write the center's definitions as a place pack
    Export {
        /// A new or empty folder, or the pack's folder
        pack: PathBuf,
    },
    /// Write the JSON Schemas of a pack's files, for editors
    Schema {
        /// Folder to write to
        folder: PathBuf,
    },
    /// Read a source now
    Run {
        /// Code of the source
        source: String,
        /// Show what would change and keep nothing
        #[arg(long)]
        dry_run: bool,
        /// Why, for the record
        #[arg(long, value_name = "TEXT")]
        reason: Option<String>,
    },
    /// Read the refused rows of a run again, after the pack was mended
    Retry {
        /// Number of the run
        run: i64,
        /// Why, for the record
        #[arg(long, value_name = "TEXT")]
        reason: Option<String>,
    },
    /// List the sources and how they keep their promises
    Sources {
        /// Form of the output
        #[arg(long, value_enum, default_value_t = Format::Table)]
        format: Format,
    },
    /// Ask the figures in SQL, read-only, over the views region, indicator, observation, revision,
    /// latest, run and refused_row
    Query {
        /// One `select`
        sql: String,
        /// See what this account sees, or `public`; without it everything
        #[arg(long = "as", value_name = "LOGIN")]
        who: Option<String>,
        /// Form of the output
        #[arg(long, value_enum, default_value_t = Format::Table)]
        format: Format,
    },
    /// Read a file once, by the mapping of a source
    Import {
        /// CSV, TSV, XLSX, XLS, ODS or JSON file
        file: PathBuf,
        /// Source whose mapping is used
        #[arg(long, value_name = "CODE")]
        source: String,
        /// Show what would change and keep nothing
        #[arg(long)]
        dry_run: bool,
        /// Why, for the record
        #[arg(long, value_name = "TEXT")]
        reason: Option<String>,
    },
    /// Boundaries of regions and named points for maps: import a file, list, undo
    Boundaries {
        /// What to do
        #[command(subcommand)]
        action: BoundariesAction,
    },
    /// Verify, export or anchor the audit log
    Audit {
        /// What to do
        #[command(subcommand)]
        action: AuditAction,
    },
    /// Store passwords and keys of agencies' services, sealed in the database
    Secret {
        /// What to do
        #[command(subcommand)]
        action: SecretAction,
    },
    /// Look after accounts from this machine
    Account {
        /// What to do
        #[command(subcommand)]
        action: AccountAction,
    },
    /// Look at the keys of the center, or change the key that seals secrets
    Key {
        /// What to do
        #[command(subcommand)]
        action: KeyAction,
    },
    /// Personal data: take away what is past its time, or what somebody asked to be forgotten
    Privacy {
        /// What to do
        #[command(subcommand)]
        command: PrivacyCommand,
    },
    /// Look at settings, database, sources and disk, and say what is wrong
    Doctor,
    /// Write versions, settings and findings to a file for those who help; no figures, no secrets
    SupportBundle {
        /// The ZIP file to make
        file: PathBuf,
        /// A log file whose last lines are taken along
        #[arg(long, value_name = "FILE")]
        log: Option<PathBuf>,
    },
    /// Print the OpenAPI document of the API
    Openapi,
    /// Print completions for a shell
    Completions {
        /// The shell
        shell: clap_complete::Shell,
    },
    /// Print the manual page
    Man,
}

/// What `boundaries` does.
#[derive(Debug, Clone, Subcommand)]
pub enum BoundariesAction {
    /// Import a GeoJSON or TopoJSON file; what did not match is listed
    Import(BoundariesImport),
    /// List all imports, newest first
    List,
    /// Take the newest import back; the one before is used again
    Undo(SlotArgs),
    /// Use no boundaries of a level, or no layer of points, any more
    Remove(SlotArgs),
}

/// Which boundaries.
#[derive(Debug, Clone, Args)]
#[group(multiple = false)]
pub struct SlotArgs {
    /// Level of the regions [default for an import: found out]
    #[arg(long, value_enum)]
    pub level: Option<Level>,
    /// A layer of named points, such as `puskesmas`
    #[arg(long, value_name = "LAYER")]
    pub points: Option<String>,
}

/// Options of an import of boundaries.
#[derive(Debug, Clone, Args)]
pub struct BoundariesImport {
    /// The file, in longitude and latitude (EPSG:4326)
    pub file: PathBuf,
    /// What it is of
    #[command(flatten)]
    pub slot: SlotArgs,
    /// Layer of a TopoJSON file with several
    #[arg(long, value_name = "LAYER")]
    pub layer: Option<String>,
    /// Property with region codes [default: found out]
    #[arg(long, value_name = "PROPERTY")]
    pub code: Option<String>,
    /// Whose codes [default: found out]
    #[arg(long, value_enum, value_name = "SYSTEM")]
    pub codes: Option<Codes>,
    /// Property with names, when there are no codes
    #[arg(long, value_name = "PROPERTY")]
    pub name: Option<String>,
    /// Property that says in what a named region lies
    #[arg(long, value_name = "PROPERTY")]
    pub parent: Option<String>,
    /// Show what was found and store nothing
    #[arg(long)]
    pub dry_run: bool,
}

/// Whose region codes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Codes {
    /// Ministry of Home Affairs
    Kemendagri,
    /// Statistics Indonesia
    Bps,
}

impl From<Codes> for CodeSystem {
    fn from(codes: Codes) -> CodeSystem {
        match codes {
            Codes::Kemendagri => CodeSystem::Kemendagri,
            Codes::Bps => CodeSystem::Bps,
        }
    }
}

/// What `audit` does.
#[derive(Debug, Clone, Subcommand)]
pub enum AuditAction {
    /// Look for changed, missing and cut-off entries; exit code 1 when there are any
    Verify {
        /// A further file of heads, such as a copy kept by the inspectorate
        #[arg(long, value_name = "FILE")]
        anchor: Vec<PathBuf>,
    },
    /// Write all entries with their hashes as JSON Lines
    Export {
        /// A file that does not exist yet
        file: PathBuf,
    },
    /// Append the signed end of the log to the anchor file and print its number and hash
    Anchor,
}

/// What `secret` does.
#[derive(Debug, Clone, PartialEq, Eq, Subcommand)]
pub enum SecretAction {
    /// Store a secret; its value is read from the terminal, unseen, or from standard input
    Set {
        /// The name that packs use
        name: String,
    },
    /// List the stored secrets, without their values
    List,
    /// Remove a stored secret
    Remove {
        /// The name that packs use
        name: String,
    },
}

/// What `account` does.
#[derive(Debug, Clone, PartialEq, Eq, Subcommand)]
pub enum AccountAction {
    /// Print the link that makes the first account; it works once, for half an hour
    First,
    /// List the accounts
    List {
        /// Form of the output
        #[arg(long, value_enum, default_value_t = Format::Table)]
        format: Format,
    },
    /// Print a link by which the owner of an account chooses a new password; it works once
    Link {
        /// The account's login
        login: String,
        /// Remove the second factor too, for a lost phone
        #[arg(long, requires = "verified")]
        without_code: bool,
        /// How you made sure that it is this person, such as "seen, with ID card": kept in the audit log
        #[arg(long, value_name = "HOW")]
        verified: Option<String>,
    },
    /// Bar an account from signing in and end its sessions
    Disable {
        /// The account's login
        login: String,
    },
    /// Let an account in again
    Enable {
        /// The account's login
        login: String,
    },
    /// Limit an account to sign-in at the provider of identities, or take the limit off
    SsoOnly {
        /// The account's login
        login: String,
        /// Give password, passkeys and links back
        #[arg(long)]
        undo: bool,
    },
}

/// What `key` does.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Subcommand)]
pub enum KeyAction {
    /// Show the fingerprints of the keys and what is sealed under older ones
    Show,
    /// Add a sealing key and seal all stored values anew; a running server follows within seconds
    Rotate,
    /// Drop older sealing keys, when nothing is sealed under them any more
    Prune,
}

/// What to do with personal data.
#[derive(Debug, Subcommand)]
pub enum PrivacyCommand {
    /// Take kept and refused rows that mention a person out of the center; figures stay
    Forget {
        /// A pseudonym (`p-…`), or a value such as a NIK, a telephone number or a full name
        value: String,
        /// Count and take nothing away
        #[arg(long)]
        dry_run: bool,
        /// Why, for the record; do not name the person
        #[arg(long, value_name = "TEXT")]
        reason: Option<String>,
    },
    /// Take away answers and refused rows past their time, as is done each night
    Retain,
    /// Print the pseudonym of a value, to find a person's rows
    Pseudonym {
        /// A value such as a NIK
        value: String,
    },
}

/// Options of the demo.
#[derive(Debug, Args)]
pub struct DemoArgs {
    /// The place pack shown
    pub pack: PathBuf,
    /// Address and port [default: 127.0.0.1:8600]
    #[arg(long, value_name = "ADDRESS")]
    pub listen: Option<SocketAddr>,
    /// First port of the sample services
    #[arg(long, default_value_t = 8700, value_name = "PORT")]
    pub sample_port: u16,
    /// All sample services behave: none is late, changed or wrong
    #[arg(long)]
    pub calm: bool,
    /// Keep what an earlier demo recorded instead of starting anew
    #[arg(long)]
    pub keep: bool,
}

/// Form of the output.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Format {
    /// Aligned columns for a person
    Table,
    /// Comma-separated values
    Csv,
    /// A JSON array of objects
    Json,
}
