-- name: make_broadcast
with new as (select nextval(pg_get_serial_sequence('broadcasts', 'broadcast_id')) as id)
insert into broadcasts (
    broadcast_id, name, segment_id, rule, channel, content_id, content_version, purpose, topic, priority, cost_minor, holdout_share, salt,
    expire_for, measure_for, look_back_for, rate_per_minute, created_by, created_at, is_cost_by_price
)
overriding system value
select id, %(name)s, %(segment_id)s, %(rule)s, %(channel)s, %(content_id)s, %(content_version)s, %(purpose)s,
       coalesce(nullif(%(topic)s, ''), 'broadcast:' || id), %(priority)s, %(cost_minor)s, %(holdout_share)s, 'broadcast:' || id,
       %(expire_for)s, %(measure_for)s, %(look_back_for)s, %(rate_per_minute)s, %(created_by)s, %(created_at)s, %(is_cost_by_price)s
from new
returning broadcast_id;

-- name: change_broadcast
update broadcasts set
    name = %(name)s, segment_id = %(segment_id)s, rule = %(rule)s, channel = %(channel)s, content_id = %(content_id)s,
    content_version = %(content_version)s, purpose = %(purpose)s, topic = coalesce(nullif(%(topic)s, ''), 'broadcast:' || broadcast_id),
    priority = %(priority)s, cost_minor = %(cost_minor)s, holdout_share = %(holdout_share)s, expire_for = %(expire_for)s,
    measure_for = %(measure_for)s, look_back_for = %(look_back_for)s, rate_per_minute = %(rate_per_minute)s,
    is_cost_by_price = %(is_cost_by_price)s
where broadcast_id = %(broadcast_id)s;

-- name: see_broadcast
select * from broadcasts where broadcast_id = %(broadcast_id)s;

-- name: take_broadcast
select * from broadcasts where broadcast_id = %(broadcast_id)s for update;

-- name: all_broadcasts
select * from broadcasts order by broadcast_id desc limit %(limit)s;

-- name: due_broadcasts
select broadcast_id from broadcasts
where (state = 'scheduled' and start_at <= %(now)s) or state = 'enrolling' or (state = 'running' and measured_at <= %(now)s)
order by priority desc, broadcast_id;

-- name: try_advance
select pg_try_advisory_xact_lock(7304, %(broadcast_id)s::int);

-- name: set_going
update broadcasts set state = %(state)s, start_at = %(start_at)s, content_version = %(content_version)s, cost_minor = %(cost_minor)s
where broadcast_id = %(broadcast_id)s;

-- name: set_state
update broadcasts set
    state = %(state)s,
    started_at = case when %(state)s = 'enrolling' then coalesce(started_at, %(now)s) else started_at end,
    paused_at = case when %(state)s = 'paused' then %(now)s end,
    ended_at = case when %(state)s in ('done', 'cancelled') then %(now)s end
where broadcast_id = %(broadcast_id)s;

-- name: keep_job
update broadcasts set job_id = %(job_id)s where broadcast_id = %(broadcast_id)s;

-- What was known before: stage and paid orders, less what was refunded of them, in the brand's currency.
-- name: see_past
select w.person_id, coalesce(p.stage, 'visitor'), coalesce(o.spent, 0)::bigint, coalesce(o.n, 0)::int
from unnest(%(person_ids)s::bigint[]) as w(person_id)
left join profiles p on p.person_id = w.person_id
left join lateral (
    select sum(o.paid_minor - o.refunded_minor) as spent, count(*) as n
    from identifiers i
    join orders o on o.subject = i.identifier_id
    where i.person_id = w.person_id and o.paid_at >= %(from_at)s and o.paid_at < %(to_at)s
      and o.paid_minor > 0 and o.currency = %(currency)s
) o on true;

-- name: copy_members
copy broadcast_members (broadcast_id, person_id, arm, stratum, place, before_minor, before_n, entered_at) from stdin;

-- name: drawn
update broadcasts set drawn_at = %(now)s, members_n = %(members_n)s, measured_at = %(measured_at)s
where broadcast_id = %(broadcast_id)s and drawn_at is null;

-- name: take_unasked
select person_id, arm, entered_at, round, place from broadcast_members
where broadcast_id = %(broadcast_id)s and place >= %(next_place)s and intent_key is null and set_aside = ''
order by place, person_id limit %(limit)s;

-- name: keep_next_place
update broadcasts set next_place = %(next_place)s where broadcast_id = %(broadcast_id)s;

-- Every member of this broadcast that is today one of these people: who was enrolled under two names shows up twice.
-- name: same_people
select i.person_id, m.person_id, m.intent_key is not null
from identifiers i
join broadcast_members m on m.broadcast_id = %(broadcast_id)s and m.person_id = i.identifier_id
where i.person_id = any(%(person_ids)s::bigint[]) and m.set_aside = ''
order by 1, 2;

-- name: asked
update broadcast_members m set intent_key = w.key
from unnest(%(person_ids)s::bigint[], %(keys)s::uuid[]) as w(person_id, key)
where m.broadcast_id = %(broadcast_id)s and m.person_id = w.person_id;

-- name: set_aside
update broadcast_members m set set_aside = w.why
from unnest(%(person_ids)s::bigint[], %(whys)s::text[]) as w(person_id, why)
where m.broadcast_id = %(broadcast_id)s and m.person_id = w.person_id;

-- Members whose message was taken back by a pause are asked for anew, in another round.
-- name: take_back_withdrawn
update broadcast_members m set intent_key = null, round = m.round + 1
from intents i
left join permits p on p.intent_id = i.intent_id
where m.broadcast_id = %(broadcast_id)s and m.arm = 'treated' and i.key = m.intent_key
  and coalesce(p.state, 'withdrawn') = 'withdrawn'
  and not exists (select from verdict_log v where v.intent_id = i.intent_id and not v.waits and v.code not in ('withdrawn', 'expired'));

-- name: first_open_place
select min(place) from broadcast_members where broadcast_id = %(broadcast_id)s and intent_key is null and set_aside = '';

-- The turns that a pause held up come later by as long as it lasted; in both arms, so that they stay comparable.
-- name: put_off
update broadcast_members set entered_at = entered_at + %(by)s
where broadcast_id = %(broadcast_id)s and place >= %(place)s;

-- name: measured_at
update broadcasts b set measured_at = (select max(entered_at) from broadcast_members m where m.broadcast_id = b.broadcast_id) + b.measure_for
where b.broadcast_id = %(broadcast_id)s;

-- name: count_in_flight
select count(*) from permits
where origin = 'broadcast' and origin_id = %(broadcast_id)s and state in ('waiting', 'claimed');

-- How far it is. Unjudged intents are neither waiting nor settled: the difference between asked and the rest is with the gate.
-- name: see_progress
select
    (select count(*) from broadcast_members where broadcast_id = %(broadcast_id)s),
    (select count(*) from broadcast_members where broadcast_id = %(broadcast_id)s and arm = 'control'),
    (select count(*) from broadcast_members where broadcast_id = %(broadcast_id)s and (intent_key is not null or set_aside <> '')),
    (select coalesce(jsonb_object_agg(state, n), '{}') from (
        select state, count(*) as n from permits where origin = 'broadcast' and origin_id = %(broadcast_id)s group by state) s);
