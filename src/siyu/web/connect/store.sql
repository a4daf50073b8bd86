-- name: callback_hours
select date_trunc('hour', received_at) as hour, count(*), sum(copies)::bigint,
    (percentile_cont(0.5) within group (order by extract(epoch from done_at - received_at)))::float8,
    (percentile_cont(0.95) within group (order by extract(epoch from done_at - received_at)))::float8
from callbacks where received_at >= %(since)s group by 1 order by 1;

-- name: callback_kinds
select distinct split_part(kind, '.', 1) from callbacks order by 1 limit 60;

-- How each tag is used: relations and people that carry it, and when the tags of one of them were told last. It reads every relation; tags go
-- by a number meanwhile, as sorting their long ids took two thirds of the time.
-- name: tag_use
with known as materialized (select corp, tag_id, row_number() over ()::int as n from corp_tags),
used as (
    select k.n, count(*) as relations, count(distinct i.person_id) as people, max(c.tagged_at) as changed_at
    from contacts c
    join identifiers i on i.identifier_id = c.subject
    cross join lateral unnest(c.tags) as w(tag_id)
    join known k on k.corp = c.corp and k.tag_id = w.tag_id
    where c.is_active group by k.n
)
select k.corp, k.tag_id, u.relations, u.people, u.changed_at from used u join known k using (n);

-- name: one_tag_use
select %(corp)s::text, %(tag_id)s::text, count(*), count(distinct i.person_id), max(c.tagged_at)
from contacts c join identifiers i on i.identifier_id = c.subject
where c.is_active and c.corp = %(corp)s and %(tag_id)s = any(c.tags);

-- name: chats
with who as (
    select m.corp, m.chat_id, i.person_id, m.is_in, m.joined_at, m.left_at
    from group_members m join identifiers i on i.identifier_id = m.subject
), several as (
    select w.person_id from who w join chat_groups g using (corp, chat_id) where w.is_in and g.dismissed_at is null
    group by w.person_id having count(distinct (w.corp, w.chat_id)) > 1
)
select w.corp, w.chat_id, count(distinct w.person_id) filter (where w.is_in), count(*) filter (where w.joined_at >= %(week)s),
    count(*) filter (where w.left_at >= %(week)s), count(*) filter (where w.joined_at >= %(month)s),
    count(*) filter (where w.left_at >= %(month)s), greatest(max(w.joined_at), max(w.left_at)),
    count(distinct s.person_id) filter (where w.is_in)
from who w left join several s on s.person_id = w.person_id
group by w.corp, w.chat_id;

-- name: heads
select count(*), count(distinct i.person_id) from group_members m join identifiers i on i.identifier_id = m.subject
join chat_groups g on g.corp = m.corp and g.chat_id = m.chat_id
where m.is_in and g.dismissed_at is null;

-- name: chat_weeks
select (week)::int, sum(joins)::bigint, sum(leaves)::bigint from (
    select floor(extract(epoch from %(now)s - joined_at) / 604800) as week, count(*) as joins, 0 as leaves
    from group_members where joined_at > %(since)s and joined_at <= %(now)s group by 1
    union all
    select floor(extract(epoch from %(now)s - left_at) / 604800), 0, count(*)
    from group_members where left_at > %(since)s and left_at <= %(now)s group by 1
) x group by 1 order by 1;

-- name: guide_loads
select corp, guide, count(*) filter (where is_active), count(*) filter (where added_at >= %(week)s),
    count(*) filter (where ended_at >= %(week)s and not is_active),
    count(*) filter (where ended_at >= %(week)s and not is_active and ended_by = 'customer'),
    count(*) filter (where added_at >= %(month)s), count(*) filter (where ended_at >= %(month)s and not is_active)
from contacts group by corp, guide;

-- name: guide_weeks
select (week)::int, sum(adds)::bigint, sum(ends)::bigint from (
    select floor(extract(epoch from %(now)s - added_at) / 604800) as week, count(*) as adds, 0 as ends
    from contacts where added_at > %(since)s and added_at <= %(now)s group by 1
    union all
    select floor(extract(epoch from %(now)s - ended_at) / 604800), 0, count(*)
    from contacts where ended_at > %(since)s and ended_at <= %(now)s and not is_active group by 1
) x group by 1 order by 1;

-- name: customers
select count(*), count(distinct i.person_id) from contacts c join identifiers i on i.identifier_id = c.subject where c.is_active;
