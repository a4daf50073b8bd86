-- name: make
insert into group_sends (name, account_id, corp, content_id, content_version, state, confirm_for, made_by, made_at)
values (%(name)s, %(account_id)s, %(corp)s, %(content_id)s, %(content_version)s, 'draft', %(confirm_for)s, %(made_by)s, %(now)s)
returning group_send_id;

-- name: change
update group_sends set name = %(name)s, content_id = %(content_id)s, content_version = %(content_version)s, confirm_for = %(confirm_for)s
where group_send_id = %(send)s and state = 'draft' returning group_send_id;

-- name: drop_chats
delete from mass_groups where group_send_id = %(send)s;

-- name: add_chats
insert into mass_groups (group_send_id, chat_id, guide, size)
select %(send)s, g.chat_id, g.owner, (select count(*) from group_members m where m.corp = g.corp and m.chat_id = g.chat_id and m.is_in)
from chat_groups g where g.corp = %(corp)s and g.chat_id = any(%(chats)s::text[]) and g.dismissed_at is null
returning chat_id;

-- name: lock
select state from group_sends where group_send_id = %(send)s for update;

-- name: schedule
update group_sends set state = 'scheduled', start_at = %(start_at)s, next_at = %(start_at)s, content_version = %(content_version)s
where group_send_id = %(send)s and state in ('draft', 'scheduled') returning group_send_id;

-- name: recall
update group_sends set state = 'draft', start_at = null where group_send_id = %(send)s and state = 'scheduled' returning group_send_id;

-- name: cancel
update group_sends set state = 'cancelled', cancelled_at = %(now)s, ended_at = %(now)s
where group_send_id = %(send)s and state in ('draft', 'scheduled', 'running') returning group_send_id;

-- name: cancel_waiting
update mass_groups set state = 'cancelled', code = 'stopped_withdrawn', settled_at = %(now)s
where group_send_id = %(send)s and state = 'planned';

-- name: newest
select s.group_send_id, s.name, s.account_id, s.corp, s.content_id, s.content_version, s.state, s.confirm_for, s.made_by, s.made_at,
       s.start_at, s.started_at, s.expires_at, s.cancelled_at, s.ended_at, coalesce(m.chats, 0)::int as chats,
       coalesce(m.owners, 0)::int as owners, coalesce(m.size, 0)::int as size, coalesce(m.open, 0)::int as open,
       coalesce(m.sent, 0)::int as sent, coalesce(m.reached, 0)::int as reached
from group_sends s left join lateral (
    select count(*) as chats, count(distinct guide) as owners, sum(size) as size, count(*) filter (where state in ('planned', 'open')) as open,
           count(*) filter (where state = 'sent') as sent, sum(size) filter (where state = 'sent') as reached
    from mass_groups m where m.group_send_id = s.group_send_id
) m on true
where %(send)s::bigint is null or s.group_send_id = %(send)s
order by s.group_send_id desc limit %(limit)s;

-- name: chats
select m.chat_id, coalesce(g.name, '') as name, m.guide, coalesce(nullif(k.name, ''), m.guide) as owner, coalesce(k.store, '') as store,
       m.size, m.state, m.code, m.why, m.settled_at
from mass_groups m join group_sends s using (group_send_id)
left join chat_groups g on g.corp = s.corp and g.chat_id = m.chat_id
left join guides k on k.corp = s.corp and k.guide = m.guide
where m.group_send_id = %(send)s
order by m.state = 'sent', m.state, coalesce(k.store, ''), m.guide, m.size desc, m.chat_id limit %(limit)s;

-- One row an owner: the chats planned, and where each stands.
-- name: funnel
with work as (
    select t.guide, count(*) filter (where t.state = 'made' and t.confirmed_at is null and t.cancelled_at is null)::int as waiting,
           coalesce(sum((select count(*) from unnest(t.reminded_at) as at where at > %(day_ago)s)), 0)::int as reminders,
           max(t.confirmed_at) as confirmed_at
    from mass_tasks t where t.origin = 'group_send' and t.origin_id = %(send)s group by 1
), part as (
    select m.guide, count(*)::int as chats, sum(m.size)::int as size, count(*) filter (where t.made_at is not null)::int as created,
           count(*) filter (where t.confirmed_at is not null)::int as confirmed, count(*) filter (where m.state = 'sent')::int as sent,
           coalesce(sum(m.size) filter (where m.state = 'sent'), 0)::int as reached, count(*) filter (where m.state = 'open')::int as open,
           count(*) filter (where m.state = 'planned')::int as planned, count(*) filter (where m.state = 'quota')::int as quota,
           count(*) filter (where m.state = 'capped')::int as capped, count(*) filter (where m.state = 'unconfirmed')::int as unconfirmed,
           count(*) filter (where m.state = 'cancelled')::int as cancelled, count(*) filter (where m.state = 'refused')::int as refused
    from mass_groups m left join mass_tasks t using (task_id) where m.group_send_id = %(send)s group by 1
)
select p.guide, coalesce(nullif(k.name, ''), p.guide) as name, coalesce(k.store, '') as store, k.left_at is not null as has_left,
       p.chats, p.size, p.created, p.confirmed, p.sent, p.reached, p.open, p.planned, p.quota, p.capped, p.unconfirmed, p.cancelled,
       p.refused, coalesce(w.waiting, 0) as waiting, coalesce(w.reminders, 0) as reminders, w.confirmed_at
