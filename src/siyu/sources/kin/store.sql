-- name: ensure_place
insert into sync_kin_places (corp) values (%(corp)s) on conflict do nothing;

-- Whoever holds the row asks for the corp; nobody waits for them.
-- name: place
select link_id, tries from sync_kin_places where corp = %(corp)s and (due_at is null or due_at <= %(now)s) for update skip locked;

-- name: keep_place
update sync_kin_places set link_id = greatest(link_id, %(link_id)s) where corp = %(corp)s;

-- name: rest
update sync_kin_places set due_at = %(due_at)s, tries = %(tries)s, error = %(error)s where corp = %(corp)s;

-- Links are numbered by the one who folds, so a later number is a later commit. The last row is the new place, whatever it links.
-- name: new_links
select l.link_id, u.identifier_id, o.identifier_id
from (select link_id, a, b from links where link_id > %(after)s order by link_id limit %(limit)s) l
join identifiers a on a.identifier_id = l.a
join identifiers b on b.identifier_id = l.b
left join lateral (select case when a.kind = 'unionid' and b.kind = 'openid' then a.identifier_id
    when b.kind = 'unionid' and a.kind = 'openid' then b.identifier_id end as identifier_id) u on true
left join lateral (select case when u.identifier_id = a.identifier_id then b.identifier_id
    when u.identifier_id = b.identifier_id then a.identifier_id end as identifier_id) o on true
order by l.link_id;

-- name: all_pairs
insert into sync_strangers (corp, union_id, openid_id, due_at)
select %(corp)s, u.identifier_id, min(o.identifier_id), %(at)s
from identifiers u
join lateral (select b as other from links where a = u.identifier_id union select a from links where b = u.identifier_id) l on true
join identifiers o on o.identifier_id = l.other and o.kind = 'openid' and o.value is not null
where u.kind = 'unionid' and u.value is not null
    and not exists (select from sync_strangers s where s.corp = %(corp)s and s.union_id = u.identifier_id)
group by u.identifier_id
on conflict do nothing;

-- name: keep_strangers
insert into sync_strangers (corp, union_id, openid_id, due_at)
select %(corp)s, p.union_id, p.openid_id, %(at)s from unnest(%(unions)s::bigint[], %(openids)s::bigint[]) as p(union_id, openid_id)
on conflict do nothing;

-- The newest first: who has just come waits for nobody who came long ago.
-- name: due_strangers
select s.union_id, u.value, o.scope, o.value, s.tries, exists (
    select from identifiers e where e.person_id = u.person_id and e.kind = 'external_userid' and e.scope = s.corp)
from sync_strangers s
join identifiers u on u.identifier_id = s.union_id
join identifiers o on o.identifier_id = s.openid_id
where s.corp = %(corp)s and s.due_at <= %(now)s order by s.due_at desc, s.union_id desc limit %(limit)s;

-- A pending id stands for one person: who it was given for before does not have it any more. (A corp that was founded anew gives them again.)
-- name: take_away
update sync_strangers s set pending_id = null
from unnest(%(pending)s::text[], %(union_ids)s::bigint[]) as w(pending_id, union_id)
where s.corp = %(corp)s and s.pending_id = w.pending_id and s.union_id <> w.union_id;

-- name: answer
update sync_strangers s set state = w.state, pending_id = nullif(w.pending_id, ''), ends_at = w.ends_at, due_at = w.due_at,
    error = w.error, asked_at = %(at)s, tries = case when w.error = '' then 0 else s.tries + 1 end
from json_to_recordset(%(rows)s::json) as w(union_id bigint, state text, pending_id text, ends_at timestamptz, due_at timestamptz, error text)
where s.corp = %(corp)s and s.union_id = w.union_id;

-- Of pending ids that are still good: who they stand for.
-- name: behind
select s.pending_id, u.value, o.scope, o.value
from sync_strangers s
join identifiers u on u.identifier_id = s.union_id and u.value is not null
join identifiers o on o.identifier_id = s.openid_id and o.value is not null
where s.corp = %(corp)s and s.pending_id = any(%(pending)s) and s.ends_at > %(now)s;

-- Since when somebody may have become a customer after a pending id was given for them.
-- name: oldest_pending
select min(asked_at) from sync_strangers where corp = %(corp)s and state = 'pending' and ends_at > %(now)s;

-- Customers of today whose unionid nobody knows, who came since: one of them may be somebody for whom a pending id stands.
-- name: newcomers
select distinct i.value from contacts c
join identifiers i on i.identifier_id = c.subject and i.value is not null
where c.corp = %(corp)s and c.is_active and c.added_at >= %(since)s
    and not exists (select from identifiers u where u.person_id = i.person_id and u.kind = 'unionid')
order by 1;

-- name: counts
select p.corp, count(s.*) filter (where s.state = 'new'), count(s.*) filter (where s.state = 'pending'),
    count(s.*) filter (where s.state = 'customer'), count(s.*) filter (where s.state = 'refused'), p.error
from sync_kin_places p left join sync_strangers s using (corp) group by p.corp, p.error order by p.corp;
