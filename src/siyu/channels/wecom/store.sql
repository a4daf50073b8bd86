-- name: lock_planning
select pg_advisory_xact_lock(7323, hashtext(%(channel)s));

-- A task that is not yet called and says the same for the same guide.
-- name: open_tasks
select t.task_id, t.account_id, t.guide, t.origin, t.origin_id, t.purpose, t.content_id, t.content_version, t.body,
       (select count(*) from mass_recipients r where r.task_id = t.task_id)::int
from mass_tasks t where t.channel = %(channel)s and t.state = 'planned' and t.tries = 0 order by t.task_id for update;

-- name: make_task
insert into mass_tasks (channel, account_id, corp, guide, origin, origin_id, purpose, content_id, content_version, body, state, planned_at,
                        expires_at, next_at)
values (%(channel)s, %(account_id)s, %(corp)s, %(guide)s, %(origin)s, %(origin_id)s, %(purpose)s, %(content_id)s, %(content_version)s,
        %(body)s, 'planned', %(now)s, %(expires_at)s, %(now)s)
returning task_id;

-- name: task_lasts
update mass_tasks set expires_at = greatest(expires_at, %(expires_at)s) where task_id = %(task_id)s;

-- name: add_recipients
insert into mass_recipients (task_id, intent_id, token, person_id, subject)
select %(task_id)s, * from unnest(%(intent_ids)s::bigint[], %(tokens)s::bigint[], %(person_ids)s::bigint[], %(subjects)s::bigint[])
on conflict (intent_id) where state in ('open', 'sent') do nothing;

-- Intents that stand in a task already (their lease ran out meanwhile): the task goes on, with the new token.
-- name: take_over
update mass_recipients r set token = w.token
from unnest(%(intent_ids)s::bigint[], %(tokens)s::bigint[]) as w(intent_id, token)
where r.intent_id = w.intent_id and r.state in ('open', 'sent')
returning r.intent_id, r.state, coalesce(r.settled_at, %(now)s);

-- name: take_over_sends
update sends s set token = w.token
from unnest(%(intent_ids)s::bigint[], %(tokens)s::bigint[]) as w(intent_id, token)
where s.intent_id = w.intent_id and s.state in ('sending', 'unknown') and s.token < w.token;

-- Tasks whose origin is still asking for people wait for them, so that there are few and large ones.
-- name: callable_tasks
select t.task_id from mass_tasks t
where t.channel = %(channel)s and t.state = 'planned' and t.next_at <= %(now)s
  and not (t.origin = 'broadcast' and t.planned_at > %(patient_since)s
           and exists (select 1 from broadcasts b where b.broadcast_id = t.origin_id and b.state in ('scheduled', 'enrolling')))
order by t.next_at, t.task_id limit %(limit)s;

-- name: see_task
select task_id, channel, account_id, corp, guide, origin, origin_id, purpose, content_id, content_version, body, state, msgid, tries,
       called_at, expires_at, made_at, confirmed_at, cancelled_at, code
from mass_tasks where task_id = %(task_id)s;

-- name: lock_task
select task_id, channel, account_id, corp, guide, origin, origin_id, purpose, content_id, content_version, body, state, msgid, tries,
       called_at, expires_at, made_at, confirmed_at, cancelled_at, code
from mass_tasks where task_id = %(task_id)s for update skip locked;

-- name: put_off_task
update mass_tasks set next_at = %(next_at)s, code = %(code)s, why = %(why)s where task_id = %(task_id)s;

-- name: is_held
select exists (select 1 from held_origins where origin = %(origin)s and origin_id = %(origin_id)s);

-- Who may not be written to any more: said no since the claim, was taken back, or is not the guide's contact now.
-- name: barred
select r.intent_id,
       case when t.origin_id is not null then 'withdrawn'
            when not c.is_active then 'not_contact' else 'unsubscribed' end
