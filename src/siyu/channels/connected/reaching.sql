-- Whom these channels reach: the name that somebody has with an account of ours. Of several the one seen last; what was
-- written or followed lately is read from the facts, because what answers it is sent before it is folded.

-- name: openids
select distinct on (w.id) w.id, i.identifier_id, i.value, i.scope
from unnest(%(people)s::bigint[]) as w(id)
join identifiers o on o.identifier_id = w.id
join identifiers i on i.person_id = o.person_id
left join folds f on f.subject = i.identifier_id
left join lateral (
    select max(d.occurred_at) as at from facts d
    where d.subject = i.identifier_id and d.type in ('message.received', 'account.followed') and d.occurred_at > %(since)s
) lately on true
where i.kind = 'openid' and i.scope = any(%(scopes)s::text[]) and i.value is not null and i.unreachable_at is null and i.erased_at is null
order by w.id, lately.at desc nulls last, f.last_at desc nulls last, i.identifier_id;

-- The desk that somebody wrote to last is the one that may answer; who has just entered one is greeted there.
-- name: desks
select distinct on (w.id) w.id, i.identifier_id, i.value, i.scope, d.object
from unnest(%(people)s::bigint[]) as w(id)
join identifiers o on o.identifier_id = w.id
join identifiers i on i.person_id = o.person_id
cross join lateral (
    select f.object, f.occurred_at from facts f
    where f.subject = i.identifier_id and f.data->>'channel' = 'kf' and f.object is not null and f.occurred_at > %(since)s
      and (f.type = 'message.received' or f.type = 'desk.entered' and f.data->>'welcome_code' <> '' and f.occurred_at > %(entered_since)s)
    order by f.occurred_at desc limit 1
) d
where i.kind = 'external_userid' and i.scope = any(%(scopes)s::text[]) and i.value is not null and i.erased_at is null
order by w.id, d.occurred_at desc, i.identifier_id;
