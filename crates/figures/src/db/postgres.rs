//! The engine for replicas of one center. Writers queue on one advisory lock, so that both engines keep
//! the same promise: one write transaction at a time.

use super::{DbError, Row, Table, Value, tls::Place, value::RowInner};
use ::postgres::{
    Client, Statement,
    binary_copy::BinaryCopyInWriter,
    fallible_iterator::FallibleIterator,
    types::{ToSql, Type},
};
use std::{collections::HashMap, sync::OnceLock, time::Duration};

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
    /// Whether the role for readers of SQL is there, once that is known.
    reader_role: OnceLock<bool>,
}

/// Makes the role for readers of SQL, which can read the schema `api` and nothing else. Each step may be
/// refused to an account of few rights; the last line says whether it worked in all.
const READER_ROLE: &str = "
do $$ begin
    if not exists (select from pg_roles where rolname = 'pendopo_reader') then
        create role pendopo_reader nologin noinherit;
    end if;
    if not pg_has_role(current_user, 'pendopo_reader', 'member') then
        execute format('grant pendopo_reader to %I', current_user);
    end if;
    grant usage on schema api to pendopo_reader;
    grant select on all tables in schema api to pendopo_reader;
exception when others then
    raise notice 'no role for readers: %', sqlerrm;
end $$";
const HAS_READER_ROLE: &str = "select exists (select from pg_roles where rolname = 'pendopo_reader')
    and coalesce((select bool_and(has_table_privilege('pendopo_reader', c.oid, 'select')) from pg_class c
        join pg_namespace n on n.oid = c.relnamespace where n.nspname = 'api' and c.relkind = 'v'), false)";

struct Connect(Place);

impl r2d2::ManageConnection for Connect {
    type Connection = PgConnection;
    type Error = ::postgres::Error;

    fn connect(&self) -> Result<PgConnection, ::postgres::Error> {
        Ok(PgConnection { client: self.0.connect()?, statements: HashMap::new() })
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
        let place = Place::of(url)?;
        // Once by hand, so that a wrong password is said in the server's words and not as a timeout.
        drop(place.connect().map_err(|error| place.explain(error))?);
        let pool = r2d2::Pool::builder()
            .max_size(CONNECTIONS)
            .min_idle(Some(1))
            .connection_timeout(CONNECTION_TIMEOUT)
            .build(Connect(place))
            .map_err(|e| DbError::Other(e.to_string()))?;
        Ok(PgStore { pool, reader_role: OnceLock::new() })
    }

    /// Whether statements of readers can run as a role of their own; makes it at the first call.
    pub(crate) fn has_reader_role(&self) -> Result<bool, DbError> {
        if let Some(known) = self.reader_role.get() {
            return Ok(*known);
        }
        let mut pooled = self.connection()?;
        let client = &mut pooled.client;
        // Other databases of the same server make the same role; whoever comes second finds it.
        client.batch_execute(READER_ROLE)?;
        let mut found = client.query_one(HAS_READER_ROLE, &[])?.get(0);
        if found {
            found = client.batch_execute("begin; set local role pendopo_reader; rollback").is_ok();
            if !found {
                client.batch_execute("rollback")?;
            }
        }
        Ok(*self.reader_role.get_or_init(|| found))
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
        let mut open = Open { connection: &mut pooled, armed: true };
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
        let params: Vec<&(dyn ToSql + Sync)> = params.iter().map(|p| p as &(dyn ToSql + Sync)).collect();
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
        let sink = self.client.copy_in(&format!("copy {table} ({columns}) from stdin binary"))?;
        let mut writer = BinaryCopyInWriter::new(sink, &types);
        for row in rows {
            writer.write_raw(row.iter())?;
        }
        Ok(writer.finish()?)
    }

    /// Copies into a temporary twin of the table, then merges in one statement.
    pub(super) fn bulk_upsert<const N: usize>(
        &mut self,
        table: &str,
        columns: [&str; N],
        conflict: &str,
        rows: impl IntoIterator<Item = [Value; N]>,
    ) -> Result<u64, DbError> {
        let twin = format!("incoming_{table}");
        let joined = columns.join(", ");
        self.client.batch_execute(&format!(
            "create temporary table if not exists {twin} (like {table} including defaults) on commit delete rows; truncate {twin}"
        ))?;
        self.bulk_insert(&twin, columns, rows)?;
        let merge = format!("insert into {table} ({joined}) select {joined} from {twin} {conflict}");
        self.execute(&merge, &[])
    }

    /// Runs a `select` written in a definition: its table names mean the public views, and it can only read.
    pub(super) fn query_public(&mut self, sql: &str) -> Result<Table, DbError> {
        self.client.batch_execute("set local search_path = api")?;
        let answer = self.table(sql, usize::MAX, usize::MAX);
        if answer.is_ok() {
            // After an error the transaction is lost anyway, and the setting with it.
            self.client.batch_execute("set local search_path = public")?;
        }
        answer
    }

    /// Any query, with its columns, up to `max_rows` rows or `max_bytes` and one more row that shows that
    /// there are more.
    pub(crate) fn table(&mut self, sql: &str, max_rows: usize, max_bytes: usize) -> Result<Table, DbError> {
        // A cursor takes a `select` (or `values`) and nothing else, so that nothing else can run; and the
        // server makes only the rows that are fetched.
        let sql = sql.trim().trim_end_matches(';');
        self.client.execute(&format!("declare reader no scroll cursor for {sql}"), &[])?;
        let fetched = match max_rows {
            usize::MAX => "fetch all from reader".to_owned(),
            limit => format!("fetch forward {} from reader", limit.saturating_add(1)),
        };
        let statement = self.client.prepare(&fetched)?;
        let columns = statement.columns().iter().map(|c| c.name().to_owned()).collect();
        let mut table = Table { columns, rows: Vec::new() };
        let no_params: [Value; 0] = [];
        let mut bytes = 0;
        let mut rows = self.client.query_raw(&statement, no_params.iter())?;
        while let Some(row) = rows.next()? {
            let row = Row(RowInner::Postgres(&row));
            let cells = (0..table.columns.len()).map(|at| row.get(at));
            let cells: Vec<Value> = cells.collect::<Result<_, _>>()?;
            bytes += cells.iter().map(Value::weight).sum::<usize>();
            table.rows.push(cells);
            if bytes > max_bytes {
                break;
            }
        }
        drop(rows);
        self.client.batch_execute("close reader")?;
        Ok(table)
    }
}
