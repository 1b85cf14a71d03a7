-- Who an account is to the provider of identities: issuer and subject, never an address or a login.
create table account_identity (
    account_identity_id {id},
    account_id bigint not null constraint account_identity_account_fk references account (account_id),
    issuer text not null,
    subject text not null,
    created_at bigint not null,
    constraint account_identity_subject_unique unique (issuer, subject),
    constraint account_identity_account_unique unique (account_id, issuer)
);

-- Since when an account comes in at the provider alone, Unix milliseconds.
alter table account add column sso_only_since bigint;
