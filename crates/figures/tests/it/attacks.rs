//! Statements of those who want more than the views: families of them, on both engines. None writes, none
//! opens a file, none sees what is not in the views, none runs much longer than it may, none fills the memory.

use crate::harness::{Store, row};
use pendopo_figures::{DbError, DbUrl, Engine, QueryLimits, QueryResult, Value, query_views};
use pendopo_vocab::Scope;
use std::{
    fmt::Write,
    path::Path,
    time::{Duration, Instant},
};

/// Stands in a table that no view shows and in a file beside the database.
const SECRET: &str = "RAHASIA-4f1d9c";
const LIMIT: Duration = Duration::from_millis(250);
const MOST_OVER: Duration = Duration::from_secs(2);
const MOST_MEMORY_MIB: u64 = 64;

/// What wraps an expression: each attack is tried in every place where an expression can stand.
const PLACES: [&str; 16] = [
    "select {}",
    "select ({})",
    "select code from region where {} is not null",
    "select code from region order by {}",
    "select code from region group by code having count({}) > 0",
    "select * from (select {} as x) q",
    "with x as (select {} as y) select y from x",
    "select (select {})",
    "select case when 1 = 1 then {} end",
    "select coalesce(null, {})",
    "select count(*) filter (where {} is null) from region",
    "select code from region limit (select length(cast({} as text)))",
    "values ({})",
    "select 1 union all select {}",
    "select max({}) over () from region",
    "select r.code from region r join indicator i on {} is not null",
];

/// Expressions that read files, run programs, wait, change settings, look at the catalogue or grow.
const EXPRESSIONS: [&str; 76] = [
    "load_extension('/tmp/x.so')",
    "LOAD_EXTENSION('x', 'y')",
    "readfile('{file}')",
    "writefile('{file}.new', 'x')",
    "edit('x')",
    "fts3_tokenizer('x')",
    "fts5('x')",
    "rtreenode(2, x'00')",
    "rtreecheck('x')",
    "rtreedepth(x'00')",
    "randomblob(1000000000)",
    "zeroblob(2000000000)",
    "sqlite_version()",
    "sqlite_source_id()",
    "sqlite_compileoption_get(1)",
    "sqlite_offset(1)",
    "changes()",
    "total_changes()",
    "last_insert_rowid()",
    "soundex('x')",
    "unistr('x')",
    "json_group_array(1)",
    "json('[]')",
    "eval('select 1')",
    "sha3_query('select 1')",
    "shell_add_schema('x')",
    "dbstat('x')",
    "likely(1)",
    "geopoly_blob('x')",
    "pg_read_file('{file}')",
    "pg_read_file('/etc/passwd', 0, 100)",
    "pg_read_binary_file('{file}')",
    "pg_ls_dir('/')",
    "pg_ls_logdir()",
    "pg_stat_file('/etc/passwd')",
    "lo_import('{file}')",
    "lo_import('{file}', 4711)",
    "lo_export(1, '{file}.new')",
    "lo_create(0)",
    "lo_from_bytea(0, 'x')",
    "lo_unlink(1)",
    "lo_get(1)",
    "pg_sleep(10)",
    "pg_sleep_for('10 s')",
    "pg_catalog.pg_sleep(10)",
    "\"pg_sleep\"(10)",
    "U&\"pg\\005fsleep\"(10)",
    "set_config('role', 'none', true)",
    "set_config('statement_timeout', '0', false)",
    "current_setting('data_directory')",
    "query_to_xml('delete from region', true, true, '')",
    "query_to_xml('select * from private', true, true, '')",
    "table_to_xml('public.private', true, true, '')",
    "database_to_xml(true, true, '')",
    "schema_to_xml('public', true, true, '')",
    "cursor_to_xml('reader', 1, true, true, '')",
    "ts_stat('select 1')",
    "dblink('host=127.0.0.1', 'select 1')",
    "dblink_connect('host=127.0.0.1')",
    "pg_terminate_backend(pg_backend_pid())",
    "pg_cancel_backend(1)",
    "pg_reload_conf()",
    "pg_rotate_logfile()",
    "pg_advisory_lock(1)",
    "pg_advisory_xact_lock(31521)",
    "pg_notify('x', 'y')",
    "nextval('x')",
    "setval('private_id_seq', 1)",
    "pg_switch_wal()",
    "pg_create_restore_point('x')",
    "inet_server_addr()",
    "current_user",
    "version()",
    "repeat('x', 1000000000)",
    "lpad('x', 1000000000)",
    "has_table_privilege('private', 'select')",
];