from part p left join work w using (guide) join group_sends s on s.group_send_id = %(send)s
left join guides k on k.corp = s.corp and k.guide = p.guide
order by coalesce(k.store, ''), p.sent, p.guide;

-- Chats as they stand now: the owner, what they have had, and what is under way to them.
-- name: waiting
select w.chat_id, coalesce(g.owner, '') as owner, g.chat_id is null or g.dismissed_at is not null as is_gone,
       coalesce(k.left_at is null and k.may_serve, false) as is_served,
       (select count(*) from group_receipts r where r.corp = %(corp)s and r.chat_id = w.chat_id and r.sent_at >= %(since)s)::int as had,
       (select count(*) from group_receipts r where r.corp = %(corp)s and r.chat_id = w.chat_id and r.sent_at >= %(lately)s)::int as had_lately,
       (select count(*) from mass_groups o join group_sends s using (group_send_id)
        where o.chat_id = w.chat_id and o.state = 'open' and s.corp = %(corp)s and o.group_send_id is distinct from %(send)s
          and not exists (select 1 from mass_tasks t join group_receipts r using (account_id, msgid)
                          where t.task_id = o.task_id and r.chat_id = o.chat_id))::int as under_way
from unnest(%(chats)s::text[]) as w(chat_id)
left join chat_groups g on g.corp = %(corp)s and g.chat_id = w.chat_id
left join guides k on k.corp = g.corp and k.guide = g.owner
order by w.chat_id;

-- Sends with chats to place, the oldest first.
-- name: due
select s.group_send_id, s.start_at, l.looked_at from group_sends s join vendor_accounts a using (account_id) left join group_looks l using (account_id)
where a.state = 'on' and s.state in ('scheduled', 'running') and s.next_at <= %(now)s and s.start_at <= %(now)s
  and (s.state = 'scheduled' or exists (
      select 1 from mass_groups m where m.group_send_id = s.group_send_id and m.state = 'planned'))
order by s.start_at, s.group_send_id limit %(limit)s;

-- name: lock_send
select group_send_id, account_id, corp, content_id, content_version, state, expires_at from group_sends
where group_send_id = %(send)s and state in ('scheduled', 'running') for update skip locked;

-- name: begin
update group_sends set state = 'running', started_at = coalesce(started_at, %(now)s), expires_at = coalesce(expires_at, %(now)s + confirm_for),
    next_at = %(next_at)s where group_send_id = %(send)s returning expires_at;

-- name: lock_planned
select chat_id from mass_groups where group_send_id = %(send)s and state = 'planned' order by chat_id for update;

-- name: place
update mass_groups m set state = 'open', task_id = %(task_id)s, guide = %(guide)s, code = '', why = '',
    size = (select count(*) from group_members g where g.corp = %(corp)s and g.chat_id = m.chat_id and g.is_in)
where m.group_send_id = %(send)s and m.state = 'planned' and m.chat_id = any(%(chats)s::text[]);

-- name: stand
update mass_groups m set state = w.state, code = w.code, why = w.why, settled_at = case when w.state = 'planned' then null else %(now)s::timestamptz end
from unnest(%(chats)s::text[], %(states)s::text[], %(codes)s::text[], %(whys)s::text[]) as w(chat_id, state, code, why)
where m.group_send_id = %(send)s and m.chat_id = w.chat_id and m.state = 'planned';

-- What waited for an owner till the end of its time.
-- name: overdue
update mass_groups m set state = 'refused', code = case when m.code = '' then 'group_no_owner' else m.code end, settled_at = %(now)s
from group_sends s where s.group_send_id = m.group_send_id and s.state = 'running' and s.expires_at <= %(now)s and m.state = 'planned';

-- name: close
update group_sends s set state = 'done', ended_at = %(now)s
where s.state = 'running'
  and not exists (select 1 from mass_groups m where m.group_send_id = s.group_send_id and m.state in ('planned', 'open'));

-- name: open_chats
select chat_id from mass_groups where task_id = %(task_id)s and state = 'open' order by chat_id;

-- A call of the same guide and text whose outcome nobody knows yet: its answer must be found before this one is made.
-- name: has_twin_in_doubt
select exists (
    select 1 from mass_tasks t where t.channel = 'wecom_group' and t.account_id = %(account_id)s and t.guide = %(guide)s and t.body = %(body)s
      and t.state = 'calling' and t.task_id <> %(task_id)s);

