-- Reports that are made by themselves. Which slots of a report have come, as `jobs::schedule::Ran` writes it.
create table paper_ran (
    name text not null constraint paper_ran_pk primary key,
    ran text not null
);

-- One row for each report, moment and place to which it goes: what is done is done once, what failed is tried again.
-- Times are Unix milliseconds; without `next_try_at` nothing more is tried.
create table paper_delivery (
    name text not null,
    slot_at bigint not null,
    target text not null,
    tries bigint not null,
    next_try_at bigint,
    tried_at bigint,
    done_at bigint,
    problem text,
    detail text,
    constraint paper_delivery_pk primary key (name, slot_at, target)
);

create index paper_delivery_waiting on paper_delivery (next_try_at);