/// Tables and table functions that no reader may see.
const TABLES: [&str; 62] = [
    "private",
    "public.private",
    "main.private",
    "temp.private",
    "\"private\"",
    "[private]",
    "`private`",
    "main.region",
    "public.region",
    "api.region r, private",
    "answer",
    "main.answer",
    "source",
    "main.source",
    "schema_migration",
    "agency",
    "breakdown",
    "sqlite_master",
    "sqlite_schema",
    "main.sqlite_master",
    "temp.sqlite_temp_master",
    "sqlite_temp_schema",
    "sqlite_sequence",
    "sqlite_stat1",
    "pragma_table_info('private')",
    "pragma_table_list",
    "pragma_database_list",
    "pragma_function_list",
    "pragma_compile_options",
    "pragma_module_list",
    "pragma_writable_schema(1)",
    "pragma_journal_mode('delete')",
    "pragma_user_version",
    "json_each('[1]')",
    "json_tree('{}')",
    "generate_series(1, 9)",
    "fsdir('/')",
    "zipfile('{file}')",
    "csv('{file}')",
    "completion('x')",
    "sqlite_dbpage",
    "dbstat",
    "bytecode('select 1')",
    "tables_used('select 1')",
    "fts5vocab('x')",
    "pg_class",
    "pg_catalog.pg_class",
    "pg_shadow",
    "pg_authid",
    "pg_user",
    "pg_settings",
    "pg_file_settings",
    "pg_hba_file_rules",
    "pg_stat_activity",
    "pg_largeobject",
    "information_schema.tables",
    "information_schema.columns",
    "pg_ls_dir('/')",
    "pg_read_file('{file}')",
    "unnest(array[1,2])",
    "dblink('host=x', 'select 1') as t(x int)",
    "xmltable('/x' passing '<x/>' columns y text)",
];

const TABLE_PLACES: [&str; 12] = [
    "select * from {}",
    "select count(*) from {}",
    "select * from region, {}",
    "select * from region join {} on true",
    "select * from region left join {} on 1 = 1",
    "select * from region where exists (select 1 from {})",
    "select * from region where code in (select 'x' from {})",
    "select (select count(*) from {})",
    "with x as (select * from {}) select * from x",
    "select 1 union all select count(*) from {}",
    "select * from (select * from {}) q",
    "select * from {}, (with private as (select 1 as a), pg_shadow as (select 1 as a) select private.a from private, pg_shadow) q",
];

/// Whole statements.
const STATEMENTS: [&str; 88] = [
    "attach database '{file}.new' as x",
    "attach ':memory:' as x",
    "ATTACH '' AS x",
    "detach main",
    "pragma journal_mode = delete",
    "pragma query_only = 0",
    "pragma writable_schema = 1",
    "pragma table_info(private)",
    "pragma temp_store_directory = '/tmp'",
    "pragma main.user_version = 7",
    "pragma key = 'x'",
    "vacuum",
    "vacuum into '{file}.new'",
    "reindex",
    "analyze",
    "insert into region (code) values ('x')",
    "insert into private values ('x')",
    "insert or replace into main.region (code) values ('x')",
    "replace into region (code) values ('x')",
    "update region set name = 'x'",
    "update main.region set name = 'x' returning name",
    "update private set secret = 'x'",
    "delete from region",
    "delete from private returning secret",
    "delete from main.region where 1 = 1",
    "drop table private",
    "drop view region",
    "drop view if exists temp.region",
    "drop index x",
    "drop trigger x",
    "alter table region rename to x",
    "alter table private add column x",
    "create table x (y bigint)",
    "create temp table x (y)",
    "create temporary table x as select 1",
    "create view x as select 1",
    "create temp view private as select 1",
    "create index x on region (name)",
    "create trigger x after insert on region begin select 1; end",
    "create temp trigger x after insert on region begin delete from region; end",
    "create virtual table x using fts5(y)",
    "create virtual table temp.x using rtree(a, b, c)",
    "create virtual table x using csv(filename = '{file}')",
    "create table x as select * from private",
    "explain select * from private",
    "explain query plan select * from private",
    "explain analyze delete from region",
    "begin",
    "begin exclusive",
    "commit",
    "end",
    "rollback",
    "savepoint x",
    "release x",
    "copy region to '{file}.new'",
    "copy (select 1) to '{file}.new'",
    "copy (select 1) to program 'touch {file}.new'",
    "copy private from '{file}'",
    "copy private from program 'id'",
    "do $$ begin delete from region; end $$",
    "do language plpgsql $x$ begin perform pg_sleep(10); end $x$",
    "create function x() returns int language sql as 'select 1'",
    "create or replace procedure x() language sql as 'delete from region'",
    "call x()",
    "execute x",
    "prepare x as select 1",
    "deallocate all",
    "declare x cursor for select 1",
    "fetch all from reader",
    "close reader",
    "move all in reader",
    "listen x",
    "notify x",
    "lock table region",
    "set role none",
    "set session authorization pendopo",
    "reset role",
    "reset all",
    "set local statement_timeout = 0",
    "set search_path = public",
    "show data_directory",
    "discard all",
    "truncate region",
    "grant all on private to public",
    "create role x superuser",
    "create extension dblink",
    "load '/tmp/x.so'",
    "alter system set fsync = off",
];

