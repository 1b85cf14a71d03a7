-- boundaries of the regions of one level, or a layer of named points: packed, one row per import. in force is the
-- newest of its kind and slot that was not taken back, so that an import can be undone. `slot` is the level
-- (province, regency, district, village) or the name of the layer. `report` says what did not match and what was
-- repaired.
create table boundary_set (
    boundary_set_id {id},
    kind text not null constraint boundary_set_kind_known check (kind in ('regions', 'points')),
    slot text not null,
    file_name text not null,
    digest text not null,
    data {blob} not null,
    shapes bigint not null,
    points bigint not null,
    report text not null,
    imported_at bigint not null,
    author text not null,
    retired_at bigint,
    retired_by text
);
create index boundary_set_slot on boundary_set (kind, slot, boundary_set_id);
