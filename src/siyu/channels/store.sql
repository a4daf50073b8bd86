-- What the person said since the permit was claimed, and whether its origin was stopped, is looked at once more here: the last moment
-- before the vendor is called. A message whose outcome may be unknown is taken up again only where the vendor knows it by its key.
-- name: begin_sends
insert into sends (intent_id, channel, person_id, address_id, state, token, lease_until, started_at)
select p.intent_id, p.channel, b.person_id, b.address_id, 'sending', p.token, p.lease_until, %(at)s
from unnest(%(intent_ids)s::bigint[], %(tokens)s::bigint[], %(person_ids)s::bigint[], %(address_ids)s::bigint[])
     as b(intent_id, token, person_id, address_id)
join wanted_permits p on p.intent_id = b.intent_id and p.token = b.token
where p.lease_until > statement_timestamp() + %(patience)s
on conflict (intent_id) do update set
    state = 'sending', token = excluded.token, lease_until = excluded.lease_until, started_at = excluded.started_at, ended_at = null,
    person_id = excluded.person_id, address_id = excluded.address_id
    where sends.token < excluded.token and (sends.state = 'deferred' or (%(is_idempotent)s and sends.state = 'sending'))
returning intent_id, tries;

-- The same last look for an attempt that was begun and had to wait for its call.
-- name: is_wanted
select from wanted_permits p
where p.intent_id = %(intent_id)s and p.token = %(token)s and p.lease_until > statement_timestamp() + %(patience)s;

-- name: see_states
select intent_id, state, token from sends where intent_id = any(%(intent_ids)s::bigint[]);

-- Messages that were refused before any vendor was asked.
-- name: refuse_sends
insert into sends (intent_id, channel, person_id, address_id, state, token, lease_until, code, why, started_at, ended_at)
select p.intent_id, p.channel, w.person_id, w.address_id, 'rejected', p.token, p.lease_until, w.code, w.why, %(at)s, %(at)s
from unnest(%(intent_ids)s::bigint[], %(tokens)s::bigint[], %(person_ids)s::bigint[], %(address_ids)s::bigint[], %(codes)s::text[],
            %(whys)s::text[]) as w(intent_id, token, person_id, address_id, code, why)
join permits p on p.intent_id = w.intent_id and p.token = w.token and p.state = 'claimed'
on conflict (intent_id) do update set
    state = 'rejected', token = excluded.token, code = excluded.code, why = excluded.why, ended_at = excluded.ended_at
    where sends.token < excluded.token and sends.state = 'deferred'
returning intent_id;

-- The owner of the claim writes what it learned, also where somebody gave it up as unknown meanwhile. A later claim may only say that
-- the attempt it found is unknown.
-- name: finish_sends
update sends s set
    state = w.state, tries = w.tries, vendor_id = case when w.vendor_id = '' then s.vendor_id else w.vendor_id end, code = w.code,
    why = w.why, ended_at = w.at, token = w.token
from unnest(%(intent_ids)s::bigint[], %(tokens)s::bigint[], %(states)s::text[], %(tries)s::int[], %(vendor_ids)s::text[],
            %(codes)s::text[], %(whys)s::text[], %(ats)s::timestamptz[])
     as w(intent_id, token, state, tries, vendor_id, code, why, at)
where s.intent_id = w.intent_id
  and ((s.token = w.token and s.state in ('sending', 'unknown')) or (s.token < w.token and s.state in ('sending', 'unknown') and w.state = 'unknown'))
returning s.intent_id;

-- name: lost_sends
select s.intent_id, s.token from sends s left join permits p on p.intent_id = s.intent_id
where s.channel = %(channel)s and s.state = 'sending' and s.lease_until < statement_timestamp() - interval '2 seconds'
  and not (%(is_idempotent)s and coalesce(p.state, '') in ('claimed', 'waiting'))
order by s.lease_until limit 1000 for update of s skip locked;

-- Messages that were put off and have no time left, or were taken back: nobody tries them again. Where the vendor gave no answer to the last
-- try, nobody knows.
-- name: end_outlived
with outlived as materialized (
    select s.intent_id from sends s left join permits p on p.intent_id = s.intent_id
    where s.state = 'deferred' and coalesce(p.state, '') not in ('waiting', 'claimed')
    order by s.started_at limit %(limit)s for update of s skip locked
)
update sends s set state = case when s.code = 'no_answer' then 'unknown' else 'rejected' end, ended_at = %(at)s
from outlived o where s.intent_id = o.intent_id returning s.intent_id;