/// How a statement is dressed.
const DRESSES: [&str; 8] = [
    "{}",
    "{};",
    "/* x */ {} -- y",
    "select 1; {}",
    "{}; select 1",
    "select 1 /* '; */ ; {} --",
    "explain {}",
    "with x as ({}) select * from x",
];

/// Work without end, and values without end.
fn bombs() -> Vec<String> {
    let mut all = vec![
        "with recursive n(x) as (select 1 union all select x + 1 from n) select count(*) from n".to_owned(),
        "with recursive n(x) as (select 1 union select x + 1 from n) select max(x) from n".to_owned(),
        "with recursive t(s) as (select 'x' union all select s || s from t) select max(length(s)) from t".to_owned(),
        "with recursive a as (select 1 x), b as (select * from a union all select x from b) select * from b".to_owned(),
        "select count(*) from region a, region b, region c, region d, region e, region f, region g, region h".to_owned(),
        "select sum(a.level * b.level) from region a, region b, region c, region d, region e, region f, region g".to_owned(),
        "select a.code from region a, region b, region c, region d, region e, region f order by random()".to_owned(),
        "select group_concat(a.name || b.name) from region a, region b, region c, region d, region e, region f".to_owned(),
        "select string_agg(a.name, b.name) from region a, region b, region c, region d, region e, region f".to_owned(),
        "select array_agg(a) from region a, region b, region c, region d, region e, region f".to_owned(),
        "select xmlagg(xmlelement(name x, a.code)) from region a, region b, region c, region d, region e".to_owned(),
        "select json_agg(a) from region a, region b, region c, region d, region e, region f".to_owned(),
        "select printf('%1000000000d', 1)".to_owned(),
        "select printf('%.*c', 1000000000, 'x')".to_owned(),
        "select format('%1000000000s', 'x')".to_owned(),
        "select hex(zeroblob(1000000000))".to_owned(),
        "select replace(printf('%4000000d', 1), ' ', printf('%4000d', 1))".to_owned(),
        "select quote(printf('%3999999d', 1)) from region a, region b".to_owned(),
        "select length(printf('%4000000d', 1) || a.code) from region a, region b, region c, region d".to_owned(),
        "select 'aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa!' ~ '^(a+)+$'".to_owned(),
        "select 'aaaaaaaaaaaaaaaaaaaaaaaaaaaa' ~ '(a?){30}a{30}'".to_owned(),
        "select count(*) from region where name like '%a%b%c%d%e%f%g%h%i%j%k%l%m%n%o%p%' or name glob '*a*b*c*d*e*f*g*h*'".to_owned(),
        "select power(cast(9 as numeric), 100000)".to_owned(),
        "select cast(10 as numeric) ^ 100000".to_owned(),
        "select cast('x' as char(100000000))".to_owned(),
        "select rpad('x', 1000000000, 'y')".to_owned(),
        "select concat(a, a) from (select repeat('x', 500000000) a) q".to_owned(),
    ];
    // Calls that cost the square of their arguments' length, alone and for many rows.
    for size in [30_000, 60_000, 250_000, 2_000_000, 4_000_000] {
        let long = format!("printf('%0{size}d', 0)");
        for call in [
            format!("replace({long}, printf('%0{}d', 1), 'x')", size / 2),
            format!("instr({long}, printf('%0{}d', 1))", size / 2),
            format!("trim({long}, printf('%0{}d', 1))", size / 2),
            format!("{long} like '%' || printf('%0{}d', 1)", size / 2),
            format!("{long} like '%0%0%0%0%0%0%0%1'"),
            format!("{long} glob '*0*0*0*0*0*0*0*1'"),
            format!("hex({long} || {long})"),
        ] {
            all.push(format!("select length({call})"));
            all.push(format!("select count({call}) from region a, region b, region c, region d"));
            all.push(format!(
                "select sum(length({call} || a.code)) from region a, region b, region c, region d"
            ));
        }
    }
    for depth in [17, 24, 30, 38] {
        let mut text = "select 'x' as s".to_owned();
        for _ in 0..depth {
            text = format!("select s || s as s from ({text}) q");
        }
        all.push(format!("select length(s) from ({text}) q"));
        all.push(text);
    }
    for depth in [10, 20, 30, 60] {
        let mut text = "select level as s from region".to_owned();
        let (mut sums, mut joins) = ("with x0 as (select level as s from region)".to_owned(), String::new());
        for n in 1..depth {
            text = format!("select s + s as s from ({text}) q");
            let _ = write!(sums, ", x{n} as (select s * s + s as s from x{})", n - 1);
            let _ = write!(joins, ", y{n} as (select p.s from y{0} p, y{0} q)", n - 1);
        }
        let last = depth - 1;
        all.push(text);
        all.push(format!("{sums} select max(s) from x{last}"));
        all.push(format!("with y0 as (select level as s from region){joins} select max(s) from y{last}"));
        all.push(format!(
            "with y0 as (select level as s from region){joins} select 1 where exists (select 1 from y{last})"
        ));
    }
    for depth in [50, 500, 5000] {
        all.push(format!("select {}1{}", "(".repeat(depth), ")".repeat(depth)));
        all.push(format!("select {}1", "- ".repeat(depth)));
        all.push(format!("select 1{}", " union all select 1".repeat(depth)));
        all.push(format!("select 1 where 1 in ({}1)", "1, ".repeat(depth)));
        all.push(format!("select * from region {}", "cross join region ".repeat(depth)));
        all.push(format!("select {}", "case when 1 = 1 then ".repeat(depth)));
    }
    all
}

