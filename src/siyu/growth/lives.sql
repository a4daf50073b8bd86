-- Relations that carry tags longer than the brand says they are true, those that are due longest first. Left out is where nothing can be taken
-- off: what the corp would not have is set aside, guides who left cannot be asked, and whoever was erased has no name to ask by.
-- name: outlived
with due as (
    select l.corp, l.guide, l.subject, l.value, l.since_at + t.lasts_for as due_at, t.tag_id, t.name
    from corp_tags t cross join lateral (
        select l.corp, l.guide, l.subject, l.since_at, i.value
        from tag_lives l join identifiers i on i.identifier_id = l.subject and i.value is not null
        where l.corp = t.corp and l.tag_id = t.tag_id and l.since_at < %(now)s::timestamptz - t.lasts_for
            and not exists (select from guides g where g.corp = l.corp and g.guide = l.guide and g.left_at is not null)
            and not exists (
                select from parked p where p.room = 'growth' and p.what = 'tag life'
                    and p.ref = concat_ws(':', l.corp, l.guide, l.subject) and p.released_at is null)
        order by l.since_at limit %(limit)s
    ) l
    where t.corp = any(%(corps)s::text[]) and t.lasts_for is not null and t.deleted_at is null
)
select d.corp, d.guide, d.subject, d.value, array_agg(d.tag_id order by d.tag_id), array_agg(d.name order by d.tag_id), c.tags
from due d join contacts c on c.subject = d.subject and c.corp = d.corp and c.guide = d.guide
group by d.corp, d.guide, d.subject, d.value, c.tags
order by min(d.due_at), d.corp, d.guide, d.subject limit %(limit)s;

-- name: past
select t.corp, t.tag_id, count(*)
from corp_tags t join tag_lives l on l.corp = t.corp and l.tag_id = t.tag_id and l.since_at < %(now)s::timestamptz - t.lasts_for
where t.lasts_for is not null and t.deleted_at is null group by t.corp, t.tag_id;

-- name: ended_lately
select count(*) from facts where type = 'tag.removed' and occurred_at >= %(since)s and data->>'how' = 'life';