from mass_recipients r
join permits p on p.intent_id = r.intent_id
join mass_tasks m on m.task_id = r.task_id
join contacts c on c.corp = m.corp and c.guide = m.guide and c.subject = r.subject
left join taken_back t on t.origin = p.origin and t.origin_id = p.origin_id and p.intent_id <= t.up_to
where r.task_id = %(task_id)s and r.state = 'open'
  and (t.origin_id is not null or not c.is_active or exists (
      select 1 from identifiers i join withdrawals w on w.subject = i.identifier_id
      where i.person_id = (select i.person_id from identifiers i where i.identifier_id = r.person_id)
        and w.channel in (p.channel, '*') and w.purpose in (p.purpose, '*') and w.withdrawn_at >= p.claimed_at));

-- The attempts, written before WeCom is called.
-- name: begin_sends
insert into sends (intent_id, channel, person_id, address_id, state, token, lease_until, started_at)
select r.intent_id, %(channel)s, r.person_id, r.subject, 'sending', r.token, p.lease_until, %(now)s
from mass_recipients r join permits p on p.intent_id = r.intent_id and p.token = r.token and p.state = 'claimed'
where r.task_id = %(task_id)s and r.state = 'open'
on conflict (intent_id) do update set
    state = 'sending', token = excluded.token, lease_until = excluded.lease_until, started_at = excluded.started_at, ended_at = null,
    person_id = excluded.person_id, address_id = excluded.address_id, code = '', why = ''
    where sends.state in ('deferred', 'sending') and sends.token <= excluded.token;

-- name: begin_call
update mass_tasks set state = 'calling', called_at = %(now)s, call_until = clock_timestamp() + %(call_for)s, tries = tries + 1, code = '',
    why = '' where task_id = %(task_id)s;

-- name: receivers
select r.intent_id, r.token, r.person_id, r.subject, coalesce(i.value, '') as external_userid, coalesce(n.topic, '') as topic
from mass_recipients r
join identifiers i on i.identifier_id = r.subject
left join intents n on n.intent_id = r.intent_id
where r.task_id = %(task_id)s and r.state = 'open' order by r.intent_id;

-- name: task_made
update mass_tasks set state = 'made', msgid = %(msgid)s, made_at = %(now)s, next_at = %(next_at)s, code = '', why = ''
where task_id = %(task_id)s and state = 'calling';

-- name: task_again
update mass_tasks set state = 'planned', next_at = %(next_at)s, code = %(code)s, why = %(why)s where task_id = %(task_id)s and state = 'calling';

-- name: in_doubt
update mass_tasks set call_until = clock_timestamp(), next_at = %(next_at)s, code = %(code)s where task_id = %(task_id)s and state = 'calling';

-- Calls of which nobody knows the outcome: their caller is gone, or got no answer.
-- name: doubtful_tasks
select task_id from mass_tasks
where channel = %(channel)s and state = 'calling' and call_until <= statement_timestamp() and next_at <= %(now)s order by task_id limit %(limit)s;

-- name: known_msgids
select msgid from mass_tasks where account_id = %(account_id)s and msgid = any(%(msgids)s::text[]);

-- name: sends_deferred
update sends s set state = 'deferred', code = %(code)s
from mass_recipients r where r.task_id = %(task_id)s and r.state = 'open' and s.intent_id = r.intent_id and s.state = 'sending';

-- name: sends_named
update sends s set vendor_id = %(msgid)s
from mass_recipients r where r.task_id = %(task_id)s and r.state = 'open' and s.intent_id = r.intent_id and s.state = 'sending';

-- name: end_recipients
update mass_recipients r set state = w.state, settled_at = w.at
from unnest(%(intent_ids)s::bigint[], %(states)s::text[], %(ats)s::timestamptz[]) as w(intent_id, state, at)
where r.task_id = %(task_id)s and r.intent_id = w.intent_id and r.state = 'open'
returning r.intent_id;

-- name: end_task_if_done
update mass_tasks t set state = 'ended', ended_at = %(now)s, code = case when %(code)s = '' then t.code else %(code)s end
where t.task_id = %(task_id)s and t.state <> 'ended'
  and not exists (select 1 from mass_recipients r where r.task_id = t.task_id and r.state = 'open')
