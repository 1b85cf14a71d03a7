-- the definitions as they were applied, byte for byte: what `export` writes back.
create table pack_file (
    path text not null primary key,
    text text not null
);

-- who applied what, when and why.
create table pack_change (
    pack_change_id {id},
    applied_at bigint not null,
    author text not null,
    reason text not null,
    plan text not null
);
