//! Which `select` a reader may send to PostgreSQL: what SQLite's authorizer allows there, told from the parsed
//! statement here. What is sent is written anew from what was understood, so a text that this parser and the
//! server would read differently never reaches the server.
//!
//! Everything is closed but what is listed: views, functions, kinds of expressions, types.

use crate::db::PUBLIC_VIEWS;
use sqlparser::{
    ast::{
        BinaryOperator, Expr, Function, FunctionArguments, Ident, ObjectName, ObjectNamePart, Query, Select,
        SetExpr, Statement, TableAlias, TableFactor, Value, ValueWithSpan, Visit, VisitMut, Visitor,
        VisitorMut,
    },
    dialect::{Dialect, PostgreSqlDialect, SQLiteDialect},
    parser::Parser,
};
use std::{
    collections::{BTreeSet, HashMap},
    ops::ControlFlow,
};

/// Longest statement, bytes.
const LONGEST: usize = 64 * 1024;
/// Deepest nesting.
const DEEPEST: usize = 40;
/// Texts joined in one statement: each join of a text with itself doubles it.
const MOST_JOINS: usize = 16;

/// Functions that neither reach outside nor build large values.
const FUNCTIONS: [&str; 68] = [
    "abs",
    "avg",
    "bool_and",
    "bool_or",
    "btrim",
    "ceil",
    "ceiling",
    "char_length",
    "coalesce",
    "corr",
    "count",
    "cume_dist",
    "date_part",
    "date_trunc",
    "dense_rank",
    "every",
    "exp",
    "first_value",
    "floor",
    "greatest",
    "initcap",
    "lag",
    "last_value",
    "lead",
    "least",
    "left",
    "length",
    "ln",
    "log",
    "lower",
    "ltrim",
    "max",
    "min",
    "mod",
    "mode",
    "nth_value",
    "ntile",
    "nullif",
    "percent_rank",
    "percentile_cont",
    "percentile_disc",
    "pow",
    "power",
    "rank",
    "right",
    "round",
    "row_number",
    "rtrim",
    "sign",
    "split_part",
    "sqrt",
    "stddev",
    "stddev_pop",
    "stddev_samp",
    "strpos",
    "substr",
    "substring",
    "sum",
    "to_char",
    "to_date",
    "to_number",
    "to_timestamp",
    "trim",
    "trunc",
    "upper",
    "var_pop",
    "var_samp",
    "variance",
];

/// Types that a value may be turned into.
const TYPES: [&str; 24] = [
    "bigint",
    "bool",
    "boolean",
    "date",
    "decimal",
    "double",
    "double precision",
    "float",
    "float4",
    "float8",
    "int",
    "int2",
    "int4",
    "int8",
    "integer",
    "interval",
    "numeric",
    "real",
    "smallint",
    "text",
    "time",
    "timestamp",
    "timestamp without time zone",
    "varchar",
];

/// Gives the statement to send. Its tables are the views, of `schema` where one is given, and the queries
/// named in it.
///
/// # Errors
/// What is not allowed, in words.
pub(crate) fn allow(sql: &str, schema: Option<&'static str>) -> Result<String, String> {
    let mut query = parse(&PostgreSqlDialect {}, sql)?;
    let mut named = Named(BTreeSet::new());
    let _ = VisitMut::visit(&mut *query, &mut named);
    let mut gate = Gate { named: named.0, schema, joins: 0 };
    match VisitMut::visit(&mut *query, &mut gate) {
        ControlFlow::Break(what) => Err(format!("{what} is not allowed")),
        ControlFlow::Continue(()) => Ok(query.to_string()),
    }
}

/// Refuses a `select` for SQLite whose preparation alone would take for ever. What it may read is the
/// authorizer's business.
///
/// # Errors
/// What is wrong, in words.
pub(crate) fn refuse_explosive(sql: &str) -> Result<(), String> {
    parse(&SQLiteDialect {}, sql).map(|_| ())
}

/// The one query in the text, if it is not too much.
fn parse(dialect: &dyn Dialect, sql: &str) -> Result<Box<Query>, String> {
    if sql.len() > LONGEST {
        return Err(format!("the statement is longer than {LONGEST} bytes"));
    }
    let statements = Parser::new(dialect)
        .with_recursion_limit(DEEPEST)
        .try_with_sql(sql)
        .and_then(|mut parser| parser.parse_statements())
        .map_err(|error| error.to_string())?;
    let count = statements.len();
    match <[Statement; 1]>::try_from(statements) {
        Ok([Statement::Query(query)]) => match query.visit(&mut Scales::default()) {
            ControlFlow::Break(()) => Err("the statement builds too much upon itself".to_owned()),
            ControlFlow::Continue(()) => Ok(query),
        },
        Ok(_) => Err("only a `select` is allowed".to_owned()),
        Err(_) => Err(format!("{count} statements; exactly one `select` is allowed")),
    }
}

