-- What an indicator counts, and below which value its figures are not shown. Null: never declared, then
-- the unit decides.
alter table indicator add column counts text;
alter table indicator add column least bigint;

-- Figures hidden from readers without internal clearance: small ones, and those from which small ones
-- could be worked out. One indicator in one period is one range.
create table suppressed (
    indicator_id bigint not null,
    period integer not null,
    breakdown_id bigint not null,
    region_id bigint not null,
    constraint suppressed_pk primary key (indicator_id, period, breakdown_id, region_id)
) {without_rowid};
create index suppressed_series on suppressed (indicator_id, breakdown_id, region_id, period);

-- The same where boards read: bits 1 the value, 2 the one before, 4 the one a year before, 8 one of the
-- periods off target.
alter table latest add column hidden bigint not null default 0;