returning t.task_id;

-- Tasks that must be stopped before their guide confirms, and why. Who said no is found from the newest withdrawals on.
-- name: tasks_to_stop
with live as materialized (
    select t.task_id, t.origin, t.origin_id, t.corp, t.guide, t.expires_at, t.called_at from mass_tasks t
    where t.channel = %(channel)s and t.state = 'made' and t.confirmed_at is null and t.cancelled_at is null and t.next_stop_at <= %(now)s
),
said_no as materialized (  -- by index all the way, however many customers the planner expects to have said no
    select w.channel, w.purpose, w.withdrawn_at, ri.identifier_id as subject
    from (select * from withdrawals where withdrawn_at >= (select min(called_at) from live) offset 0) w
    cross join lateral (select i.person_id from identifiers i where i.identifier_id = w.subject offset 0) wi
    cross join lateral (select i.identifier_id from identifiers i where i.person_id = wi.person_id offset 0) ri
),
told as (
    select distinct r.task_id
    from said_no w
    cross join lateral (select o.task_id, o.intent_id from mass_recipients o where o.subject = w.subject and o.state = 'open' offset 0) r
    join live t on t.task_id = r.task_id
    join permits p on p.intent_id = r.intent_id
    where w.withdrawn_at >= t.called_at and w.channel in (p.channel, '*') and w.purpose in (p.purpose, '*') and w.withdrawn_at >= p.claimed_at
)
select t.task_id,
       case when t.expires_at <= %(now)s then 'expired'
            when b.origin is not null then 'withdrawn'
            when h.origin is not null then 'held'
            when g.left_at is not null then 'guide_left'
            else 'unsubscribed' end
from live t
left join taken_back b on b.origin = t.origin and b.origin_id = t.origin_id
    and exists (select 1 from mass_recipients r where r.task_id = t.task_id and r.state = 'open' and r.intent_id <= b.up_to)
left join held_origins h on h.origin = t.origin and h.origin_id = t.origin_id
left join guides g on g.corp = t.corp and g.guide = t.guide
where t.expires_at <= %(now)s or b.origin is not null or h.origin is not null or g.left_at is not null
   or t.task_id in (select task_id from told)
order by t.task_id limit %(limit)s;

-- name: cancelled
update mass_tasks set cancelled_at = %(now)s, code = %(code)s, next_at = %(now)s where task_id = %(task_id)s and cancelled_at is null;

-- name: put_off_stop
update mass_tasks set next_stop_at = %(at)s where task_id = %(task_id)s;

-- name: tasks_to_follow
select task_id from mass_tasks where channel = %(channel)s and state = 'made' and next_at <= %(now)s order by next_at, task_id limit %(limit)s;

-- name: confirmed
update mass_tasks set confirmed_at = coalesce(confirmed_at, %(at)s) where task_id = %(task_id)s;

-- name: look_again
update mass_tasks set next_at = %(next_at)s where task_id = %(task_id)s;

-- name: media
select media_id from mass_media where account_id = %(account_id)s and use = %(use)s and digest = %(digest)s and expires_at > %(now)s;

-- name: keep_media
insert into mass_media (account_id, use, digest, media_id, expires_at) values (%(account_id)s, %(use)s, %(digest)s, %(media_id)s, %(expires_at)s)
on conflict (account_id, use, digest) do update set media_id = excluded.media_id, expires_at = excluded.expires_at;

-- name: lock_for_reminder
select task_id, account_id, msgid, reminded_at, state, confirmed_at, cancelled_at from mass_tasks where task_id = %(task_id)s for update;

-- name: note_reminder
update mass_tasks set reminded_at = array_append(array(select at from unnest(reminded_at) as at where at > %(since)s), %(now)s)
where task_id = %(task_id)s;