/// Heaviest statement. Engines put an inner expression in wherever an outer query names its column: thirty
/// queries of `s + s`, each upon the one before, are a thousand million additions before the first row. A weight of
/// this much takes well below a second.
const HEAVIEST: u64 = 200_000;

/// An upper bound of what an engine makes of a statement.
#[derive(Default)]
struct Scales {
    open: Vec<Pan>,
    /// Queries named in the statement: where they stand, and what they weigh once that is known.
    named_at: HashMap<usize, String>,
    weights: HashMap<String, u64>,
}

/// One query on the scales.
#[derive(Default)]
struct Pan {
    /// Its columns' names and the weights of what it reads from.
    weight: u64,
    /// How often it names each column.
    names: HashMap<String, u64>,
}

impl Scales {
    fn add(&mut self, weight: u64) {
        if let Some(pan) = self.open.last_mut() {
            pan.weight = pan.weight.saturating_add(weight);
        }
    }
}

impl Visitor for Scales {
    type Break = ();

    fn pre_visit_query(&mut self, query: &Query) -> ControlFlow<()> {
        for cte in query.with.iter().flat_map(|with| &with.cte_tables) {
            self.named_at.insert(std::ptr::from_ref::<Query>(&cte.query).addr(), folded(&cte.alias.name));
        }
        self.open.push(Pan::default());
        ControlFlow::Continue(())
    }

    fn pre_visit_relation(&mut self, name: &ObjectName) -> ControlFlow<()> {
        let known = match name.0.as_slice() {
            [ObjectNamePart::Identifier(only)] => self.weights.get(&folded(only)).copied(),
            _ => None,
        };
        self.add(known.unwrap_or(1));
        ControlFlow::Continue(())
    }

    fn pre_visit_expr(&mut self, expr: &Expr) -> ControlFlow<()> {
        let name = match expr {
            Expr::Identifier(name) => Some(name),
            Expr::CompoundIdentifier(names) => names.last(),
            _ => None,
        };
        if let (Some(name), Some(pan)) = (name, self.open.last_mut()) {
            *pan.names.entry(name.value.to_lowercase()).or_default() += 1;
            pan.weight = pan.weight.saturating_add(1);
        }
        ControlFlow::Continue(())
    }

    fn post_visit_query(&mut self, query: &Query) -> ControlFlow<()> {
        let Some(pan) = self.open.pop() else { return ControlFlow::Continue(()) };
        let most_named = pan.names.values().copied().max().unwrap_or(1);
        let weight = pan.weight.saturating_add(1).saturating_mul(most_named);
        match self.named_at.get(&std::ptr::from_ref::<Query>(query).addr()) {
            Some(name) => {
                let heaviest = self.weights.entry(name.clone()).or_default();
                *heaviest = weight.max(*heaviest);
            }
            None => self.add(weight),
        }
        if weight > HEAVIEST { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
    }
}

/// How a name counts: as written within quotes, in small letters else.
fn folded(name: &Ident) -> String {
    if name.quote_style.is_some() { name.value.clone() } else { name.value.to_lowercase() }
}

/// The name under which a query named in the statement is sent. No table or view has such a name, so a query
/// named like a catalogue table never opens that table elsewhere in the statement.
fn renamed(name: &str) -> Ident {
    Ident::with_quote('"', format!("named query {name}"))
}

/// Collects the names of queries (`with x as …`).
struct Named(BTreeSet<String>);

impl VisitorMut for Named {
    type Break = ();

    fn pre_visit_query(&mut self, query: &mut Query) -> ControlFlow<()> {
        for cte in query.with.iter_mut().flat_map(|with| &mut with.cte_tables) {
            self.0.insert(folded(&cte.alias.name));
        }
        ControlFlow::Continue(())
    }
}

struct Gate {
    schema: Option<&'static str>,
    named: BTreeSet<String>,
    joins: usize,
}

type Verdict = ControlFlow<String>;

const FINE: Verdict = ControlFlow::Continue(());

fn refuse(what: impl Into<String>) -> Verdict {
    ControlFlow::Break(what.into())
}

impl VisitorMut for Gate {
    type Break = String;

    fn pre_visit_statement(&mut self, _: &mut Statement) -> Verdict {
        refuse("a statement within a statement")
    }

