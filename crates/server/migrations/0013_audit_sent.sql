-- How far the audit log was sent to a place outside, and what went wrong last: one row of `heads`, one of `entries`.
create table audit_sent (
    kind text not null constraint audit_sent_pk primary key,
    number bigint not null,
    hash text not null,
    sent_at bigint,
    failing_since bigint,
    problem text
);
