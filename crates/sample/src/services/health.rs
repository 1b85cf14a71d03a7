//! Stunting (Dinkes): the database of a PHP application, in SQLite and, where a server can be started,
//! in MariaDB. Tables are as such applications have them: latin1, flags as `tinyint(1)`, days that are
//! `0000-00-00`, names kept as UTF-8 bytes in latin1 columns. The agency offers a view, which it
//! recreates when the application is updated; that is how a column gets another name.

use super::World;
use crate::{
    mishaps::Service,
    model::{MARK, Model, Month, health::ChildHealth},
};
use anyhow::Context;
use jiff::Timestamp;
use mysql::prelude::Queryable;
use std::{fs, path::Path};

/// The database's name on the server.
pub const DATABASE: &str = "egizi";
/// The user that a center reads with.
pub const READER: &str = "pendopo_baca";

/// A row of `balita_ukur`.
struct Row {
    id: i64,
    village: usize,
    month: Month,
    figures: ChildHealth,
}

/// Where the rows go. Both engines are given the same statements but for types and dates.
pub enum HealthDatabase {
    /// A file.
    Sqlite(rusqlite::Connection),
    /// A server.
    Mysql(Box<mysql::Conn>),
}

impl HealthDatabase {
    /// Makes the file anew below `files` and fills it.
    pub fn create_sqlite(world: &World, files: &Path) -> anyhow::Result<HealthDatabase> {
        let folder = files.join("dinkes");
        fs::create_dir_all(&folder).with_context(|| format!("making {}", folder.display()))?;
        let path = folder.join("egizi.db");
        let connection = super::budget::fresh_sqlite(&path)?;
        let mut database = HealthDatabase::Sqlite(connection);
        database.fill(world)?;
        Ok(database)
    }

    /// Fills an empty database on a server.
    pub fn create_mysql(world: &World, connection: mysql::Conn) -> anyhow::Result<HealthDatabase> {
        let mut database = HealthDatabase::Mysql(Box::new(connection));
        // What old applications run with: without it `0000-00-00` cannot be written. And they talk
        // latin1 to the server while sending UTF-8, which stores every non-ASCII letter twice encoded.
        database.run("set session sql_mode = ''")?;
        database.run("set names latin1")?;
        database.fill(world)?;
        Ok(database)
    }

    /// Writes the corrections that have come in, and the view as it is now.
    pub fn refresh(&mut self, world: &World) -> anyhow::Result<()> {
        let now = world.now();
        let last = world.model.last_closed(now);
        let rows = rows(&world.model, &[last], now);
        self.write(&world.model, &rows, now)?;
        self.make_view(world.mishaps.renamed(now) == Some(Service::Health))
    }

    fn fill(&mut self, world: &World) -> anyhow::Result<()> {
        let (model, now) = (&world.model, world.now());
        self.make_tables()?;
        let mut places = Vec::new();
        for (index, district) in (1i64..).zip(&model.districts) {
            places.push(format!(
                "insert into puskesmas values ({index}, '{}', '{}', 1)",
                quoted(&format!("Puskesmas {} – {MARK}", district.name)),
                district.code.undotted(),
            ));
        }
        for (index, village) in (1i64..).zip(&model.villages) {
            places.push(format!(
                "insert into desa values ({index}, '{}', '{}', {}, 1)",
                village.code.undotted(),
                quoted(&village.name),
                village.district + 1,
            ));
        }
        self.run("begin")?;
        for statement in places {
            self.run(&statement)?;
        }
        self.run("commit")?;
        let months: Vec<Month> = model.closed_months(now).collect();
        let rows = rows(model, &months, now);
        self.write(model, &rows, now)?;
        self.make_view(world.mishaps.renamed(now) == Some(Service::Health))
    }

    fn make_tables(&mut self) -> anyhow::Result<()> {
        let end = match self {
            HealthDatabase::Sqlite(_) => "",
            HealthDatabase::Mysql(_) => " engine=InnoDB default charset=latin1",
        };
        for table in [
            "create table puskesmas (id_puskesmas int not null primary key, nama varchar(80) not null, \
             kode_kec char(6) not null, aktif tinyint(1) not null default 1)",
            "create table desa (id_desa int not null primary key, kode_desa char(10) not null, \
             nama_desa varchar(60) not null, id_puskesmas int not null, aktif tinyint(1) not null default 1)",
            "create table balita_ukur (id int not null primary key, id_desa int not null, tahun smallint not null, \
             bulan tinyint not null, tgl_lapor date not null default '0000-00-00', jml_sasaran int not null, \
             jml_diukur int not null, stunting int not null, wasting int not null, \
             valid tinyint(1) not null default 0, keterangan varchar(60) not null default '', \
             updated_at datetime not null)",
            "create index balita_ukur_periode on balita_ukur (tahun, bulan)",
        ] {
            let end = if table.starts_with("create table") { end } else { "" };
            self.run(&format!("{table}{end}"))?;
        }
        Ok(())
    }

