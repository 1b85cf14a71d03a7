-- Regions of the Kemendagri tree. The id is the code padded to ten digits: a subtree is a range.
create table region (
    region_id bigint not null,
    code text not null,
    name text not null,
    kind text not null,
    level bigint not null,
    parent_id bigint,
    bps_code text,
    valid_from text,
    valid_to text,
    legal_basis text,
    constraint region_pk primary key (region_id),
    constraint region_code_unique unique (code)
);
create index region_level on region (level, region_id);
create index region_parent on region (parent_id, region_id);

create table agency (
    agency_id {id},
    code text not null constraint agency_code_unique unique,
    name text not null,
    short_name text not null,
    contact text,
    position bigint not null,
    retired_at bigint
);

create table source (
    source_id {id},
    code text not null constraint source_code_unique unique,
    agency_id bigint not null constraint source_agency_fk references agency (agency_id),
    name text not null,
    sensitivity bigint not null,
    definition text not null,
    fresh_every_secs bigint not null,
    grace_secs bigint not null,
    position bigint not null,
    retired_at bigint
);

create table indicator (
    indicator_id {id},
    code text not null constraint indicator_code_unique unique,
    name text not null,
    name_en text,
    definition text,
    sector text not null,
    agency_id bigint not null constraint indicator_agency_fk references agency (agency_id),
    unit text not null,
    decimals bigint not null,
    direction text not null,
    cadence text not null,
    level bigint not null,
    sensitivity bigint not null,
    region_aggregation text not null,
    time_aggregation text not null,
    weight_id bigint constraint indicator_weight_fk references indicator (indicator_id),
    numerator_id bigint constraint indicator_numerator_fk references indicator (indicator_id),
    denominator_id bigint constraint indicator_denominator_fk references indicator (indicator_id),
    scale double precision,
    sql text,
    tolerance double precision not null,
    min_value double precision,
    max_value double precision,
    position bigint not null,
    retired_at bigint
);

create table target (
    indicator_id bigint not null constraint target_indicator_fk references indicator (indicator_id),
    region_id bigint not null,
    period integer not null,
    value double precision not null,
    high double precision,
    basis text,
    constraint target_pk primary key (indicator_id, region_id, period)
);

-- One row: the region above which nothing is rolled up, the center's own.
create table rollup_root (
    only_row bigint not null,
    region_id bigint not null,
    constraint rollup_root_pk primary key (only_row),
    constraint rollup_root_single check (only_row = 1)
);
insert into rollup_root (only_row, region_id) values (1, 0);

-- Parts of a total, such as `sex=f`. 0 is the total itself.
create table breakdown (
    breakdown_id {id},
    key text not null constraint breakdown_key_unique unique
);
insert into breakdown (breakdown_id, key) values (0, '');

-- What a service answered, compressed: once per content.
create table answer (
    answer_id {id},
    sha256 text not null constraint answer_sha256_unique unique,
    media_type text not null,
    original_bytes bigint not null,
    body {blob} not null
);

-- The ledger. Times are Unix milliseconds; commit_no numbers the committed runs in the order in which
-- they became visible, so that "as known at" is one number.
create table run (
    run_id {id},
    source_id bigint constraint run_source_fk references source (source_id),
    kind text not null,
    author text not null,
    reason text,
    trigger_kind text not null,
    status text not null constraint run_status_known
        check (status in ('running', 'done', 'refused', 'failed', 'interrupted')),
    started_at bigint not null,
    lease_until bigint,
    finished_at bigint,
    commit_no bigint constraint run_commit_no_unique unique,
    accepted bigint not null default 0,
    refused bigint not null default 0,
    repeated bigint not null default 0,
    added bigint not null default 0,
    revised bigint not null default 0,
    same bigint not null default 0,
    bytes bigint not null default 0,
    answer_id bigint constraint run_answer_fk references answer (answer_id),
    progress_done bigint not null default 0,
    progress_total bigint,
    problem_code text,
    message text
);
-- Single flight: the database itself allows one running run per source.
create unique index run_single_flight on run (source_id) where status = 'running';
create index run_source on run (source_id, run_id);

create table refused_row (
    run_id bigint not null constraint refused_row_run_fk references run (run_id),
    row_no bigint not null,
    column_name text,
    reason_code text not null,
    message text not null,
    raw text not null,
    state text not null constraint refused_row_state_known
        check (state in ('open', 'retried', 'dismissed')),
    constraint refused_row_pk primary key (run_id, row_no)
);

-- Every revision ever recorded; append only. In key order one period of all regions is one range, and a
-- run, which brings few periods, writes side by side. A figure's revisions are neighbours, newest last.
create table observation (
    indicator_id bigint not null,
    breakdown_id bigint not null,
    period integer not null,
    region_id bigint not null,
    commit_no bigint not null,
    value double precision not null,
    row_no bigint not null,
    constraint observation_pk primary key (indicator_id, breakdown_id, period, region_id, commit_no)
) {without_rowid};

-- The newest revision of each figure.
create view current_value as
select o.indicator_id, o.breakdown_id, o.period, o.region_id, o.value, o.commit_no, o.row_no
from observation o
where not exists (
    select 1 from observation later
    where later.indicator_id = o.indicator_id and later.breakdown_id = o.breakdown_id
        and later.period = o.period and later.region_id = o.region_id and later.commit_no > o.commit_no
);

-- What the regions below come to. total and weight are kept so that the next level up is their sum.
create table rollup (
    indicator_id bigint not null,
    breakdown_id bigint not null,
    period integer not null,
    region_id bigint not null,
    value double precision not null,
    total double precision not null,
    weight double precision not null,
    reported bigint not null,
    expected bigint not null,
    commit_no bigint not null,
    constraint rollup_pk primary key (indicator_id, breakdown_id, period, region_id)
) {without_rowid};

-- What boards read: the newest period of each figure at every level, judged. What maps read stands
-- first: a row is decoded from its head.
create table latest (
    indicator_id bigint not null,
    breakdown_id bigint not null,
    region_id bigint not null,
    level bigint not null,
    period integer not null,
    value double precision not null,
    status bigint not null,
    rolled bigint not null,
    reported bigint,
    expected bigint,
    commit_no bigint not null,
    previous double precision,
    last_year double precision,
    target double precision,
    target_high double precision,
    miss double precision not null,
    off_since integer,
    off_periods bigint not null,
    constraint latest_pk primary key (indicator_id, breakdown_id, region_id)
) {without_rowid};
create index latest_ranking on latest (indicator_id, breakdown_id, level, value, region_id);
-- Only what misses its target, worst first.
create index latest_exception on latest (level, breakdown_id, miss, region_id, indicator_id) where status = 0;