    fn pre_visit_query(&mut self, query: &mut Query) -> Verdict {
        let plain = query.locks.is_empty()
            && query.for_clause.is_none()
            && query.settings.is_none()
            && query.format_clause.is_none()
            && query.pipe_operators.is_empty();
        if !plain {
            return refuse("a `select` with locks or settings");
        }
        if let Some(with) = &mut query.with {
            if with.recursive {
                return refuse("`with recursive`");
            }
            for cte in &mut with.cte_tables {
                cte.alias.name = renamed(&folded(&cte.alias.name));
            }
        }
        match &*query.body {
            SetExpr::Select(_) | SetExpr::Query(_) | SetExpr::SetOperation { .. } | SetExpr::Values(_) => {
                FINE
            }
            _ => refuse("anything but `select`"),
        }
    }

    fn pre_visit_select(&mut self, select: &mut Select) -> Verdict {
        let plain = select.into.is_none()
            && select.top.is_none()
            && select.exclude.is_none()
            && select.optimizer_hints.is_empty()
            && select.lateral_views.is_empty()
            && select.connect_by.is_empty()
            && select.value_table_mode.is_none()
            && select.select_modifiers.is_none();
        if plain { FINE } else { refuse("`select into` and the like") }
    }

    fn pre_visit_table_factor(&mut self, table: &mut TableFactor) -> Verdict {
        match table {
            TableFactor::Derived { sample: None, .. } | TableFactor::NestedJoin { .. } => FINE,
            TableFactor::Table {
                name,
                alias,
                args: None,
                with_hints,
                version: None,
                with_ordinality: false,
                partitions,
                json_path: None,
                sample: None,
                index_directives,
                inheritance: None,
            } if with_hints.is_empty() && partitions.is_empty() && index_directives.is_empty() => {
                let [ObjectNamePart::Identifier(only)] = name.0.as_slice() else {
                    return refuse(format!("`{name}`"));
                };
                let shown = folded(only);
                let target = if self.named.contains(&shown) {
                    vec![renamed(&shown)]
                } else if PUBLIC_VIEWS.contains(&shown.as_str()) {
                    let view = Ident::with_quote('"', &*shown);
                    self.schema.map(Ident::new).into_iter().chain([view]).collect()
                } else {
                    return refuse(format!(
                        "`{shown}`, which is none of the views {},",
                        PUBLIC_VIEWS.join(", ")
                    ));
                };
                if alias.is_none() {
                    let name = Ident::with_quote('"', shown);
                    *alias = Some(TableAlias { explicit: true, name, columns: Vec::new(), at: None });
                }
                *name = ObjectName::from(target);
                FINE
            }
            other => refuse(format!("`{other}` as a table")),
        }
    }

    fn pre_visit_expr(&mut self, expr: &mut Expr) -> Verdict {
        match expr {
            Expr::Identifier(_)
            | Expr::CompoundIdentifier(_)
            | Expr::IsFalse(_)
            | Expr::IsNotFalse(_)
            | Expr::IsTrue(_)
            | Expr::IsNotTrue(_)
            | Expr::IsNull(_)
            | Expr::IsNotNull(_)
            | Expr::IsUnknown(_)
            | Expr::IsNotUnknown(_)
            | Expr::IsDistinctFrom(..)
            | Expr::IsNotDistinctFrom(..)
            | Expr::In { .. }
            | Expr::Between { .. }
            | Expr::Like { .. }
            | Expr::ILike { .. }
            | Expr::UnaryOp { .. }
            | Expr::AtTimeZone { .. }
            | Expr::Extract { .. }
            | Expr::Ceil { .. }
            | Expr::Floor { .. }
            | Expr::Position { .. }
            | Expr::Substring { .. }
            | Expr::Trim { .. }
            | Expr::Nested(_)
            | Expr::Value(_)
            | Expr::Case { .. }
            | Expr::Exists { .. }
            | Expr::Subquery(_)
            | Expr::GroupingSets(_)
            | Expr::Cube(_)
            | Expr::Rollup(_)
            | Expr::Tuple(_)
            | Expr::Interval(_) => FINE,
            Expr::BinaryOp { op, .. } => self.operator(op),
            Expr::Cast { data_type, format: None, .. } => a_type(&data_type.to_string()),
            Expr::TypedString(typed) => a_type(&typed.data_type.to_string()),
            Expr::Function(function) => a_function(function),
            other => refuse(format!("`{other}`")),
        }
    }

