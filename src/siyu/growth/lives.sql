-- Tags that a relation carries longer than the brand says they are true: since they were put on where the log says when, else since the
-- tags of that relation changed last. What the corp would not have is set aside.
-- name: outlived
select c.corp, c.guide, c.subject, i.value, array_agg(t.tag_id order by t.tag_id), array_agg(t.name order by t.tag_id), c.tags
from corp_tags t
join contacts c on c.corp = t.corp and t.tag_id = any(c.tags) and c.is_active
join identifiers i on i.identifier_id = c.subject
where t.lasts_for is not null and t.deleted_at is null and c.added_at < %(now)s::timestamptz - t.lasts_for
  and coalesce((
      select max(f.occurred_at) from facts f
      where f.subject = c.subject and f.type = 'tag.added' and f.object = c.guide and f.data->>'tag_id' = t.tag_id
  ), c.tagged_at, c.added_at) < %(now)s::timestamptz - t.lasts_for
  and not exists (
      select from parked p where p.room = 'growth' and p.what = 'tag life' and p.ref = concat_ws(':', c.corp, c.guide, c.subject)
        and p.released_at is null)
group by c.corp, c.guide, c.subject, i.value, c.tags
order by c.corp, c.guide, c.subject limit %(limit)s;

-- name: ended_lately
select count(*) from facts where type = 'tag.removed' and occurred_at >= %(since)s and data->>'how' = 'life';