-- name: waiting_of_origin
select task_id from mass_tasks
where origin = %(origin)s and origin_id = %(origin_id)s and state = 'made' and confirmed_at is null and cancelled_at is null
  and (%(guide)s::text is null or guide = %(guide)s)
order by task_id;

-- One row a guide: who was planned, and where each stands. Bought and answered are counted within the days after the message.
-- name: funnel
with mine as (
    select t.task_id, t.corp, t.guide, t.state, t.made_at, t.confirmed_at, t.cancelled_at, t.reminded_at, t.expires_at
    from mass_tasks t where t.origin = %(origin)s and t.origin_id = %(origin_id)s and t.channel = %(channel)s
), who as (
    select m.corp, m.guide, r.intent_id, r.person_id, r.state, r.settled_at, m.made_at
    from mine m join mass_recipients r on r.task_id = m.task_id
), echo as (
    select w.intent_id,
           exists (select 1 from identifiers n join identifiers i on i.person_id = n.person_id
                   join facts f on f.subject = i.identifier_id and f.occurred_at >= w.settled_at and f.occurred_at < w.settled_at + %(measure_for)s
                   where n.identifier_id = w.person_id and f.type = 'message.received') as is_answered,
           exists (select 1 from identifiers n join identifiers i on i.person_id = n.person_id
                   join orders o on o.subject = i.identifier_id and o.paid_at >= w.settled_at and o.paid_at < w.settled_at + %(measure_for)s
                   where n.identifier_id = w.person_id) as has_bought
    from who w where w.state = 'sent'
), people as (
    select w.corp, w.guide, count(distinct w.intent_id)::int as planned,
           count(distinct w.intent_id) filter (where w.made_at is not null)::int as created,
           count(*) filter (where w.state = 'open')::int as open, count(*) filter (where w.state = 'sent')::int as sent,
           count(*) filter (where w.state = 'not_friend')::int as not_friend, count(*) filter (where w.state = 'quota')::int as quota,
           count(*) filter (where w.state = 'unconfirmed')::int as unconfirmed,
           count(*) filter (where w.state = 'cancelled')::int as cancelled, count(*) filter (where w.state = 'refused')::int as refused,
           count(*) filter (where e.is_answered)::int as answered, count(*) filter (where e.has_bought)::int as bought
    from who w left join echo e on e.intent_id = w.intent_id and w.state = 'sent' group by 1, 2
), work as (
    select m.corp, m.guide, count(*)::int as tasks, count(*) filter (where m.confirmed_at is not null)::int as confirmed,
           count(*) filter (where m.state = 'made' and m.confirmed_at is null and m.cancelled_at is null)::int as waiting,
           coalesce(sum((select count(*) from unnest(m.reminded_at) as at where at > %(day_ago)s)), 0)::int as reminders,
           max(m.confirmed_at) as confirmed_at, max(m.expires_at) as expires_at
    from mine m group by 1, 2
)
select k.corp, k.guide, coalesce(nullif(g.name, ''), k.guide) as name, coalesce(g.store, '') as store, k.tasks, k.confirmed, k.waiting,
       k.reminders, k.confirmed_at, k.expires_at, p.planned, p.created, p.open, p.sent, p.not_friend, p.quota, p.unconfirmed, p.cancelled,
       p.refused, p.answered, p.bought, g.left_at is not null as has_left
from work k join people p using (corp, guide) left join guides g on g.corp = k.corp and g.guide = k.guide
order by coalesce(g.store, ''), p.sent, k.guide;

-- name: tasks_of
select t.task_id, t.guide, t.state, t.msgid, t.code, t.why, t.planned_at, t.made_at, t.confirmed_at, t.cancelled_at, t.expires_at,
       ((select count(*) from mass_recipients r where r.task_id = t.task_id)
        + (select count(*) from mass_groups g where g.task_id = t.task_id))::int as receivers
from mass_tasks t where t.origin = %(origin)s and t.origin_id = %(origin_id)s and t.channel = %(channel)s order by t.task_id limit %(limit)s;
