-- Tags that have a life: since when each relation carries them, kept behind the fold of relations.

-- name: places
select (select (xid::text, seq)::text from cursors where reader = %(lives)s) is distinct from
    (select (xid::text, seq)::text from cursors where reader = %(relations)s);

-- name: has_lives
select from corp_tags where lasts_for is not null limit 1;

-- The relations that the next stretch of the log is about, and its last place.
-- name: touched
with stretch as materialized (
    select f.xid, f.seq, f.type, f.subject, f.others, f.object, case when f.type = any(%(types)s::text[]) then f.data end as data
    from facts f
    where (f.xid, f.seq) > (%(xid)s::xid8, %(seq)s) and (f.xid, f.seq) <= (%(upto_xid)s::xid8, %(upto_seq)s)
    order by f.xid, f.seq limit %(limit)s
)
select s.xid::text, s.seq, i.identifier_id, coalesce(nullif(s.data->>'corp', ''), i.scope), coalesce(s.object, s.data->>'guide', ''),
    coalesce(s.data->>'from', '')
from stretch s
left join lateral (  -- by the ids, never along an index of kinds
    select n.identifier_id, n.scope from unnest(array_append(s.others, s.subject)) as o(id) join identifiers n on n.identifier_id = o.id
    where s.data is not null and n.kind in ('external_userid', 'pending_id')
    order by n.kind = 'pending_id' limit 1
) i on true
where i.identifier_id is not null or (s.xid, s.seq) = (select l.xid, l.seq from stretch l order by l.xid desc, l.seq desc limit 1)
order by s.xid, s.seq;

-- Anew for these relations, from what they are now: since the newest fact that put the tag on; where the log has none, since the relation's
-- tags were last told; and never from before the relation began.
-- name: keep
with touched as materialized (
    select distinct * from unnest(%(subjects)s::bigint[], %(corps)s::text[], %(guides)s::text[]) as k(subject, corp, guide)
), gone as (
    delete from tag_lives l using touched k
    where l.subject = k.subject and l.corp = k.corp and l.guide = k.guide
        and not exists (select from contacts c where c.subject = l.subject and c.corp = l.corp and c.guide = l.guide and c.is_active
            and l.tag_id = any(c.tags))
)
insert into tag_lives (subject, corp, guide, tag_id, since_at)
select c.subject, c.corp, c.guide, t.tag_id, greatest(coalesce(f.put_at, c.tagged_at, c.added_at), c.added_at)
from touched k
join contacts c on c.subject = k.subject and c.corp = k.corp and c.guide = k.guide and c.is_active
join corp_tags t on t.corp = c.corp and t.lasts_for is not null and t.tag_id = any(c.tags)
left join lateral (
    select max(f.occurred_at) as put_at from facts f
    where f.subject = c.subject and f.type = 'tag.added' and f.object = c.guide and f.data->>'tag_id' = t.tag_id
) f on true
order by c.subject, c.corp, c.guide, t.tag_id
on conflict (subject, corp, guide, tag_id) do update set since_at = excluded.since_at where tag_lives.since_at <> excluded.since_at;

-- name: begin
insert into tag_lives (subject, corp, guide, tag_id, since_at)
select c.subject, c.corp, c.guide, %(tag_id)s, greatest(coalesce(f.put_at, c.tagged_at, c.added_at), c.added_at)
from contacts c
left join lateral (
    select max(f.occurred_at) as put_at from facts f
    where f.subject = c.subject and f.type = 'tag.added' and f.object = c.guide and f.data->>'tag_id' = %(tag_id)s
) f on true
where c.corp = %(corp)s and %(tag_id)s = any(c.tags) and c.is_active
on conflict (subject, corp, guide, tag_id) do update set since_at = excluded.since_at;

-- name: end
delete from tag_lives where corp = %(corp)s and tag_id = %(tag_id)s;

-- name: govern_tag
update corp_tags set owner = %(owner)s, meaning = %(meaning)s, lasts_for = %(lasts_for)s
where corp = %(corp)s and tag_id = %(tag_id)s returning old.lasts_for is not null;
