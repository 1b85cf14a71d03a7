//! The embedded engine: one file, one writer, a few readers, write-ahead log, synchronous=FULL.

use super::{DbError, PUBLIC_VIEWS, Row, Table, Value, value::RowInner};
use rusqlite::{CachedStatement, Connection, OpenFlags, config::DbConfig};
use std::{
    borrow::Cow,
    path::{Path, PathBuf},
    sync::{Condvar, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

/// How long one process waits for another's write: longer than the largest import's transaction.
const BUSY_TIMEOUT: Duration = Duration::from_secs(30);
/// Readers at once; a third reader of a regency's board waits some milliseconds for a free one.
const READERS: usize = 4;
/// Page cache of a reader, KiB. Small, so that an idle center stays small; the operating system caches
/// the file anyway.
const READER_CACHE_KIB: i64 = 8 * 1024;
/// Page cache of the writer, KiB: inner pages of the large tables and the roll-ups under work.
const WRITER_CACHE_KIB: i64 = 24 * 1024;
/// The log is cut back to this after a large import.
const WAL_LIMIT_BYTES: i64 = 64 * 1024 * 1024;

pub(crate) struct SqliteStore {
    /// `None` for a database in memory.
    path: Option<PathBuf>,
    writer: Mutex<Connection>,
    idle_readers: Mutex<Vec<Connection>>,
    open_readers: Mutex<usize>,
    reader_freed: Condvar,
}

impl SqliteStore {
    pub(super) fn open(path: &Path) -> Result<SqliteStore, DbError> {
        let writer = Connection::open(path)?;
        configure(&writer, WRITER_CACHE_KIB)?;
        // Eight KiB pages: fewer levels and fewer reads for the wide ranges that boards read.
        writer.pragma_update(None, "page_size", 8192)?;
        let mode: String = writer.pragma_update_and_check(None, "journal_mode", "wal", |row| row.get(0))?;
        if mode != "wal" {
            return Err(DbError::Other(format!(
                "{} does not support SQLite's write-ahead log (journal mode stayed `{mode}`); keep the data \
                 folder on a local file system",
                path.display()
            )));
        }
        writer.pragma_update(None, "synchronous", "full")?;
        writer.pragma_update(None, "journal_size_limit", WAL_LIMIT_BYTES)?;
        Ok(SqliteStore::with(Some(path.to_owned()), writer))
    }

    pub(super) fn open_in_memory() -> Result<SqliteStore, DbError> {
        let writer = Connection::open_in_memory()?;
        configure(&writer, WRITER_CACHE_KIB)?;
        Ok(SqliteStore::with(None, writer))
    }

    fn with(path: Option<PathBuf>, writer: Connection) -> SqliteStore {
        SqliteStore {
            path,
            writer: Mutex::new(writer),
            idle_readers: Mutex::new(Vec::new()),
            open_readers: Mutex::new(0),
            reader_freed: Condvar::new(),
        }
    }

    /// A connection that cannot write, for readers that bring their own SQL. Not pooled: it gets an
    /// authorizer that is not taken off again. `None` for a database in memory.
    pub(crate) fn open_read_only(&self) -> Result<Option<Connection>, DbError> {
        self.path.as_deref().map(open_reader).transpose()
    }

    pub(super) fn read<T>(&self, f: impl FnOnce(&Connection) -> Result<T, DbError>) -> Result<T, DbError> {
        let Some(path) = &self.path else {
            let writer = lock(&self.writer);
            return in_transaction(&writer, "begin", false, f);
        };
        let pooled = Pooled { store: self, connection: Some(self.take_reader(path)?) };
        match &pooled.connection {
            Some(connection) => in_transaction(connection, "begin", false, f),
            None => Err(DbError::Other("no reader".to_owned())),
        }
    }

    fn take_reader(&self, path: &Path) -> Result<Connection, DbError> {
        let mut idle = lock(&self.idle_readers);
        loop {
            if let Some(connection) = idle.pop() {
                return Ok(connection);
            }
            let mut open = lock(&self.open_readers);
            if *open < READERS {
                *open += 1;
                drop(open);
                drop(idle);
                return open_reader(path).inspect_err(|_| *lock(&self.open_readers) -= 1);
            }
            drop(open);
            idle = self.reader_freed.wait(idle).unwrap_or_else(PoisonError::into_inner);
        }
    }

    pub(super) fn write<T>(
        &self,
        keep: bool,
        f: impl FnOnce(&Connection) -> Result<T, DbError>,
    ) -> Result<T, DbError> {
        let writer = lock(&self.writer);
        in_transaction(&writer, "begin immediate", keep, f)
    }

    pub(super) fn checkpoint(&self) -> Result<(), DbError> {
        let writer = lock(&self.writer);
        writer.query_row("pragma wal_checkpoint(truncate)", [], |_| Ok(()))?;
        Ok(())
    }

    pub(super) fn size_bytes(&self) -> Result<u64, DbError> {
        let Some(path) = &self.path else {
            return Ok(0);
        };
        let file = |suffix: &str| {
            let mut name = path.as_os_str().to_owned();
            name.push(suffix);
            std::fs::metadata(name).map_or(0, |meta| meta.len())
        };
        Ok(file("") + file("-wal"))
    }
}

/// A reader that goes back to the pool, also when the caller panics.
struct Pooled<'a> {
    store: &'a SqliteStore,
    connection: Option<Connection>,
}

impl Drop for Pooled<'_> {
    fn drop(&mut self) {
        if let Some(connection) = self.connection.take() {
            lock(&self.store.idle_readers).push(connection);
            self.store.reader_freed.notify_one();
        }
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    // A panic under the lock rolled its transaction back (see `Rollback`): the value is sound.
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

fn open_reader(path: &Path) -> Result<Connection, DbError> {
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let reader = Connection::open_with_flags(path, flags)?;
    configure(&reader, READER_CACHE_KIB)?;
    Ok(reader)
}

fn configure(connection: &Connection, cache_kib: i64) -> Result<(), DbError> {
    connection.busy_timeout(BUSY_TIMEOUT)?;
    connection.pragma_update(None, "foreign_keys", true)?;
    connection.pragma_update(None, "cache_size", -cache_kib)?;
    connection.pragma_update(None, "trusted_schema", false)?;
    // One plan for a statement, whatever is bound. Otherwise SQLite prepares many statements anew each time a
    // parameter changes: a quarter of the work of a board.
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_QPSG, true)?;
    connection.set_prepared_statement_cache_capacity(128);
    Ok(())
}

/// Rolls back unless disarmed: covers errors and panics alike.
struct Rollback<'a> {
    connection: &'a Connection,
    armed: bool,
}

