-- personal values met at the door of a source: how many, never which. the latest run replaces the counts.
create table personal_found (
    source_id bigint not null,
    column_name text not null,
    kind text not null,
    outcome text not null constraint personal_found_outcome_known
        check (outcome in ('masked', 'dropped', 'pseudonym', 'kept')),
    cells bigint not null,
    run_id bigint not null,
    first_at bigint not null,
    last_at bigint not null,
    runs bigint not null,
    constraint personal_found_pk primary key (source_id, column_name, kind, outcome)
);

-- what was taken away and why: answers and refused rows past their time, and rows that somebody asked to
-- be forgotten. whom they were about is not written down.
create table erasure (
    erasure_id {id},
    erased_at bigint not null,
    author text not null,
    kind text not null constraint erasure_kind_known check (kind in ('retention', 'forget')),
    source_id bigint,
    answers bigint not null,
    raw_rows bigint not null,
    refused_rows bigint not null,
    reason text not null
);

-- a failure to protect personal data (uu 27/2022 pasal 46), from the moment it was noticed.
create table incident (
    incident_id {id},
    noticed_at bigint not null,
    opened_at bigint not null,
    closed_at bigint,
    title text not null,
    what text not null,
    data text not null,
    sources text not null,
    subjects bigint,
    cause text not null,
    measures text not null,
    author text not null
);

-- everything that was done about an incident, in order; a step stands as its last entry says.
create table incident_entry (
    incident_entry_id {id},
    incident_id bigint not null constraint incident_entry_incident_fk references incident (incident_id),
    at bigint not null,
    author text not null,
    step text,
    done bigint not null,
    note text not null
);
create index incident_entry_incident on incident_entry (incident_id, incident_entry_id);
