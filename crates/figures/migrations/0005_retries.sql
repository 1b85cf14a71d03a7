-- Which run a retry read again. Null for other runs, and for retries from before this column.
alter table run add column retry_of bigint;
-- The later run whose figure was kept when a refused row was read again.
alter table refused_row add column overtaken_by bigint;

drop view {api}refused_row;
create view {api}refused_row as
select f.run_id as run, s.code as source, f.row_no, f.column_name, f.reason_code, f.message, f.raw, f.state,
    f.overtaken_by
from refused_row f join run n on n.run_id = f.run_id left join source s on s.source_id = n.source_id;
