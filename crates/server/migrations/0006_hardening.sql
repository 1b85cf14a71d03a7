-- secrets of sources, sealed by the vault. the name in capital letters as in `PENDOPO_SECRET_<name>`.
create table sealed_secret (
    name text not null primary key,
    sealed {blob} not null,
    set_at bigint not null,
    set_by text not null
);

-- which key file this database was written with: one row. with another one nothing sealed would open and
-- no signature would continue, so the program does not start.
create table vault_root (
    root_id text not null primary key
);
