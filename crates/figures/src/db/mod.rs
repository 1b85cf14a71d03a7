//! One facade over SQLite and PostgreSQL: one SQL text per statement, `$1..$n` placeholders, four
//! types of value. Everything blocks; async callers use a blocking thread.

mod error;
mod migrate;
mod postgres;
mod sqlite;
mod tls;
mod value;

pub use error::DbError;
pub use migrate::Migration;
pub use value::{FromValue, Row, Value, ValueRef};

use self::postgres::{PgConnection, PgStore};
use self::sqlite::SqliteStore;
use std::{
    fmt,
    ops::{Deref, DerefMut},
    path::PathBuf,
    str::FromStr,
    sync::Arc,
};

/// Which engine answers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Engine {
    /// The embedded default: one file.
    Sqlite,
    /// For replicas of one center.
    Postgres,
}

/// Where the database is. Written `sqlite:/folder/file.db`, a bare path, or `postgres://...`; shown
/// without the password.
#[derive(Clone, PartialEq, Eq)]
pub enum DbUrl {
    /// A file, created when it does not exist.
    Sqlite(PathBuf),
    /// A connection URL as libpq reads it, with `sslmode` and `sslrootcert`: TLS unless the server is on
    /// this machine.
    Postgres(String),
}

impl FromStr for DbUrl {
    type Err = DbError;

    fn from_str(text: &str) -> Result<DbUrl, DbError> {
        if text.starts_with("postgres://") || text.starts_with("postgresql://") {
            return Ok(DbUrl::Postgres(text.to_owned()));
        }
        let path = text.strip_prefix("sqlite:").unwrap_or(text);
        let path = path.strip_prefix("//").unwrap_or(path);
        if path.is_empty() || (path.contains("://") && path == text) {
            return Err(DbError::Other(format!(
                "`{text}` is not a database: expected sqlite:/folder/file.db or postgres://..."
            )));
        }
        Ok(DbUrl::Sqlite(PathBuf::from(path)))
    }
}

impl fmt::Display for DbUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            DbUrl::Sqlite(path) => write!(f, "sqlite:{}", path.display()),
            DbUrl::Postgres(url) => match (url.split_once("://"), url.rsplit_once('@')) {
                (Some((scheme, _)), Some((_, place))) => write!(f, "{scheme}://…@{place}"),
                _ => f.write_str(url),
            },
        }
    }
}

impl fmt::Debug for DbUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "DbUrl({self})")
    }
}

/// An open database. Clones share it.
#[derive(Clone)]
pub struct Db {
    store: Arc<Store>,
}

enum Store {
    Sqlite(SqliteStore),
    Postgres(PgStore),
}

impl fmt::Debug for Db {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Db({:?})", self.engine())
    }
}

impl Db {
    /// Opens the database; for SQLite creates the file when there is none. Does not migrate.
    pub fn open(url: &DbUrl) -> Result<Db, DbError> {
        let store = match url {
            DbUrl::Sqlite(path) => Store::Sqlite(SqliteStore::open(path)?),
            DbUrl::Postgres(url) => Store::Postgres(PgStore::open(url)?),
        };
        Ok(Db { store: Arc::new(store) })
    }

    /// A database in memory that vanishes with its last clone: for worked examples.
    pub fn open_in_memory() -> Result<Db, DbError> {
        Ok(Db { store: Arc::new(Store::Sqlite(SqliteStore::open_in_memory()?)) })
    }

    /// Which engine this is.
    pub fn engine(&self) -> Engine {
        match *self.store {
            Store::Sqlite(_) => Engine::Sqlite,
            Store::Postgres(_) => Engine::Postgres,
        }
    }

