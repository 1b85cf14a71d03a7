-- Which run took what a program sent under which key: sending it again has no second effect. Digests alone; what
-- came of it is in the ledger.
create table push_receipt (
    source_id bigint not null constraint push_receipt_source_fk references source (source_id),
    key_hash text not null,
    digest text not null,
    run_id bigint not null constraint push_receipt_run_fk references run (run_id),
    received_at bigint not null,
    constraint push_receipt_pk primary key (source_id, key_hash)
);
