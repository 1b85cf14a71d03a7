-- What the views for readers of SQL need to know of a reader's reach. Not for readers themselves.
create view {api}source_reach as
select s.code as source, a.code as agency, s.sensitivity
from source s join agency a on a.agency_id = s.agency_id;

create view {api}suppressed_figure as
select i.code as indicator, r.code as region, b.key as breakdown, h.period as period_id
from suppressed h
join indicator i on i.indicator_id = h.indicator_id
join breakdown b on b.breakdown_id = h.breakdown_id
join region r on r.region_id = h.region_id;

create view {api}latest_hidden as
select i.code as indicator, r.code as region, b.key as breakdown, l.hidden
from latest l
join indicator i on i.indicator_id = l.indicator_id
join breakdown b on b.breakdown_id = l.breakdown_id
join region r on r.region_id = l.region_id
where l.hidden <> 0;