    fn pre_visit_value(&mut self, value: &mut ValueWithSpan) -> Verdict {
        match value.value {
            Value::Number(..)
            | Value::SingleQuotedString(_)
            | Value::DollarQuotedString(_)
            | Value::EscapedStringLiteral(_)
            | Value::Boolean(_)
            | Value::Null => FINE,
            _ => refuse(format!("`{}`", value.value)),
        }
    }
}

impl Gate {
    fn operator(&mut self, op: &BinaryOperator) -> Verdict {
        use BinaryOperator as Op;
        match op {
            Op::StringConcat => {
                self.joins += 1;
                if self.joins > MOST_JOINS { refuse(format!("more than {MOST_JOINS} `||`")) } else { FINE }
            }
            Op::Plus
            | Op::Minus
            | Op::Multiply
            | Op::Divide
            | Op::Modulo
            | Op::Gt
            | Op::Lt
            | Op::GtEq
            | Op::LtEq
            | Op::Eq
            | Op::NotEq
            | Op::And
            | Op::Or
            | Op::PGRegexMatch
            | Op::PGRegexIMatch
            | Op::PGRegexNotMatch
            | Op::PGRegexNotIMatch => FINE,
            other => refuse(format!("the operator `{other}`")),
        }
    }
}

fn a_type(shown: &str) -> Verdict {
    let bare = shown.split('(').next().unwrap_or(shown).trim().to_lowercase();
    if TYPES.contains(&bare.as_str()) { FINE } else { refuse(format!("the type `{shown}`")) }
}

fn a_function(function: &Function) -> Verdict {
    let listed = match function.name.0.as_slice() {
        [ObjectNamePart::Identifier(name)] => FUNCTIONS.contains(&folded(name).as_str()),
        _ => false,
    };
    let plain = !function.uses_odbc_syntax && matches!(function.parameters, FunctionArguments::None);
    if listed && plain { FINE } else { refuse(format!("the function `{}`", function.name)) }
}

#[cfg(test)]
mod tests {
    use super::allow;

    #[test]
    fn names_are_bound_to_views_and_to_named_queries() {
        let check = |sql: &str, sent: &str| assert_eq!(allow(sql, Some("api")).unwrap(), sent);
        check("select code from Region", "SELECT code FROM api.\"region\" AS \"region\"");
        check(
            "with x as (select 1 as a) select x.a from x;",
            "WITH \"named query x\" AS (SELECT 1 AS a) SELECT x.a FROM \"named query x\" AS \"x\"",
        );
        // A query named like a catalogue table opens nothing outside itself.
        let sent = allow(
            "select * from pg_shadow, (with pg_shadow as (select 1) select * from pg_shadow) q",
            Some("api"),
        )
        .unwrap();
        assert!(
            !sent.contains("FROM pg_shadow")
                && sent.contains("FROM \"named query pg_shadow\" AS \"pg_shadow\","),
            "{sent}"
        );
        check("select /* x */ 1 -- y", "SELECT 1");
    }

    #[test]
    fn what_builds_upon_itself_is_refused_before_an_engine_sees_it() {
        let nested = |depth: usize| {
            (0..depth).fold("select level as s from region".to_owned(), |inner, _| {
                format!("select s + s as s from ({inner}) q")
            })
        };
        let chained = |depth: usize| {
            let links: String =
                (1..depth).map(|n| format!(", x{n} as (select p.a from x{0} p, x{0} q)", n - 1)).collect();
            format!("with x0 as (select level as a from region){links} select count(*) from x{}", depth - 1)
        };
        for explosive in [nested(20), nested(38), chained(20), chained(60)] {
            assert!(
                super::refuse_explosive(&explosive).is_err() && allow(&explosive, Some("api")).is_err(),
                "{explosive}"
            );
        }
        for fine in [nested(4), chained(4)] {
            super::refuse_explosive(&fine).unwrap();
            allow(&fine, Some("api")).unwrap();
        }
    }

    #[test]
    fn everyday_questions_pass() {
        for sql in [
            "select region, sum(value) over (partition by region order by period) from observation",
            "select date_trunc('month', cast(recorded_at as timestamp)) m, count(*) filter (where value > 1) from observation group by 1 having count(*) > 2 order by 1 desc nulls last limit 5 offset 2",
            "select r.name, case when l.value is null then '–' else l.value::text end from latest l left join region r on r.code = l.region where l.indicator in ('a', 'b') and r.name ilike 'k%'",
            "select percentile_cont(0.5) within group (order by value) from latest",
            "select * from (values (1, 'a'), (2, 'b')) t(x, y) union all select 3, 'c' except select 4, 'd'",
            "select extract(year from date '2026-01-01') + interval '1 day' * 2, trim(both ' ' from 'x'), substring('abc' from 2 for 1)",
        ] {
            allow(sql, Some("api")).unwrap_or_else(|error| panic!("{sql}: {error}"));
        }
    }
}