    /// The agency's view; the column of measured children is `jml_balita`, or `jumlah_balita` after an
    /// update of the application.
    fn make_view(&mut self, renamed: bool) -> anyhow::Result<()> {
        let measured = if renamed { "jumlah_balita" } else { "jml_balita" };
        let view = format!(
            "create view v_rekap_balita as select d.kode_desa, d.nama_desa, p.nama as nama_puskesmas, b.tahun, \
             b.bulan, b.tgl_lapor, b.jml_sasaran, b.jml_diukur as {measured}, b.stunting, b.wasting, b.valid, \
             b.keterangan, b.updated_at from balita_ukur b join desa d on d.id_desa = b.id_desa \
             join puskesmas p on p.id_puskesmas = d.id_puskesmas where b.valid = 1"
        );
        // Readers must not meet a moment without the view: SQLite changes it in one transaction, the
        // server replaces it.
        match self {
            HealthDatabase::Sqlite(_) => {
                self.run("begin immediate")?;
                self.run("drop view if exists v_rekap_balita")?;
                self.run(&view)?;
                self.run("commit")
            }
            HealthDatabase::Mysql(_) => self.run(&view.replacen("create view", "create or replace view", 1)),
        }
    }

    /// Writes rows by their identifier, in one transaction. A row that has not changed keeps its
    /// `updated_at`.
    fn write(&mut self, model: &Model, rows: &[Row], now: Timestamp) -> anyhow::Result<()> {
        let stamp = model.local(now).strftime("%Y-%m-%d %H:%M:%S").to_string();
        self.run("begin")?;
        for chunk in rows.chunks(200) {
            let values: Vec<String> = chunk.iter().map(|row| values(row, &stamp)).collect();
            let insert = format!("insert into balita_ukur values {}", values.join(","));
            let update = match self {
                HealthDatabase::Sqlite(_) => {
                    " on conflict (id) do update set jml_diukur = excluded.jml_diukur, \
                     stunting = excluded.stunting, wasting = excluded.wasting, updated_at = excluded.updated_at \
                     where jml_diukur <> excluded.jml_diukur or stunting <> excluded.stunting \
                     or wasting <> excluded.wasting"
                }
                // Assignments run from left to right, so the stamp is compared before the figures change.
                HealthDatabase::Mysql(_) => {
                    " on duplicate key update updated_at = if(jml_diukur <> values(jml_diukur) or \
                     stunting <> values(stunting) or wasting <> values(wasting), values(updated_at), updated_at), \
                     jml_diukur = values(jml_diukur), stunting = values(stunting), wasting = values(wasting)"
                }
            };
            self.run(&(insert + update))?;
        }
        self.run("commit")
    }

    fn run(&mut self, statement: &str) -> anyhow::Result<()> {
        match self {
            HealthDatabase::Sqlite(connection) => connection.execute_batch(statement)?,
            HealthDatabase::Mysql(connection) => connection.query_drop(statement)?,
        }
        Ok(())
    }
}

/// The rows of these months, of the desa that have reported.
fn rows(model: &Model, months: &[Month], now: Timestamp) -> Vec<Row> {
    let places = || model.villages.iter().enumerate();
    months
        .iter()
        .flat_map(|month| places().map(move |(index, village)| (*month, index, village)))
        .filter(|(month, _, village)| model.has_reported(village, *month, now))
        .map(|(month, index, village)| Row {
            id: i64::from(month.0 % 1200) * 1000 + index as i64,
            village: index + 1,
            month,
            figures: model.child_health(village, month, now),
        })
        .collect()
}

fn values(row: &Row, stamp: &str) -> String {
    // Some clerks never fill the day in.
    let day = if row.village % 9 == 4 { "0000-00-00".to_owned() } else { row.month.last_day().to_string() };
    let of = row.figures;
    format!(
        "({},{},{},{},'{day}',{},{},{},{},1,'{}','{stamp}')",
        row.id,
        row.village,
        row.month.year(),
        row.month.number(),
        of.known,
        of.measured,
        of.stunted,
        of.wasted,
        quoted(&format!("{MARK} – e-gizi")),
    )
}

/// Text for a literal. Only names of the official list and our own words come here.
fn quoted(text: &str) -> String {
    text.replace('\'', "''")
}