-- name: names_of
select i.person_id, i.kind, min(i.value) from identifiers i
where i.person_id = any(%(person_ids)s::bigint[]) and i.value is not null
  and i.kind in ('user_id', 'member_id', 'buyer_id', 'external_userid', 'unionid', 'openid')
group by 1, 2;

-- name: see_rest
select failures, resting_until, code, why from channel_rests where channel = %(channel)s;

-- name: keep_rest
insert into channel_rests (channel, failures, resting_until, code, why, changed_at)
values (%(channel)s, %(failures)s, %(resting_until)s, %(code)s, %(why)s, %(at)s)
on conflict (channel) do update set failures = excluded.failures, resting_until = excluded.resting_until, code = excluded.code,
    why = excluded.why, changed_at = excluded.changed_at;

-- name: end_rest
delete from channel_rests where channel = %(channel)s;

-- name: lock_send
select s.intent_id, s.channel, s.person_id, s.address_id, s.state, s.token, s.code, i.purpose, i.topic, i.origin, i.origin_id,
       i.content_id, i.content_version
from sends s join intents i on i.intent_id = s.intent_id where s.intent_id = %(intent_id)s for update of s;

-- name: note_opened
update sends set opened_at = least(opened_at, %(at)s) where intent_id = %(intent_id)s;

-- name: note_clicked
update sends set clicked_at = least(clicked_at, %(at)s), opened_at = least(opened_at, %(at)s) where intent_id = %(intent_id)s;

-- name: note_delivered
update sends set delivered_at = least(delivered_at, %(at)s) where intent_id = %(intent_id)s;

-- name: note_bounced
update sends set bounced_at = least(bounced_at, %(at)s), code = %(code)s, why = %(why)s where intent_id = %(intent_id)s;

-- name: note_unsubscribed
update sends set unsubscribed_at = least(unsubscribed_at, %(at)s) where intent_id = %(intent_id)s;

-- name: resolve_send
update sends set state = %(state)s, resolved_by = %(by)s, code = case when %(code)s = '' then code else %(code)s end
where intent_id = %(intent_id)s and state = 'unknown';

-- The guide is the one who was asked to send it, or whom the greeted person had added.
-- name: message_log
select s.intent_id, s.channel, s.person_id, s.state, s.code, s.why, s.tries, s.started_at, s.ended_at, s.delivered_at, s.opened_at,
       s.clicked_at, s.bounced_at, s.unsubscribed_at, s.resolved_by, i.purpose, i.origin, i.origin_id, i.content_id, i.content_version,
       coalesce(c.name, '') as content_name, coalesce(a.kind, '') as address_kind, coalesce(a.mask, '') as address_mask,
       coalesce(nullif(n.name, ''), g.guide, '') as guide
from sends s
join intents i on i.intent_id = s.intent_id
left join contents c on c.content_id = i.content_id
left join identifiers a on a.identifier_id = s.address_id
left join lateral (
    (select t.corp, t.guide from mass_recipients r join mass_tasks t using (task_id)
     where s.channel = 'wecom' and r.intent_id = s.intent_id order by r.task_id desc limit 1)
    union all
    select c.corp, c.guide from live_code_scans c where s.channel = 'welcome' and c.intent_key = i.key
) g on true
left join guides n on n.corp = g.corp and n.guide = g.guide
where (%(channel)s::text is null or s.channel = %(channel)s)
  and (%(state)s::text is null or s.state = %(state)s)
  and (%(origin)s::text is null or (i.origin = %(origin)s and i.origin_id = %(origin_id)s))
  and (%(intent_id)s::bigint is null or s.intent_id = %(intent_id)s)
  and (%(before_at)s::timestamptz is null or (s.started_at, s.intent_id) < (%(before_at)s, %(before_id)s::bigint))
order by s.started_at desc, s.intent_id desc limit %(limit)s;

-- name: state_counts
select channel, state, count(*) from sends where started_at >= %(since)s or state in ('unknown', 'sending', 'deferred') group by 1, 2;