    /// Runs `f` on one unchanging snapshot.
    pub fn read<T>(&self, f: impl FnOnce(&mut Reader<'_>) -> Result<T, DbError>) -> Result<T, DbError> {
        match &*self.store {
            Store::Sqlite(store) => {
                store.read(|connection| f(&mut Reader { inner: Inner::Sqlite(connection) }))
            }
            Store::Postgres(store) => {
                store.read(|connection| f(&mut Reader { inner: Inner::Postgres(connection) }))
            }
        }
    }

    /// Runs `f` in the one write transaction there is at a time, on either engine and over all
    /// processes: committed on `Ok`, rolled back on `Err` and on a panic.
    pub fn write<T>(&self, f: impl FnOnce(&mut Tx<'_>) -> Result<T, DbError>) -> Result<T, DbError> {
        self.transact(true, f)
    }

    /// Runs `f` in a write transaction and rolls it back whatever comes out: a dry run.
    pub fn rehearse<T>(&self, f: impl FnOnce(&mut Tx<'_>) -> Result<T, DbError>) -> Result<T, DbError> {
        self.transact(false, f)
    }

    fn transact<T>(
        &self,
        keep: bool,
        f: impl FnOnce(&mut Tx<'_>) -> Result<T, DbError>,
    ) -> Result<T, DbError> {
        match &*self.store {
            Store::Sqlite(store) => store
                .write(keep, |connection| f(&mut Tx { reader: Reader { inner: Inner::Sqlite(connection) } })),
            Store::Postgres(store) => store.write(keep, |connection| {
                f(&mut Tx { reader: Reader { inner: Inner::Postgres(connection) } })
            }),
        }
    }

    /// Brings the schema up to date: runs the migrations that the ledger `schema_migration` does not
    /// list, all in one transaction. Refuses a database that is newer than the program.
    pub fn migrate(&self, migrations: &[Migration]) -> Result<(), DbError> {
        self.write(|tx| migrate::migrate(tx, migrations))
    }

    /// For SQLite: moves the write-ahead log into the file and shortens it. For PostgreSQL: nothing.
    pub fn checkpoint(&self) -> Result<(), DbError> {
        match &*self.store {
            Store::Sqlite(store) => store.checkpoint(),
            Store::Postgres(_) => Ok(()),
        }
    }

    /// Bytes the database takes on disk, indexes and log included.
    pub fn size_bytes(&self) -> Result<u64, DbError> {
        match &*self.store {
            Store::Sqlite(store) => store.size_bytes(),
            Store::Postgres(_) => self.read(|r| {
                let bytes: i64 =
                    r.query_one("select pg_database_size(current_database())", &[], |row| row.get(0))?;
                Ok(bytes.unsigned_abs())
            }),
        }
    }

    /// Whether statements of readers of SQL run without the rights of the center's own account. On
    /// PostgreSQL that takes an account that may make a role, or the role `pendopo_reader` made by hand.
    pub fn keeps_readers_apart(&self) -> Result<bool, DbError> {
        match &*self.store {
            Store::Sqlite(_) => Ok(true),
            Store::Postgres(store) => store.has_reader_role(),
        }
    }

    pub(crate) fn sqlite(&self) -> Option<&SqliteStore> {
        match &*self.store {
            Store::Sqlite(store) => Some(store),
            Store::Postgres(_) => None,
        }
    }

    pub(crate) fn postgres(&self) -> Option<&PgStore> {
        match &*self.store {
            Store::Sqlite(_) => None,
            Store::Postgres(store) => Some(store),
        }
    }
}

/// A snapshot to read from.
pub struct Reader<'a> {
    inner: Inner<'a>,
}

enum Inner<'a> {
    Sqlite(&'a rusqlite::Connection),
    Postgres(&'a mut PgConnection),
}

impl Reader<'_> {
    /// Which engine answers.
    pub fn engine(&self) -> Engine {
        match self.inner {
            Inner::Sqlite(_) => Engine::Sqlite,
            Inner::Postgres(_) => Engine::Postgres,
        }
    }

    /// Calls `each` on every row, without holding them all.
    pub fn for_each(
        &mut self,
        sql: &str,
        params: &[Value],
        mut each: impl FnMut(&Row<'_>) -> Result<(), DbError>,
    ) -> Result<(), DbError> {
        match &mut self.inner {
            Inner::Sqlite(connection) => sqlite::for_each(connection, sql, params, &mut each),
            Inner::Postgres(connection) => connection.for_each(sql, params, &mut each),
        }
    }

    /// All rows, each through `map`.
    pub fn query<T>(
        &mut self,
        sql: &str,
        params: &[Value],
        mut map: impl FnMut(&Row<'_>) -> Result<T, DbError>,
    ) -> Result<Vec<T>, DbError> {
        let mut rows = Vec::new();
        self.for_each(sql, params, |row| {
            rows.push(map(row)?);
            Ok(())
        })?;
        Ok(rows)
    }

    /// The first row, if any.
    pub fn query_opt<T>(
        &mut self,
        sql: &str,
        params: &[Value],
        mut map: impl FnMut(&Row<'_>) -> Result<T, DbError>,
    ) -> Result<Option<T>, DbError> {
        let mut first = None;
        self.for_each(sql, params, |row| {
            if first.is_none() {
                first = Some(map(row)?);
            }
            Ok(())
        })?;
        Ok(first)
    }

    /// The one row there must be.
    pub fn query_one<T>(
        &mut self,
        sql: &str,
        params: &[Value],
        map: impl FnMut(&Row<'_>) -> Result<T, DbError>,
    ) -> Result<T, DbError> {
        self.query_opt(sql, params, map)?
            .ok_or_else(|| DbError::Other(format!("no row came back from: {sql}")))
    }
}

/// The write transaction. Also reads, and sees its own writes.
pub struct Tx<'a> {
    reader: Reader<'a>,
}

impl<'a> Deref for Tx<'a> {
    type Target = Reader<'a>;

    fn deref(&self) -> &Reader<'a> {
        &self.reader
    }
}

impl DerefMut for Tx<'_> {
    fn deref_mut(&mut self) -> &mut Self::Target {
        &mut self.reader
    }
}

impl Tx<'_> {
    /// Runs a statement; gives the number of rows it touched.
    pub fn execute(&mut self, sql: &str, params: &[Value]) -> Result<u64, DbError> {
        match &mut self.reader.inner {
            Inner::Sqlite(connection) => sqlite::execute(connection, sql, params),
            Inner::Postgres(connection) => connection.execute(sql, params),
        }
    }

    /// Runs a script of several statements without parameters.
    pub fn execute_script(&mut self, sql: &str) -> Result<(), DbError> {
        match &mut self.reader.inner {
            Inner::Sqlite(connection) => Ok(connection.execute_batch(sql)?),
            Inner::Postgres(connection) => connection.execute_script(sql),
        }
    }

    /// Inserts many rows fast (prepared inserts on SQLite, binary `copy` on PostgreSQL); gives their
    /// number. On SQLite, rows sorted by the table's key are several times faster than others.
    pub fn bulk_insert<const N: usize>(
        &mut self,
        table: &str,
        columns: [&str; N],
        rows: impl IntoIterator<Item = [Value; N]>,
    ) -> Result<u64, DbError> {
        match &mut self.reader.inner {
            Inner::Sqlite(connection) => sqlite::insert_all(connection, table, columns, "", rows),
            Inner::Postgres(connection) => connection.bulk_insert(table, columns, rows),
        }
    }

    /// As [`Tx::bulk_insert`], but a row whose first `keys` columns (the table's key) exist replaces the
    /// other columns.
    pub fn bulk_upsert<const N: usize>(
        &mut self,
        table: &str,
        keys: usize,
        columns: [&str; N],
        rows: impl IntoIterator<Item = [Value; N]>,
    ) -> Result<u64, DbError> {
        let conflict = on_conflict(keys, &columns);
        match &mut self.reader.inner {
            Inner::Sqlite(connection) => sqlite::insert_all(connection, table, columns, &conflict, rows),
            Inner::Postgres(connection) => connection.bulk_upsert(table, columns, &conflict, rows),
        }
    }
}

fn on_conflict(keys: usize, columns: &[&str]) -> String {
    let (keys, others) = columns.split_at(keys);
    let sets: Vec<String> = others.iter().map(|c| format!("{c} = excluded.{c}")).collect();
    format!("on conflict ({}) do update set {}", keys.join(", "), sets.join(", "))
}

/// Rows of a query whose shape only its author knows.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Table {
    /// Names of the columns.
    pub columns: Vec<String>,
    /// The rows, as wide as `columns`.
    pub rows: Vec<Vec<Value>>,
}

/// The public views, as readers of SQL name them.
pub(crate) const PUBLIC_VIEWS: [&str; 7] =
    ["region", "indicator", "observation", "revision", "latest", "run", "refused_row"];

impl Tx<'_> {
    /// Runs a `select` written in a definition: its table names mean the public views.
    pub(crate) fn query_public(&mut self, sql: &str) -> Result<Table, DbError> {
        match &mut self.reader.inner {
            Inner::Sqlite(connection) => sqlite::query_public(connection, sql),
            Inner::Postgres(connection) => connection.query_public(sql),
        }
    }
}
