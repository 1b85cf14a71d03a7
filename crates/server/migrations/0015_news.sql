-- what a source has delivered: the newest period that has begun and when that period ends, and when a run
-- last brought anything new. a source that is asked for changes was read as a whole at full_at. times are
-- unix milliseconds.
create table source_news (
    source_id bigint not null primary key,
    newest_period bigint,
    newest_until bigint,
    brought_at bigint,
    full_at bigint
);

-- what a good run has to say besides its figures, as json, so that it can be told in either language.
create table run_note (
    run_id bigint not null primary key,
    notes text not null
);
