-- Keys that a person's device keeps and shows in place of password and second factor. Only the public half is
-- here. `sign_count` never falls: a lower one comes from a copy of the key. `backup` is `none`, `eligible` or
-- `backed_up`, as the device says.
create table passkey (
    passkey_id {id},
    account_id bigint not null constraint passkey_account_fk references account (account_id),
    credential_id {blob} not null constraint passkey_credential_unique unique,
    public_key {blob} not null,
    sign_count bigint not null,
    backup text not null,
    name text not null,
    created_at bigint not null,
    last_used_at bigint
);
create index passkey_account on passkey (account_id, passkey_id);
