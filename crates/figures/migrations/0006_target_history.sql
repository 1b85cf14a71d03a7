-- Targets keep their history, so that "as known on" judges a figure by the target of that day. `since` is when a
-- target was laid down (Unix milliseconds); 0: before this was recorded.
alter table target add column since bigint not null default 0;

-- What was laid down before: in force from `since` until `until`.
create table target_past (
    indicator_id bigint not null constraint target_past_indicator_fk references indicator (indicator_id),
    region_id bigint not null,
    period integer not null,
    value double precision not null,
    high double precision,
    since bigint not null,
    until bigint not null
);
create index target_past_key on target_past (indicator_id, region_id, period);