-- The last look before the call.
-- name: last_look
select m.chat_id, s.state = 'cancelled' as is_cancelled, g.chat_id is null or g.dismissed_at is not null as is_gone,
       coalesce(g.owner = %(guide)s and k.left_at is null, false) as is_owner
from mass_groups m join group_sends s using (group_send_id)
left join chat_groups g on g.corp = s.corp and g.chat_id = m.chat_id
left join guides k on k.corp = s.corp and k.guide = %(guide)s
where m.task_id = %(task_id)s and m.state = 'open' order by m.chat_id;

-- name: settle
update mass_groups m set state = w.state, code = w.code, why = w.why, settled_at = w.at
from unnest(%(chats)s::text[], %(states)s::text[], %(codes)s::text[], %(whys)s::text[], %(ats)s::timestamptz[]) as w(chat_id, state, code, why, at)
where m.task_id = %(task_id)s and m.state = 'open' and m.chat_id = w.chat_id;

-- Back to be given to whoever owns the chat now: their task is stopped, and will not be sent.
-- name: release
update mass_groups set state = 'planned', task_id = null, code = %(code)s, why = ''
where task_id = %(task_id)s and state = 'open' and chat_id = any(%(chats)s::text[]);

-- name: wake
update group_sends set next_at = %(now)s where group_send_id = %(send)s and state = 'running';

-- name: end_task_if_done
update mass_tasks t set state = 'ended', ended_at = %(now)s, code = case when %(code)s = '' then t.code else %(code)s end
where t.task_id = %(task_id)s and t.state <> 'ended'
  and not exists (select 1 from mass_groups m where m.task_id = t.task_id and m.state = 'open');

-- name: tasks_to_stop
select t.task_id,
       case when t.expires_at <= %(now)s then 'expired' when s.state = 'cancelled' then 'withdrawn'
            when k.left_at is not null then 'guide_left' else 'owner_changed' end
from mass_tasks t join group_sends s on s.group_send_id = t.origin_id
left join guides k on k.corp = t.corp and k.guide = t.guide
where t.channel = 'wecom_group' and t.state = 'made' and t.confirmed_at is null and t.cancelled_at is null and t.next_stop_at <= %(now)s
  and (t.expires_at <= %(now)s or s.state = 'cancelled' or k.left_at is not null
       or exists (select 1 from mass_groups m join chat_groups g on g.corp = t.corp and g.chat_id = m.chat_id
                  where m.task_id = t.task_id and m.state = 'open' and g.dismissed_at is null and g.owner <> t.guide))
order by t.task_id limit %(limit)s;

-- Accounts whose list must be read: a send begins, or an owner confirmed and chats are missing in the result.
-- name: to_look
select a.account_id, a.app_id from vendor_accounts a left join group_looks l using (account_id)
where a.state = 'on' and coalesce(l.next_at, '-infinity') <= %(now)s and (
    (coalesce(l.looked_at, '-infinity') < %(fresh_since)s and exists (
        select 1 from group_sends s where s.account_id = a.account_id and s.start_at <= %(now)s and (s.state = 'scheduled' or (
            s.state = 'running' and exists (select 1 from mass_groups m where m.group_send_id = s.group_send_id and m.state = 'planned')))))
    or exists (
        select 1 from mass_tasks t where t.account_id = a.account_id and t.channel = 'wecom_group' and t.state = 'made'
          and t.confirmed_at > coalesce(l.looked_at, '-infinity')))
order by a.account_id;

-- name: settled_messages
select msgid from group_messages where account_id = %(account_id)s and is_settled and msgid = any(%(msgids)s::text[]);

-- name: keep_message
insert into group_messages (account_id, msgid, made_at, read_at, is_settled) values (%(account_id)s, %(msgid)s, %(made_at)s, %(now)s, %(is_settled)s)
on conflict (account_id, msgid) do update set read_at = excluded.read_at, is_settled = excluded.is_settled;

-- name: keep_receipts
insert into group_receipts (account_id, msgid, chat_id, corp, sent_at)
select %(account_id)s, %(msgid)s, w.chat_id, %(corp)s, w.at from unnest(%(chats)s::text[], %(ats)s::timestamptz[]) as w(chat_id, at)
on conflict do nothing;

-- name: looked
insert into group_looks (account_id, looked_at, next_at) values (%(account_id)s, %(looked_at)s, %(next_at)s)
on conflict (account_id) do update set looked_at = coalesce(excluded.looked_at, group_looks.looked_at), next_at = excluded.next_at;

-- name: looked_at
select looked_at from group_looks where account_id = %(account_id)s;

-- name: forget_old
with old as (delete from group_receipts where sent_at < %(before)s) delete from group_messages where made_at < %(before)s;
