-- People who sign in. The login is kept in lower case; what an account sees is its role with agency, region
-- and the most sensitive figures.
create table account (
    account_id {id},
    login text not null constraint account_login_unique unique,
    name text not null,
    role text not null,
    agency_id bigint constraint account_agency_fk references agency (agency_id),
    region_id bigint,
    sensitivity bigint not null,
    password_hash text,
    password_set_at bigint,
    totp_sealed {blob},
    totp_last_step bigint not null,
    created_at bigint not null,
    created_by text not null,
    last_sign_in_at bigint,
    disabled_at bigint
);

-- Each works once, in place of the second factor. Only the hash is kept.
create table recovery_code (
    account_id bigint not null constraint recovery_code_account_fk references account (account_id),
    code_hash text not null,
    used_at bigint,
    constraint recovery_code_pk primary key (account_id, code_hash)
);

-- Links by which somebody comes in without a password: the first account, a new account, a forgotten
-- password. Each works once. Only the hash is kept; without an account it makes the first one.
create table invitation (
    invitation_id {id},
    secret_hash text not null constraint invitation_secret_unique unique,
    account_id bigint constraint invitation_account_fk references account (account_id),
    created_at bigint not null,
    created_by text not null,
    expires_at bigint not null,
    used_at bigint
);

-- Signed-in browsers. Only the hash of the cookie is kept. `stage` is `code` between the password and the
-- second factor, `enrol` until a required second factor is set up, else `full`.
create table session (
    session_id {id},
    secret_hash text not null constraint session_secret_unique unique,
    account_id bigint not null constraint session_account_fk references account (account_id),
    stage text not null,
    method text not null,
    created_at bigint not null,
    seen_at bigint not null,
    expires_at bigint not null,
    address text,
    agent text,
    ended_at bigint
);
create index session_account on session (account_id, session_id);

-- Keys of programs and screens. `api` acts for an account with at most its rights, `display` shows one
-- board, `push` sends figures of one source. Only the hash is kept.
create table token (
    token_id {id},
    kind text not null,
    secret_hash text not null constraint token_secret_unique unique,
    name text not null,
    account_id bigint constraint token_account_fk references account (account_id),
    board text,
    source text,
    sensitivity bigint not null,
    may_write bigint not null,
    created_at bigint not null,
    created_by text not null,
    expires_at bigint,
    last_used_at bigint,
    revoked_at bigint
);
create index token_account on token (account_id, token_id);

-- Browsers that signed in to an account before: their wrong guesses are counted apart from strangers'.
create table known_browser (
    secret_hash text not null constraint known_browser_pk primary key,
    account_id bigint not null constraint known_browser_account_fk references account (account_id),
    seen_at bigint not null
);
create index known_browser_account on known_browser (account_id, seen_at);
