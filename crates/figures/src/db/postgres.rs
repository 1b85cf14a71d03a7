//! The engine for replicas of one center. Writers queue on one advisory lock, so that both engines keep
//! the same promise: one write transaction at a time.

use super::{DbError, Row, Value, value::RowInner};
use ::postgres::{
    Client, NoTls, Statement,
    binary_copy::BinaryCopyInWriter,
    fallible_iterator::FallibleIterator,
    types::{ToSql, Type},
};
use std::{collections::HashMap, time::Duration};

/// Connections at once: readers and one writer.
const CONNECTIONS: u32 = 6;
/// How long a caller waits for a free connection.
const CONNECTION_TIMEOUT: Duration = Duration::from_secs(30);
/// Statements kept prepared per connection; beyond that the cache starts anew.
const STATEMENTS: usize = 256;
/// The key of the advisory lock on which writers queue: "pendopo" in ASCII, truncated.
const WRITER_LOCK: i64 = 0x70_65_6e_64_6f_70_6f;

pub(crate) struct PgStore {
    pool: r2d2::Pool<Connect>,
}

struct Connect {
    config: ::postgres::Config,
}

impl r2d2::ManageConnection for Connect {
    type Connection = PgConnection;
    type Error = ::postgres::Error;

    fn connect(&self) -> Result<PgConnection, ::postgres::Error> {
        Ok(PgConnection {
            client: self.config.connect(NoTls)?,
            statements: HashMap::new(),
        })
    }

    fn is_valid(&self, connection: &mut PgConnection) -> Result<(), ::postgres::Error> {
        connection.client.is_valid(Duration::from_secs(5))
    }

    fn has_broken(&self, connection: &mut PgConnection) -> bool {
        connection.client.is_closed()
    }
}

impl PgStore {
    pub(super) fn open(url: &str) -> Result<PgStore, DbError> {
        let mut config: ::postgres::Config = url.parse()?;
        config.application_name("pendopo");
        // Once by hand, so that a wrong password is said in the server's words and not as a timeout.
        drop(config.connect(NoTls)?);
        let pool = r2d2::Pool::builder()
            .max_size(CONNECTIONS)
            .min_idle(Some(1))
            .connection_timeout(CONNECTION_TIMEOUT)
            .build(Connect { config })
            .map_err(|e| DbError::Other(e.to_string()))?;
        Ok(PgStore { pool })
    }

    fn connection(&self) -> Result<r2d2::PooledConnection<Connect>, DbError> {
        self.pool.get().map_err(|e| DbError::Busy(e.to_string()))
    }

    pub(super) fn read<T>(
        &self,
        f: impl FnOnce(&mut PgConnection) -> Result<T, DbError>,
    ) -> Result<T, DbError> {
        let begin = "begin isolation level repeatable read read only";
        self.in_transaction(begin, false, f)
    }

    pub(super) fn write<T>(
        &self,
        keep: bool,
        f: impl FnOnce(&mut PgConnection) -> Result<T, DbError>,
    ) -> Result<T, DbError> {
        let begin = format!("begin; select pg_advisory_xact_lock({WRITER_LOCK})");
        self.in_transaction(&begin, keep, f)
    }

    /// Runs `f` between `begin` and commit or rollback.
    pub(crate) fn in_transaction<T>(
        &self,
        begin: &str,
        keep: bool,
        f: impl FnOnce(&mut PgConnection) -> Result<T, DbError>,
    ) -> Result<T, DbError> {
        let mut pooled = self.connection()?;
        let mut open = Open {
            connection: &mut pooled,
            armed: true,
        };
        open.connection.client.batch_execute(begin)?;
        let value = f(open.connection)?;
        if keep {
            open.connection.client.batch_execute("commit")?;
            open.armed = false;
        }
        Ok(value)
    }
}

/// Rolls back unless disarmed: covers errors and panics alike.
struct Open<'a> {
    connection: &'a mut PgConnection,
    armed: bool,
}

impl Drop for Open<'_> {
    fn drop(&mut self) {
        if self.armed {
            let _rolled_back = self.connection.client.batch_execute("rollback");
        }
    }
}

/// A connection and its prepared statements.
pub(crate) struct PgConnection {
    client: Client,
    statements: HashMap<String, Statement>,
}

impl PgConnection {
    fn prepare(&mut self, sql: &str) -> Result<Statement, DbError> {
        if let Some(statement) = self.statements.get(sql) {
            return Ok(statement.clone());
        }
        let statement = self.client.prepare(sql)?;
        if self.statements.len() >= STATEMENTS {
            self.statements.clear();
        }
        self.statements.insert(sql.to_owned(), statement.clone());
        Ok(statement)
    }

    pub(super) fn for_each(
        &mut self,
        sql: &str,
        params: &[Value],
        each: &mut dyn FnMut(&Row<'_>) -> Result<(), DbError>,
    ) -> Result<(), DbError> {
        let statement = self.prepare(sql)?;
        let mut rows = self.client.query_raw(&statement, params)?;
        while let Some(row) = rows.next()? {
            each(&Row(RowInner::Postgres(&row)))?;
        }
        Ok(())
    }

    pub(super) fn execute(&mut self, sql: &str, params: &[Value]) -> Result<u64, DbError> {
        let statement = self.prepare(sql)?;
        let params: Vec<&(dyn ToSql + Sync)> =
            params.iter().map(|p| p as &(dyn ToSql + Sync)).collect();
        Ok(self.client.execute(&statement, &params)?)
    }

    pub(crate) fn execute_script(&mut self, sql: &str) -> Result<(), DbError> {
        Ok(self.client.batch_execute(sql)?)
    }

    pub(super) fn bulk_insert<const N: usize>(
        &mut self,
        table: &str,
        columns: [&str; N],
        rows: impl IntoIterator<Item = [Value; N]>,
    ) -> Result<u64, DbError> {
        let columns = columns.join(", ");
        let shape = self.prepare(&format!("select {columns} from {table}"))?;
        let types: Vec<Type> = shape.columns().iter().map(|c| c.type_().clone()).collect();
        let sink = self
            .client
            .copy_in(&format!("copy {table} ({columns}) from stdin binary"))?;
        let mut writer = BinaryCopyInWriter::new(sink, &types);
        for row in rows {
            writer.write_raw(row.iter())?;
        }
        Ok(writer.finish()?)
    }

    /// A query of a reader: column names first, then rows until `each` says enough.
    pub(crate) fn describe(&mut self, sql: &str) -> Result<Vec<String>, DbError> {
        let statement = self.client.prepare(sql)?;
        Ok(statement
            .columns()
            .iter()
            .map(|column| column.name().to_owned())
            .collect())
    }
}
