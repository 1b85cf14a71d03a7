-- The views that readers of SQL see: codes and names instead of ids. Their columns are a promise;
-- additions are fine, renames are not.
{create_api}

create view {api}region as
select r.code, r.name, r.kind, r.level, p.code as parent, r.bps_code, r.valid_from, r.valid_to, r.legal_basis
from region r left join region p on p.region_id = r.parent_id;

create view {api}indicator as
select i.code, i.name, i.name_en, i.definition, i.sector, a.code as agency, i.unit, i.decimals, i.direction, i.cadence,
    i.level, i.sensitivity, i.region_aggregation, i.time_aggregation, i.retired_at is not null as retired
from indicator i join agency a on a.agency_id = i.agency_id;

-- The newest revision of every reported figure.
create view {api}observation as
select i.code as indicator, r.code as region, r.name as region_name, r.level as region_level, b.key as breakdown,
    {period_open}o.period{period_close} as period, o.period as period_id, o.value, n.run_id as run,
    {utc_open}n.finished_at{utc_close} as recorded_at
from observation o
join indicator i on i.indicator_id = o.indicator_id
join breakdown b on b.breakdown_id = o.breakdown_id
left join region r on r.region_id = o.region_id
left join run n on n.commit_no = o.commit_no
where not exists (
    select 1 from observation later
    where later.indicator_id = o.indicator_id and later.breakdown_id = o.breakdown_id
        and later.period = o.period and later.region_id = o.region_id and later.commit_no > o.commit_no
);

-- Every revision of every reported figure.
create view {api}revision as
select i.code as indicator, r.code as region, b.key as breakdown, {period_open}o.period{period_close} as period,
    o.period as period_id, o.value, o.commit_no as revision, n.run_id as run, s.code as source, o.row_no,
    {utc_open}n.finished_at{utc_close} as recorded_at
from observation o
join indicator i on i.indicator_id = o.indicator_id
join breakdown b on b.breakdown_id = o.breakdown_id
left join region r on r.region_id = o.region_id
left join run n on n.commit_no = o.commit_no
left join source s on s.source_id = n.source_id;

create view {api}latest as
select i.code as indicator, r.code as region, r.name as region_name, l.level as region_level, b.key as breakdown,
    {period_open}l.period{period_close} as period, l.period as period_id, l.value, l.rolled as rolled_up, l.reported,
    l.expected, l.previous, l.last_year, l.target, l.target_high,
    case l.status when 0 then 'off_track' when 1 then 'at_risk' when 2 then 'on_track' else 'no_target' end as status,
    {period_open}l.off_since{period_close} as off_since, l.off_periods, n.run_id as run
from latest l
join indicator i on i.indicator_id = l.indicator_id
join breakdown b on b.breakdown_id = l.breakdown_id
left join region r on r.region_id = l.region_id
left join run n on n.commit_no = l.commit_no;

create view {api}run as
select n.run_id as run, s.code as source, n.kind, n.author, n.reason, n.trigger_kind, n.status,
    {utc_open}n.started_at{utc_close} as started_at, {utc_open}n.finished_at{utc_close} as finished_at,
    n.accepted, n.refused, n.repeated, n.added, n.revised, n.same, n.bytes, n.problem_code, n.message
from run n left join source s on s.source_id = n.source_id;

create view {api}refused_row as
select f.run_id as run, s.code as source, f.row_no, f.column_name, f.reason_code, f.message, f.raw, f.state
from refused_row f join run n on n.run_id = f.run_id left join source s on s.source_id = n.source_id;
