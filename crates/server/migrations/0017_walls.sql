-- Screens that follow a playlist of the pack: the key is a token, `part` of `parts` its place in a row of screens.
create table wall (
    wall_id {id},
    token_id bigint not null constraint wall_token_unique unique
        constraint wall_token_fk references token (token_id),
    playlist text not null,
    part bigint not null,
    parts bigint not null
);

-- Screens that show a code and wait. `secret_hash` is of what the browser alone holds; it becomes the screen's key.
create table wall_pairing (
    wall_pairing_id {id},
    code text not null constraint wall_pairing_code_unique unique,
    secret_hash text not null constraint wall_pairing_secret_unique unique,
    address text not null,
    created_at bigint not null,
    expires_at bigint not null,
    token_id bigint
);

-- What people have steered, one row for each playlist. Times are Unix milliseconds.
create table wall_steering (
    playlist text not null constraint wall_steering_pk primary key,
    revision bigint not null,
    mode text,
    mode_at bigint,
    mode_until bigint,
    anchor_mode text,
    anchor_item bigint,
    anchor_at bigint,
    held_until bigint,
    zoom bigint,
    lineage bigint not null,
    message text,
    message_indicator text,
    message_at bigint,
    message_until bigint,
    changed_at bigint not null,
    author text not null
);
