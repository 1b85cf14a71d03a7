//! Revenue and budget realisation (BPKAD): the finance application's database, an SQLite file and, when
//! `PENDOPO_SAMPLE_POSTGRES` names a server, PostgreSQL. Cumulative rupiah per agency and month.

use super::World;
use crate::{
    model::{MARK, MONTHS, Month, budget::AGENCIES},
    secrets::BUDGET_PASSWORD,
};
use anyhow::Context;
use std::{fs, path::Path};

/// Environment variable with the address of a PostgreSQL server that may be written to.
pub const POSTGRES_VARIABLE: &str = "PENDOPO_SAMPLE_POSTGRES";
/// The user that a center reads with.
pub const READER: &str = "pendopo_baca";

const TABLE: &str = "create table realisasi_skpd (kode_skpd varchar(32) not null, nama_skpd varchar(100) not null, \
    tahun int not null, bulan int not null, pagu_belanja numeric(18,2) not null, \
    realisasi_belanja numeric(18,2) not null, target_pad numeric(18,2) not null, \
    realisasi_pad numeric(18,2) not null, keterangan varchar(40) not null, \
    constraint realisasi_skpd_pk primary key (kode_skpd, tahun, bulan))";

/// Where the rows go.
pub enum BudgetDatabase {
    /// A file.
    Sqlite(rusqlite::Connection),
    /// A server.
    Postgres(Box<postgres::Client>),
}

impl BudgetDatabase {
    /// Makes the file anew below `files` and fills it.
    pub fn create_sqlite(world: &World, files: &Path) -> anyhow::Result<BudgetDatabase> {
        let folder = files.join("bpkad");
        fs::create_dir_all(&folder).with_context(|| format!("making {}", folder.display()))?;
        let mut database = BudgetDatabase::Sqlite(fresh_sqlite(&folder.join("simda.db"))?);
        database.run(TABLE)?;
        database.write(world, MONTHS)?;
        Ok(database)
    }

    /// Makes the table anew on the server at `address` and a user that may only read it.
    pub fn create_postgres(world: &World, address: &str) -> anyhow::Result<BudgetDatabase> {
        let client = postgres::Client::connect(address, postgres::NoTls)
            .with_context(|| format!("connecting to the server that {POSTGRES_VARIABLE} names"))?;
        let mut database = BudgetDatabase::Postgres(Box::new(client));
        database.run("drop table if exists realisasi_skpd")?;
        database.run(TABLE)?;
        let password = world.secrets.get(BUDGET_PASSWORD).replace('\'', "''");
        database.run(&format!(
            "do $$ begin if not exists (select from pg_roles where rolname = '{READER}') then \
             create role {READER} login; end if; end $$"
        ))?;
        database.run(&format!("alter role {READER} password '{password}'"))?;
        database.run(&format!("grant select on realisasi_skpd to {READER}"))?;
        database.write(world, MONTHS)?;
        Ok(database)
    }

    /// Writes the running month and the one before as they stand now.
    pub fn refresh(&mut self, world: &World) -> anyhow::Result<()> {
        self.write(world, 1)
    }

    /// Writes the running month and `back` months before it, in one transaction.
    fn write(&mut self, world: &World, back: i32) -> anyhow::Result<()> {
        let now = world.now();
        let current = Month::of(world.model.local(now).date());
        self.run("begin")?;
        for month in (current.0 - back..=current.0).map(Month) {
            let rows: Vec<String> = AGENCIES
                .iter()
                .enumerate()
                .map(|(index, agency)| {
                    let of = world.model.realisation(index, month, now);
                    format!(
                        "('{}','{}',{},{},{},{},{},{},'{MARK}')",
                        agency.code,
                        agency.name,
                        month.year(),
                        month.number(),
                        of.spending_budget_idr,
                        of.spent_idr,
                        of.revenue_budget_idr,
                        of.earned_idr,
                    )
                })
                .collect();
            self.run(&format!(
                "insert into realisasi_skpd values {} on conflict (kode_skpd, tahun, bulan) do update set \
                 realisasi_belanja = excluded.realisasi_belanja, realisasi_pad = excluded.realisasi_pad",
                rows.join(",")
            ))?;
        }
        self.run("commit")
    }

    fn run(&mut self, statement: &str) -> anyhow::Result<()> {
        match self {
            BudgetDatabase::Sqlite(connection) => connection.execute_batch(statement)?,
            BudgetDatabase::Postgres(client) => client.batch_execute(statement)?,
        }
        Ok(())
    }
}

/// An empty SQLite file in place of whatever was there: sample data are made anew at each start.
pub(super) fn fresh_sqlite(path: &Path) -> anyhow::Result<rusqlite::Connection> {
    for end in ["", "-journal", "-wal", "-shm"] {
        let mut name = path.as_os_str().to_owned();
        name.push(end);
        match fs::remove_file(&name) {
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
                return Err(error).with_context(|| format!("replacing {}", path.display()));
            }
            _ => {}
        }
    }
    let connection =
        rusqlite::Connection::open(path).with_context(|| format!("making {}", path.display()))?;
    connection.busy_timeout(std::time::Duration::from_secs(10))?;
    // Sample data need not survive a power cut, and a demo should not wear the disk.
    connection.execute_batch("pragma synchronous = off")?;
    Ok(connection)
}
