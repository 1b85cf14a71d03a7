//! Figures at rest: definitions, runs, observations and their revisions, what is maintained from them,
//! and every analytic question over them. SQLite and PostgreSQL behind one facade.
//!
//! Nothing here reads a clock: times are Unix milliseconds, passed in.

mod cases;
mod catalog;
mod computed;
pub mod db;
mod definitions;
pub mod disclosure;
mod effective;
mod effects;
mod erase;
mod latest;
mod maintain;
pub mod questions;
mod retry;
mod rollup;
mod runs;
mod targets;
mod view_scope;
mod view_sql;
mod views;
mod write;

pub use cases::{AskedFigure, CaseIndicator, GivenFigure, evaluate_case};
pub use db::{Db, DbError, DbUrl, Engine, Migration, Reader, Row, Tx, Value, ValueRef};
pub use definitions::{
    AgencyRow, Definition, IndicatorRow, RegionRow, SourceRow, Stored, TargetRow, list_agencies,
    list_breakdowns, list_indicators, list_sources, list_targets, load_regions, put_agency, put_breakdown,
    put_indicator, put_source, retire, rollup_root, set_rollup_root,
};
pub use effects::{FigureChange, IndicatorEffect, keep_largest};
pub use erase::{
    RunsOf, drop_refused_rows, drop_unused_answers, overwrite_deleted, release_answers, replace_answer,
};
pub use retry::{Overtaken, RetryOutcome, commit_retry, commit_retry_with, settle_overtaken_row};
pub use runs::{
    AnswerBody, NewRun, RefusedRow, RunCounters, RunEnd, RunKind, RunRow, RunStatus, begin_run, begin_run_in,
    close_interrupted_runs, fail_run, find_answer, find_run, list_runs, refuse_run, set_progress,
    settle_refused_row,
};
pub use targets::{Bounds, put_targets, targets_in_force};
pub use views::{QueryLimits, QueryResult, query_views};
pub use write::{
    LargestChange, RunFigures, RunOutcome, RunPreview, StagedRow, commit_run, commit_run_with,
    declare_counts, preview_run, recompute, recompute_compared,
};

/// The schema of this crate, for [`Db::migrate`].
pub const MIGRATIONS: &[Migration] = &[
    Migration {
        set: "figures",
        number: 1,
        name: "regions, definitions, runs, observations, maintained tables",
        sql: include_str!("../migrations/0001_figures.sql"),
    },
    Migration {
        set: "figures",
        number: 2,
        name: "views for readers of sql",
        sql: include_str!("../migrations/0002_views.sql"),
    },
    Migration {
        set: "figures",
        number: 3,
        name: "small cells",
        sql: include_str!("../migrations/0003_disclosure.sql"),
    },
    Migration {
        set: "figures",
        number: 4,
        name: "reach of readers of sql",
        sql: include_str!("../migrations/0004_view_reach.sql"),
    },
    Migration {
        set: "figures",
        number: 5,
        name: "retries know what they read again",
        sql: include_str!("../migrations/0005_retries.sql"),
    },
    Migration {
        set: "figures",
        number: 6,
        name: "targets keep their history",
        sql: include_str!("../migrations/0006_target_history.sql"),
    },
];