fn attacks(file: &Path) -> Vec<String> {
    let file = file.display().to_string();
    let mut all = Vec::new();
    for place in PLACES {
        all.extend(EXPRESSIONS.map(|expression| place.replace("{}", expression)));
    }
    for place in TABLE_PLACES {
        all.extend(TABLES.map(|table| place.replace("{}", table)));
    }
    for dress in DRESSES {
        all.extend(STATEMENTS.map(|statement| dress.replace("{}", statement)));
    }
    all.extend(bombs());
    all.into_iter().map(|sql| sql.replace("{file}", &file)).collect()
}

/// Every table's rows and every object there is, as text.
fn state(store: &Store) -> String {
    let (objects, tables) = match store.db.engine() {
        Engine::Sqlite => (
            "select type || ' ' || name || ' ' || coalesce(sql, '') from sqlite_master order by 1",
            "select name from sqlite_master where type = 'table' order by 1",
        ),
        Engine::Postgres => (
            "select n.nspname || '.' || c.relname || ' ' || c.relkind::text || ' ' || coalesce(c.relacl::text, '') from pg_class c join pg_namespace n \
             on n.oid = c.relnamespace where n.nspname not like 'pg_%' \
             union all select 'role ' || rolname from pg_roles where rolname not like 'pg_%' and rolname not like 'pendopo%' \
             union all select 'large ' || oid::text from pg_largeobject_metadata union all select 'proc ' || proname from pg_proc p \
             join pg_namespace n on n.oid = p.pronamespace where n.nspname in ('public', 'api') order by 1",
            "select tablename::text from pg_tables where schemaname = 'public' order by 1",
        ),
    };
    store
        .db
        .read(|reader| {
            let mut text = reader.query(objects, &[], |row| row.get::<String>(0))?.join("\n");
            for table in reader.query(tables, &[], |row| row.get::<String>(0))? {
                let mut rows = Vec::new();
                let count: i64 =
                    reader.query_one(&format!("select count(*) from {table}"), &[], |row| row.get(0))?;
                if table == "region" {
                    rows = reader.query("select code || name from region order by 1", &[], |row| {
                        row.get::<String>(0)
                    })?;
                }
                let _ = write!(text, "\n{table} {count} {rows:?}");
            }
            Ok(text)
        })
        .unwrap()
}

fn peak_mib() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).unwrap();
    line.trim().trim_end_matches(" kB").trim().parse::<u64>().unwrap() / 1024
}

