-- A broadcast's people and what became of them. Reads what the rooms above keep.

-- Everybody enrolled, with the person each is today. Numbers only, so that a million come over as columns.
-- name: copy_people
copy (
    select i.person_id, m.person_id, (m.arm = 'treated')::int::bigint, hashtextextended(m.stratum, 0), m.before_minor,
           (extract(epoch from m.entered_at) * 1000000)::bigint
    from broadcast_members m join identifiers i on i.identifier_id = m.person_id
    where m.broadcast_id = %(broadcast_id)s
) to stdout (format binary);

-- Their orders while anybody's window was open; each person's own window is looked at later. What was refunded of them is taken off.
-- name: copy_orders
copy (
    select i.person_id, (extract(epoch from o.paid_at) * 1000000)::bigint, o.paid_minor - o.refunded_minor
    from (select distinct i.person_id from broadcast_members m join identifiers i on i.identifier_id = m.person_id
          where m.broadcast_id = %(broadcast_id)s) w
    join identifiers i on i.person_id = w.person_id
    join orders o on o.subject = i.identifier_id
    where o.paid_minor > 0 and o.currency = %(currency)s and o.paid_at >= %(from_at)s and o.paid_at < %(to_at)s and o.paid_at <= %(now)s
) to stdout (format binary);

-- name: see_other_currencies
select o.currency, sum(o.paid_minor - o.refunded_minor)::bigint
from broadcasts b
join broadcast_members m using (broadcast_id)
join identifiers me on me.identifier_id = m.person_id
join identifiers i on i.person_id = me.person_id
join orders o on o.subject = i.identifier_id
where b.broadcast_id = %(broadcast_id)s and o.paid_minor > 0 and o.currency <> %(currency)s
  and o.paid_at >= m.entered_at and o.paid_at < m.entered_at + b.measure_for and o.paid_at <= %(now)s
group by 1 order by 1;

-- name: count_members
select count(*), count(*) filter (where arm = 'control') from broadcast_members where broadcast_id = %(broadcast_id)s;

-- name: count_set_aside
select set_aside, count(*) from broadcast_members where broadcast_id = %(broadcast_id)s and set_aside <> '' group by 1;

-- Where the treated people's latest intents stand: the permit's state, and the latest answer.
-- name: count_states
with answers as (
    select distinct on (v.intent_id) v.intent_id, v.code, v.waits
    from lanes l join verdict_log v on v.lane_id = l.lane_id
    where l.origin = 'broadcast' and l.origin_id = %(broadcast_id)s
    order by v.intent_id, v.judged_at desc
)
select coalesce(p.state, ''), coalesce(a.code, ''), count(*), coalesce(sum(p.cost_minor), 0)::bigint
from broadcast_members m
join intents i on i.key = m.intent_key
left join permits p on p.intent_id = i.intent_id
left join answers a on a.intent_id = i.intent_id
where m.broadcast_id = %(broadcast_id)s and m.arm = 'treated'
group by 1, 2;

-- name: count_receipts
select f.type, count(distinct f.object)
from intents i join facts f on f.object = i.intent_id::text
where i.origin = 'broadcast' and i.origin_id = %(broadcast_id)s and f.type = any(%(types)s::text[]) and f.occurred_at >= %(from_at)s
group by 1;

-- name: copy_clicks
copy (
    select s.person_id, (extract(epoch from f.occurred_at) * 1000000)::bigint
    from intents i
    join facts f on f.object = i.intent_id::text and f.type = 'message.clicked' and f.occurred_at >= %(from_at)s
    join identifiers s on s.identifier_id = i.person_id
    where i.origin = 'broadcast' and i.origin_id = %(broadcast_id)s
) to stdout (format binary);
