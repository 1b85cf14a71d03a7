-- By how many seconds the clock of a service was ahead of this machine's when it answered last.
create table source_clock (
    source_id bigint not null constraint source_clock_pk primary key
        constraint source_clock_source_fk references source (source_id),
    ahead_secs bigint not null,
    seen_at bigint not null
);
