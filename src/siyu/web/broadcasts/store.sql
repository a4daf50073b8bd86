-- What the pages of broadcasts read beyond the doors of the rooms.

-- name: count_outcomes
select p.origin_id, count(*) filter (where p.state = 'sent'), count(*) filter (where p.state in ('waiting', 'claimed'))
from permits p where p.origin = 'broadcast' and p.origin_id = any(%(broadcast_ids)s::bigint[]) group by 1;

-- Members by arm, by the reason for which they were set aside, or all of them.
-- name: people_of_arm
select m.person_id, count(*) over () from broadcast_members m
where m.broadcast_id = %(broadcast_id)s and (%(code)s = '' or m.arm = %(code)s)
order by m.place, m.person_id limit %(limit)s offset %(offset)s;

-- name: people_set_aside
select m.person_id, count(*) over () from broadcast_members m
where m.broadcast_id = %(broadcast_id)s and m.set_aside <> '' and %(code)s in ('', m.set_aside)
order by m.place, m.person_id limit %(limit)s offset %(offset)s;

-- Treated members by the state of their latest permit.
-- name: people_in_state
select m.person_id, count(*) over ()
from broadcast_members m
join intents i on i.key = m.intent_key
join permits p on p.intent_id = i.intent_id
where m.broadcast_id = %(broadcast_id)s and m.arm = 'treated' and p.state = %(code)s
order by m.place, m.person_id limit %(limit)s offset %(offset)s;

-- Treated members to whom the gate said no, by the reason.
-- name: people_refused
with answers as (
    select distinct on (v.intent_id) v.intent_id, v.code
    from lanes l join verdict_log v on v.lane_id = l.lane_id
    where l.origin = 'broadcast' and l.origin_id = %(broadcast_id)s
    order by v.intent_id, v.judged_at desc
)
select m.person_id, count(*) over ()
from broadcast_members m
join intents i on i.key = m.intent_key
join answers a on a.intent_id = i.intent_id
left join permits p on p.intent_id = i.intent_id
where m.broadcast_id = %(broadcast_id)s and m.arm = 'treated' and coalesce(p.state, 'withdrawn') = 'withdrawn'
  and a.code not in ('permit', 'withdrawn') and %(code)s in ('', a.code)
order by m.place, m.person_id limit %(limit)s offset %(offset)s;

-- Treated members of whom there is a receipt of this kind.
-- name: people_with_receipt
select m.person_id, count(*) over ()
from broadcast_members m
join intents i on i.key = m.intent_key
where m.broadcast_id = %(broadcast_id)s and m.arm = 'treated'
  and exists (select from facts f where f.object = i.intent_id::text and f.type = 'message.' || %(code)s::text and f.occurred_at >= m.entered_at)
order by m.place, m.person_id limit %(limit)s offset %(offset)s;

-- Members of an arm who bought within their window.
-- name: people_who_bought
select m.person_id, count(*) over ()
from broadcast_members m
join broadcasts b using (broadcast_id)
join identifiers me on me.identifier_id = m.person_id
where m.broadcast_id = %(broadcast_id)s and m.arm = %(code)s
  and exists (
    select from identifiers i join orders o on o.subject = i.identifier_id
    where i.person_id = me.person_id and o.paid_minor > 0 and o.currency = %(currency)s
      and o.paid_at >= m.entered_at and o.paid_at < m.entered_at + b.measure_for
  )
order by m.place, m.person_id limit %(limit)s offset %(offset)s;