fn leaks(result: &QueryResult) -> bool {
    result.rows.iter().flatten().any(|cell| match cell {
        Value::Text(text) => text.contains(SECRET),
        Value::Blob(bytes) => bytes.windows(SECRET.len()).any(|part| part == SECRET.as_bytes()),
        _ => false,
    })
}

fn withstand(store: &Store) {
    let folder = tempfile::tempdir().unwrap();
    // The account of a database server may read and write here.
    let everybody: std::fs::Permissions = std::os::unix::fs::PermissionsExt::from_mode(0o777);
    std::fs::set_permissions(folder.path(), everybody).unwrap();
    let file = folder.path().join("rahasia.txt");
    std::fs::write(&file, SECRET).unwrap();
    let indicator = store.indicator("a");
    store.run(1_767_225_600_000, vec![row(indicator, "33.16.01.2001", "2026-01", 3.0)]);
    store
        .db
        .write(|tx| {
            tx.execute("create table private (secret text)", &[])?;
            tx.execute("insert into private (secret) values ($1)", &[SECRET.into()])
        })
        .unwrap();
    let limits = QueryLimits { timeout: LIMIT, max_rows: 1000, max_bytes: 4 << 20 };
    // Whatever is made once is made before the count begins.
    query_views(&store.db, &Scope::everything(), "select 1", limits).unwrap();
    let files = || {
        let beside = |path: &Path| {
            let mut names: Vec<_> =
                std::fs::read_dir(path).unwrap().map(|entry| entry.unwrap().file_name()).collect();
            names.sort();
            names
        };
        let own = match &store.url {
            DbUrl::Sqlite(path) => beside(path.parent().unwrap()),
            DbUrl::Postgres(_) => Vec::new(),
        };
        (beside(folder.path()), own, std::fs::read_to_string(&file).unwrap())
    };
    let (state_before, files_before, memory_before) = (state(store), files(), peak_mib());
    let all = attacks(&file);
    let (mut refused, mut answered, mut slowest) = (0, 0, Duration::ZERO);

    for sql in &all {
        let started = Instant::now();
        let result = query_views(&store.db, &Scope::everything(), sql, limits);
        let took = started.elapsed();
        let shown: String = sql.chars().take(200).collect();
        assert!(took <= LIMIT + MOST_OVER, "{took:?}: {shown}");
        slowest = slowest.max(took);
        match result {
            Ok(result) => {
                assert!(!leaks(&result), "a secret came out: {shown}");
                answered += 1;
            }
            Err(DbError::Query(message)) => {
                assert!(!message.contains(SECRET), "{shown}: {message}");
                refused += 1;
            }
            Err(other) => panic!("{shown}: not refused but failed: {other}"),
        }
    }
    assert_eq!(state(store), state_before, "something was written");
    assert_eq!(files(), files_before, "a file was touched");
    let memory = peak_mib() - memory_before;
    assert!(memory <= MOST_MEMORY_MIB, "{memory} MiB");
    assert!(all.len() >= 2000, "{} statements", all.len());
    // The one connection of the center still does its work.
    assert_eq!(
        query_views(&store.db, &Scope::everything(), "select count(*) from region", limits).unwrap().rows,
        [[Value::Int(18)]]
    );
    eprintln!(
        "counted: SQL on {:?}: {} attacks, {refused} refused, {answered} answered without harm, slowest {} ms, {memory} MiB more",
        store.db.engine(),
        all.len(),
        slowest.as_millis()
    );
}

#[test]
fn no_statement_leaves_the_views_on_sqlite() {
    withstand(&crate::harness::sqlite());
}

#[test]
fn no_statement_leaves_the_views_on_postgres() {
    withstand(&crate::harness::postgres());
}

#[test]
fn on_postgres_the_role_of_readers_can_read_the_views_and_nothing_else() {
    let store = crate::harness::postgres();
    query_views(&store.db, &Scope::everything(), "select code from region", QueryLimits::default()).unwrap();
    let try_as_reader = |sql: &str| {
        let script = format!("set local role pendopo_reader; {sql}");
        store.db.write(|tx| tx.execute_script(&script))
    };
    try_as_reader("select * from api.region").unwrap();
    for sql in [
        "select * from public.region",
        "select * from public.answer",
        "select * from public.source",
        "delete from api.region",
        "update public.region set name = 'x'",
        "create table public.x (y int)",
        "create table api.x (y int)",
        "select pg_read_file('/etc/passwd')",
        "copy (select 1) to program 'true'",
        "select lo_import('/etc/passwd')",
        "create role x",
    ] {
        assert!(try_as_reader(sql).is_err(), "{sql}");
    }
}
