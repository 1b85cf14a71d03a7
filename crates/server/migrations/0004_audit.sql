-- who did what, when, from where and with what outcome. each entry holds the hash of the one before, so
-- that nothing can be changed, taken out or put in between without a trace. times are unix milliseconds.
create table audit_entry (
    number bigint not null primary key,
    at_ms bigint not null,
    actor text not null,
    actor_kind text not null,
    actor_role text,
    account_id bigint,
    address text,
    action text not null,
    object_kind text,
    object_code text,
    outcome text not null,
    detail text not null,
    previous_hash {blob} not null,
    hash {blob} not null
);
create index audit_entry_at on audit_entry (at_ms);
create index audit_entry_action on audit_entry (action, number);

-- the newest entry, signed: what was appended by the program and by nobody else.
create table audit_head (
    audit_head_id bigint not null primary key,
    number bigint not null,
    hash {blob} not null,
    at_ms bigint not null,
    signature {blob} not null,
    constraint audit_head_single check (audit_head_id = 1)
);

-- the outcome of the newest verification, for the page.
create table audit_check (
    audit_check_id bigint not null primary key,
    checked_at bigint not null,
    number bigint not null,
    findings bigint not null,
    first text,
    constraint audit_check_single check (audit_check_id = 1)
);

{sqlite_open}
create trigger audit_entry_insert before insert on audit_entry
when exists (select 1 from audit_entry where number = new.number)
begin select raise(abort, 'audit_entry is append-only'); end;
create trigger audit_entry_update before update on audit_entry
begin select raise(abort, 'audit_entry is append-only'); end;
create trigger audit_entry_delete before delete on audit_entry
begin select raise(abort, 'audit_entry is append-only'); end;
create trigger audit_head_update before update on audit_head when new.number <= old.number
begin select raise(abort, 'audit_head moves forward only'); end;
create trigger audit_head_delete before delete on audit_head
begin select raise(abort, 'audit_head moves forward only'); end;
{sqlite_close}
{postgres_open}
create function audit_append_only() returns trigger language plpgsql as $$
begin
    raise exception '% is append-only', tg_table_name using errcode = 'check_violation';
end $$;
create trigger audit_entry_change before update or delete on audit_entry
    for each row execute function audit_append_only();
create trigger audit_entry_truncate before truncate on audit_entry
    for each statement execute function audit_append_only();
create trigger audit_head_update before update on audit_head
    for each row when (new.number <= old.number) execute function audit_append_only();
create trigger audit_head_delete before delete on audit_head
    for each row execute function audit_append_only();
create trigger audit_head_truncate before truncate on audit_head
    for each statement execute function audit_append_only();
{postgres_close}