impl Drop for Rollback<'_> {
    fn drop(&mut self) {
        // SQLite has rolled back by itself after a full disk; then there is nothing to do.
        if self.armed && !self.connection.is_autocommit() {
            let _rolled_back = self.connection.execute_batch("rollback");
        }
    }
}

fn in_transaction<T>(
    connection: &Connection,
    begin: &str,
    keep: bool,
    f: impl FnOnce(&Connection) -> Result<T, DbError>,
) -> Result<T, DbError> {
    connection.prepare_cached(begin)?.execute([])?;
    let mut rollback = Rollback { connection, armed: true };
    let value = f(connection)?;
    if keep {
        connection.prepare_cached("commit")?.execute([])?;
        rollback.armed = false;
    }
    Ok(value)
}

/// `$1` is a *name* to SQLite, numbered by first appearance; `?1` is a number.
pub(super) fn placeholders(sql: &str) -> Cow<'_, str> {
    if sql.contains('$') { Cow::Owned(sql.replace('$', "?")) } else { Cow::Borrowed(sql) }
}

fn prepare<'c>(
    connection: &'c Connection,
    sql: &str,
    params: &[Value],
) -> Result<CachedStatement<'c>, DbError> {
    let mut statement = connection.prepare_cached(&placeholders(sql))?;
    bind(&mut statement, params)?;
    Ok(statement)
}

fn bind(statement: &mut CachedStatement<'_>, params: &[Value]) -> Result<(), DbError> {
    for (index, value) in params.iter().enumerate() {
        statement.raw_bind_parameter(index + 1, value)?;
    }
    Ok(())
}

pub(super) fn for_each(
    connection: &Connection,
    sql: &str,
    params: &[Value],
    each: &mut dyn FnMut(&Row<'_>) -> Result<(), DbError>,
) -> Result<(), DbError> {
    let mut statement = prepare(connection, sql, params)?;
    let mut rows = statement.raw_query();
    while let Some(row) = rows.next()? {
        each(&Row(RowInner::Sqlite(row)))?;
    }
    Ok(())
}

pub(super) fn execute(connection: &Connection, sql: &str, params: &[Value]) -> Result<u64, DbError> {
    let mut statement = prepare(connection, sql, params)?;
    Ok(statement.raw_execute()? as u64)
}

pub(super) fn insert_all<const N: usize>(
    connection: &Connection,
    table: &str,
    columns: [&str; N],
    conflict: &str,
    rows: impl IntoIterator<Item = [Value; N]>,
) -> Result<u64, DbError> {
    let marks: Vec<String> = (1..=N).map(|n| format!("?{n}")).collect();
    let sql =
        format!("insert into {table} ({}) values ({}) {conflict}", columns.join(", "), marks.join(", "));
    let mut statement = connection.prepare_cached(&sql)?;
    let mut count = 0;
    for row in rows {
        bind(&mut statement, &row)?;
        statement.raw_execute()?;
        count += 1;
    }
    Ok(count)
}

/// Makes the public views reachable by their names while `f` runs. They shadow the tables of the same
/// name, for this connection only.
pub(crate) fn with_public_views<T>(
    connection: &Connection,
    f: impl FnOnce() -> Result<T, DbError>,
) -> Result<T, DbError> {
    for view in PUBLIC_VIEWS {
        connection.execute_batch(&format!("create temp view {view} as select * from main.api_{view}"))?;
    }
    let answer = f();
    for view in PUBLIC_VIEWS {
        connection.execute_batch(&format!("drop view temp.{view}"))?;
    }
    answer
}

pub(super) fn query_public(connection: &Connection, sql: &str) -> Result<Table, DbError> {
    with_public_views(connection, || {
        let mut statement = connection.prepare(sql)?;
        if !statement.readonly() || statement.column_count() == 0 {
            return Err(DbError::Query("only a `select` is allowed".to_owned()));
        }
        let columns: Vec<String> = statement.column_names().map(str::to_owned).collect();
        let mut table = Table { columns, rows: Vec::new() };
        let mut rows = statement.raw_query();
        while let Some(row) = rows.next()? {
            let row = Row(RowInner::Sqlite(row));
            table.rows.push((0..table.columns.len()).map(|at| row.get(at)).collect::<Result<_, _>>()?);
        }
        Ok(table)
    })
}
