-- why a run came to nothing, as data, so that it can be told in either language. the ledger itself
-- keeps the code and one sentence.
create table run_problem (
    run_id bigint not null primary key,
    problem text not null
);

-- which slots of its schedule a source has run: spans, as json.
create table source_schedule (
    source_id bigint not null primary key,
    ran text not null
);

-- the columns a source sent last, and those that were new then: nothing reads them, somebody should know.
create table source_shape (
    source_id bigint not null primary key,
    columns text not null,
    added text not null,
    seen_at bigint not null
);
