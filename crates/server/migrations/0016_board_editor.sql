-- the draft of a board that somebody arranges in the browser: its steps from the published text on, and the step
-- that is shown, so that each can be undone. base is empty for a board that was never published.
create table board_draft (
    board text primary key,
    base text not null,
    step bigint not null
);
create table board_draft_step (
    board text not null,
    step bigint not null,
    text text not null,
    author text not null,
    at bigint not null,
    constraint board_draft_step_pk primary key (board, step)
);

-- every published state of a board; without a text: taken away.
create table board_version (
    board_version_id {id},
    board text not null,
    text text,
    author text not null,
    reason text not null,
    at bigint not null
);
create index board_version_board on board_version (board, board_version_id);

-- boards that were there before versions were kept.
insert into board_version (board, text, author, reason, at)
select substr(path, 8, length(path) - 12), text,
    coalesce((select author from pack_change order by pack_change_id desc limit 1), ''), '',
    coalesce((select applied_at from pack_change order by pack_change_id desc limit 1), 0)
from pack_file where path like 'boards/%';
