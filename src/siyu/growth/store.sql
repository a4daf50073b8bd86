-- Growth: codes, who is behind them, who came, what is still to be done at the vendor.

-- name: insert_code
insert into live_codes (kind, account_id, corp, name, state, source_tags, corp_tags, rotation, reserve, is_exclusive, skip_verify,
    remark_pattern, cost_minor, welcomes, chats, chat_limit, made_at, changed_at, changed_by)
select %(kind)s, %(account_id)s, %(corp)s, %(name)s, '', %(source_tags)s::text[], %(corp_tags)s::text[], %(rotation)s, %(reserve)s,
    %(is_exclusive)s, %(skip_verify)s, %(remark_pattern)s, %(cost_minor)s, %(welcomes)s::jsonb, %(chats)s::text[], %(chat_limit)s, %(now)s,
    %(now)s, %(by)s
on conflict do nothing returning code_id;

-- name: name_state
update live_codes set state = %(state)s where code_id = %(code_id)s;

-- name: update_code
update live_codes set name = %(name)s, source_tags = %(source_tags)s::text[], corp_tags = %(corp_tags)s::text[], rotation = %(rotation)s,
    reserve = %(reserve)s, is_exclusive = %(is_exclusive)s, skip_verify = %(skip_verify)s, remark_pattern = %(remark_pattern)s,
    cost_minor = %(cost_minor)s, welcomes = %(welcomes)s::jsonb, chats = %(chats)s::text[], chat_limit = %(chat_limit)s, changed_at = %(now)s,
    changed_by = %(by)s, is_told_all = config_id = '', tell_again_at = null, tell_tries = 0, tell_error = ''
where code_id = %(code_id)s and closed_at is null returning code_id;

-- name: name_taken
select 1 from live_codes where name = %(name)s and closed_at is null and code_id <> %(code_id)s;

-- name: clear_guides
delete from live_code_guides where code_id = %(code_id)s;

-- name: insert_guides
insert into live_code_guides (code_id, guide, place, weight, daily_cap, shifts, is_stand_in)
select %(code_id)s, r.* from json_to_recordset(%(rows)s::json) as r(
    guide text, place int, weight int, daily_cap int, shifts jsonb, is_stand_in boolean
);

-- name: close_code
update live_codes set closed_at = %(now)s, changed_at = %(now)s, changed_by = %(by)s where code_id = %(code_id)s and closed_at is null;

-- name: codes
select c.code_id, c.kind, c.account_id, c.corp, c.name, c.state, c.source_tags, c.corp_tags, c.rotation, c.reserve, c.is_exclusive,
    c.skip_verify, c.remark_pattern, c.cost_minor, c.welcomes, c.chats, c.chat_limit, c.config_id, c.qr_code, c.url, c.made_at, c.changed_at,
    c.changed_by, c.closed_at, c.told_users, c.told_at, c.tell_error, c.tell_tries, c.is_told_all, coalesce(g.guides, '[]') as guides
from live_codes c
left join lateral (
    select jsonb_agg(jsonb_build_object('guide', l.guide, 'weight', l.weight, 'daily_cap', l.daily_cap, 'shifts', l.shifts,
        'is_stand_in', l.is_stand_in) order by l.place) as guides
    from live_code_guides l where l.code_id = c.code_id
) g on true
where (%(code_ids)s::bigint[] is null or c.code_id = any(%(code_ids)s::bigint[])) and (%(with_closed)s or c.closed_at is null)
order by c.closed_at is not null, c.made_at desc, c.code_id desc;

-- name: ids_of_state
select code_id from live_codes where state = %(state)s order by closed_at is not null, code_id desc;

-- name: take_state
update live_codes c set state = %(state)s
where c.code_id = %(code_id)s and not exists (select from live_codes o where o.corp = c.corp and o.state = %(state)s);

-- name: move_code
update live_codes set account_id = %(account_id)s, changed_at = %(now)s, changed_by = %(by)s, is_told_all = config_id = '',
    tell_again_at = null, tell_tries = 0, tell_error = ''
where code_id = %(code_id)s;

-- What is known of every guide of these codes now: today's adds by the code, all their customers, the last one, whether they are here.
-- name: counts
select l.code_id, l.guide, coalesce(t.today, 0)::int, t.last_at, coalesce(w.load, 0)::int,
    coalesce(g.left_at is null and g.may_serve, true)
from live_code_guides l
join live_codes c on c.code_id = l.code_id
left join guides g on g.corp = c.corp and g.guide = l.guide
left join lateral (
    select count(*) filter (where s.added_at >= %(midnight)s) as today, max(s.added_at) as last_at
    from live_code_scans s where s.code_id = l.code_id and s.guide = l.guide and s.added_at >= %(since)s and s.twin_key is null
) t on true
left join lateral (
    select count(*) as load from contacts x where c.rotation = 'least_loaded' and x.corp = c.corp and x.guide = l.guide and x.is_active
) w on true
where l.code_id = any(%(code_ids)s::bigint[]);

-- name: rush
select code_id, count(*)::int from live_code_scans where code_id = any(%(code_ids)s::bigint[]) and added_at > %(since)s and twin_key is null
group by code_id;

-- name: chat_sizes
select c.chat_id, count(m.subject)::int from chat_groups c
left join group_members m on m.corp = c.corp and m.chat_id = c.chat_id and m.is_in
where c.corp = %(corp)s and c.chat_id = any(%(chats)s::text[]) and c.dismissed_at is null group by c.chat_id;

-- Who of these codes nobody is telling anything right now: ours for a while.
-- name: lease_tell
update live_codes set tell_lease_until = clock_timestamp() + interval '40 seconds'
where code_id = any(%(code_ids)s::bigint[]) and (tell_lease_until is null or tell_lease_until < statement_timestamp())
    and (tell_again_at is null or tell_again_at <= %(now)s)
returning code_id;

-- Nothing is said of a code that people changed meanwhile: it is told anew.
-- name: told
update live_codes set told_users = %(users)s::text[], told_at = %(now)s, tell_error = '', tell_tries = 0, tell_again_at = %(again_at)s,
    tell_lease_until = null, is_told_all = changed_at = %(changed_at)s,
    config_id = case when %(config_id)s = '' then config_id else %(config_id)s end,
    qr_code = case when %(qr_code)s = '' then qr_code else %(qr_code)s end, url = case when %(url)s = '' then url else %(url)s end
where code_id = %(code_id)s;

-- name: not_told
update live_codes set tell_error = %(error)s, tell_tries = tell_tries + 1, tell_again_at = %(again_at)s, tell_lease_until = null
where code_id = %(code_id)s;

-- The addings in the next stretch of the log, and always its last row, which is the new place.
-- name: read_log
with stretch as materialized (
    select f.xid, f.seq, f.key, f.type, f.subject, f.others, f.occurred_at, f.object,
        case when f.type in ('contact.added', 'contact.half_added') and f.subject is not null then f.data end as data
    from facts f
    where (f.xid, f.seq) > (%(xid)s::xid8, %(seq)s) and f.xid < pg_snapshot_xmin(pg_current_snapshot())
    order by f.xid, f.seq limit %(limit)s
)
select s.xid::text, s.seq, s.key, i.identifier_id, i.person_id, coalesce(nullif(s.data->>'corp', ''), i.scope),
    coalesce(s.object, s.data->>'guide', ''), s.occurred_at, coalesce(s.data->>'state', ''), coalesce(s.data->>'welcome_code', ''),
    s.type = 'contact.half_added', i.identifier_id is not null
from stretch s
left join lateral (  -- by the ids, never along an index of kinds
    select n.identifier_id, n.person_id, n.scope from unnest(array_append(s.others, s.subject)) as o(id)
    join identifiers n on n.identifier_id = o.id
    where s.data is not null and n.kind in ('external_userid', 'pending_id')
    order by n.kind = 'pending_id' limit 1
) i on true
where i.identifier_id is not null or (s.xid, s.seq) = (select l.xid, l.seq from stretch l order by l.xid desc, l.seq desc limit 1)
order by s.xid, s.seq;

-- name: codes_of_states
select c.corp, c.state, c.code_id from live_codes c
join unnest(%(corps)s::text[], %(states)s::text[]) as x(corp, state) on c.corp = x.corp and c.state = x.state;

-- Who of these people had a guide before, and who it was: the relations are folded by another reader, so our own rows are asked too.
-- And the other fact of the same adding, where it was read before: half added and added, with no ending between. Its welcome counts unless it
-- surely did not go out. (`is true` keeps the planner to the person's own relations: while the tables are young it would sooner walk all
-- of the corp's.)
-- name: known_before
select a.fact_key,
    coalesce(t.is_returning, exists (select from identifiers i join contacts c on c.subject = i.identifier_id
        where i.person_id = a.person_id and (c.added_at < a.added_at or c.ended_at < a.added_at))
    or exists (select from identifiers i join live_code_scans s on s.subject = i.identifier_id
        where i.person_id = a.person_id and s.added_at < a.added_at)),
    coalesce(t.known_guide, (select c.guide from identifiers i join contacts c on c.subject = i.identifier_id
        left join guides g on g.corp = c.corp and g.guide = c.guide
        where i.person_id = a.person_id and (c.corp = a.corp) is true and c.is_active and c.added_at < a.added_at and g.left_at is null
            and coalesce(g.may_serve, true)
        order by c.added_at, c.guide limit 1), ''),
    t.fact_key, t.code_id,
    coalesce(t.welcome = 'waiting' or exists (select from intents n left join permits p on p.intent_id = n.intent_id where n.key = t.intent_key
        and coalesce(p.state not in ('rejected', 'withdrawn'), not exists (select from verdicts v where v.intent_id = n.intent_id))), false)
from unnest(%(keys)s::uuid[], %(people)s::bigint[], %(corps)s::text[], %(ats)s::timestamptz[], %(guides)s::text[], %(subjects)s::bigint[],
    %(halves)s::boolean[]) as a(fact_key, person_id, corp, added_at, guide, subject, is_half)
left join lateral (
    select s.* from live_code_scans s
    where s.subject = a.subject and s.corp = a.corp and s.guide = a.guide and s.is_half <> a.is_half and s.twin_key is null
        and case when a.is_half then s.added_at >= a.added_at else s.added_at <= a.added_at end
        and not exists (select from live_code_scans o where o.twin_key = s.fact_key)
        and not exists (select from contacts c where c.subject = a.subject and c.corp = a.corp and c.guide = a.guide
            and c.ended_at > least(s.added_at, a.added_at) and c.ended_at < greatest(s.added_at, a.added_at))
    order by abs(extract(epoch from s.added_at - a.added_at)) limit 1
) t on true;

-- What is known of people who come, by all their names; `is_known` = a name that links them to other sources.
-- name: whos
select x.person_id, exists (select from identifiers i where i.person_id = x.person_id and i.kind in ('unionid', 'phone')),
    exists (select from identifiers i join orders o on o.subject = i.identifier_id where i.person_id = x.person_id and o.paid_at is not null),
    coalesce((select p.tags from profiles p where p.person_id = x.person_id), '{}')
from unnest(%(people)s::bigint[]) as x(person_id);

-- Those whose welcome waits to learn who they are, who are known now or are waited for no longer.
-- name: take_waiting
select s.fact_key, s.subject, i.person_id, s.corp, s.guide, s.added_at, '', s.welcome_code, s.is_half, s.code_id, s.is_returning
from live_code_scans s join identifiers i on i.identifier_id = s.subject
where s.welcome = 'waiting' and (s.decide_at <= %(now)s
    or exists (select from identifiers x where x.person_id = i.person_id and x.kind in ('unionid', 'phone')))
order by s.added_at limit 500 for update of s skip locked;

-- name: end_waiting
update live_code_scans set welcome = %(welcome)s, intent_key = %(intent_key)s, content_id = %(content_id)s, decide_at = null
where fact_key = %(fact_key)s and welcome = 'waiting';

-- name: insert_scans
insert into live_code_scans (fact_key, code_id, corp, guide, subject, added_at, read_at, is_returning, known_guide, welcome, welcome_code,
    intent_key, content_id, is_half, twin_key, decide_at)
select r.fact_key, r.code_id, r.corp, r.guide, r.subject, r.added_at, %(now)s, r.is_returning, r.known_guide, r.welcome, r.welcome_code,
    r.intent_key, r.content_id, r.is_half, r.twin_key, r.decide_at
from json_to_recordset(%(rows)s::json) as r(fact_key uuid, code_id bigint, corp text, guide text, subject bigint, added_at timestamptz,
    is_returning boolean, known_guide text, welcome text, welcome_code text, intent_key uuid, content_id bigint,
    is_half boolean, twin_key uuid, decide_at timestamptz)
on conflict do nothing returning fact_key;

-- name: insert_deeds
insert into live_code_deeds (fact_key, kind, account_id, corp, guide, subject, code_id, due_at)
select r.*, %(now)s from json_to_recordset(%(rows)s::json) as r(
    fact_key uuid, kind text, account_id int, corp text, guide text, subject bigint, code_id bigint
)
on conflict do nothing;

-- The ticket of an intent of ours; for a wish of somebody else's the newest one that this person has and that no wish of ours took.
-- name: tickets
select w.intent_id, t.account_id, t.corp, t.welcome_code, t.added_at
from unnest(%(intent_ids)s::bigint[], %(person_ids)s::bigint[]) as w(intent_id, person_id)
cross join lateral (
    (select coalesce(a.account_id, 0) as account_id, s.corp, s.welcome_code, s.added_at
    from live_code_scans s left join live_codes c on c.code_id = s.code_id
    left join vendor_accounts a on a.account_id = c.account_id and a.app_id = s.corp  -- it may be another corp's by now
    where s.intent_key = (select key from intents i where i.intent_id = w.intent_id) and s.welcome_code <> '')
    union all
    (select 0, s.corp, s.welcome_code, s.added_at
    from identifiers i join live_code_scans s on s.subject = i.identifier_id
    where i.person_id = w.person_id and s.intent_key is null and s.welcome <> 'waiting' and s.welcome_code <> ''
    order by s.added_at desc limit 1)
    limit 1
) t;

-- name: claim_deeds
update live_code_deeds d set lease_until = clock_timestamp() + interval '60 seconds', tries = d.tries + 1
from (
    select deed_id from live_code_deeds
    where state = 'waiting' and due_at <= %(now)s and (lease_until is null or lease_until < statement_timestamp())
    order by due_at, deed_id limit %(limit)s for update skip locked
) x, identifiers i, live_codes c
where d.deed_id = x.deed_id and i.identifier_id = d.subject and c.code_id = d.code_id
returning d.deed_id, d.fact_key, d.kind, d.account_id, d.corp, d.guide, d.subject, i.value, i.person_id, c.corp_tags, c.remark_pattern,
    c.name, d.tries, (select s.added_at from live_code_scans s where s.fact_key = d.fact_key);

-- name: end_deed
update live_code_deeds set state = %(state)s, error = %(error)s, due_at = %(due_at)s, lease_until = null,
    ended_at = case when %(state)s = 'waiting' then null else %(now)s::timestamptz end
where deed_id = %(deed_id)s and state = 'waiting';

-- name: tag_names
select tag_id, name from corp_tags where corp = %(corp)s and tag_id = any(%(tags)s::text[]);

-- name: tags_of
select tags from contacts where subject = %(subject)s and corp = %(corp)s and guide = %(guide)s;

-- name: count_visit
insert into live_code_days (code_id, on_day, visits) values (%(code_id)s, %(day)s, 1)
on conflict (code_id, on_day) do update set visits = live_code_days.visits + 1;

-- Whole days of the brand whose customers cost something that nobody has recorded yet.
-- name: unrecorded_costs
select s.code_id, (s.added_at at time zone %(zone)s)::date as on_day, c.name, c.cost_minor, count(*)::int
from (
    select code_id, added_at from live_code_scans where twin_key is null and added_at >= %(since)s and added_at < %(midnight)s
    union all
    select k.code_id, m.joined_at from live_codes k join group_members m on m.corp = k.corp and m.state = k.state
    where k.kind = 'group' and m.joined_at >= %(since)s and m.joined_at < %(midnight)s
) s join live_codes c on c.code_id = s.code_id
where c.cost_minor > 0
    and not exists (select from live_code_days d where d.code_id = s.code_id and d.on_day = (s.added_at at time zone %(zone)s)::date and d.cost_key <> '')
group by 1, 2, 3, 4 order by 2, 1;

-- name: record_cost
insert into live_code_days (code_id, on_day, cost_minor, cost_key) values (%(code_id)s, %(day)s, %(cost_minor)s, %(key)s)
on conflict (code_id, on_day) do update set cost_minor = excluded.cost_minor, cost_key = excluded.cost_key;

-- name: keep_lots
insert into live_link_lots (account_id, expires_on, balance, seen_at)
select %(account_id)s, d, b, %(now)s from unnest(%(days)s::date[], %(balances)s::int[]) as x(d, b)
on conflict (account_id, expires_on) do update set balance = excluded.balance, seen_at = excluded.seen_at;

-- name: drop_lots
delete from live_link_lots where account_id = %(account_id)s and seen_at < %(now)s;

-- name: lots
select account_id, expires_on, balance, seen_at from live_link_lots order by account_id, expires_on;

-- name: lots_seen
select max(seen_at) from live_link_lots where account_id = %(account_id)s;

-- What became of those who came by these codes from `since` on. Lost = the customer deleted the guide, or left the chat, within so many days.
-- name: funnels
with came as (
    select s.code_id, s.fact_key, s.subject, s.is_returning, case when t.intent_key is null then s.added_at else t.added_at end as added_at,
        coalesce(t.intent_key, s.intent_key) as intent_key, i.person_id, c.is_active, c.ended_at, c.ended_by
    from live_code_scans s
    left join live_code_scans t on t.twin_key = s.fact_key
    left join identifiers i on i.identifier_id = s.subject
    left join contacts c on c.subject = s.subject and c.corp = s.corp and c.guide = s.guide
    where s.code_id = any(%(code_ids)s::bigint[]) and s.added_at >= %(since)s and s.added_at < %(until)s and s.twin_key is null
    union all
    select k.code_id, m.joined_key, m.subject, exists (select from identifiers x join contacts c on c.subject = x.identifier_id
            where x.person_id = i.person_id and c.added_at < m.joined_at), m.joined_at, null, i.person_id, m.is_in, m.left_at, 'customer'
    from live_codes k join group_members m on m.corp = k.corp and m.state = k.state
    left join identifiers i on i.identifier_id = m.subject
    where k.code_id = any(%(code_ids)s::bigint[]) and k.kind = 'group' and m.joined_at >= %(since)s and m.joined_at < %(until)s
), told as (
    select i.key, i.intent_id, p.state, p.settled_at from came join intents i on i.key = came.intent_key
    left join permits p on p.intent_id = i.intent_id
), each as (
    select came.*, told.state, told.intent_id, case when told.state = 'sent' then extract(epoch from told.settled_at - came.added_at) end as took,
        came.ended_by = 'customer' and came.ended_at >= came.added_at and came.ended_at < came.added_at + interval '7 days' as lost_7,
        came.ended_by = 'customer' and came.ended_at >= came.added_at and came.ended_at < came.added_at + interval '30 days' as lost_30,
        exists (select from identifiers x join orders o on o.subject = x.identifier_id
            where x.person_id = came.person_id and o.paid_at >= came.added_at) as has_bought
    from came left join told on told.key = came.intent_key
), visits as (
    select code_id, sum(visits)::int as visits from live_code_days
    where code_id = any(%(code_ids)s::bigint[]) and on_day >= (%(since)s at time zone %(zone)s)::date and on_day <= (%(until)s at time zone %(zone)s)::date
    group by code_id
)
select c.code_id, coalesce(v.visits, 0), count(e.fact_key)::int, count(*) filter (where e.is_returning)::int,
    count(distinct e.person_id)::int, count(e.intent_id)::int, count(*) filter (where e.state = 'sent')::int,
    count(*) filter (where e.intent_id is not null and e.state is null)::int,
    percentile_cont(0.5) within group (order by e.took), percentile_cont(0.99) within group (order by e.took),
    count(*) filter (where e.lost_7)::int, count(*) filter (where e.lost_30)::int,
    count(distinct e.person_id) filter (where e.is_active)::int, count(distinct e.person_id) filter (where e.has_bought)::int,
    (count(e.fact_key) * c.cost_minor)::bigint
from live_codes c left join each e on e.code_id = c.code_id left join visits v on v.code_id = c.code_id
where c.code_id = any(%(code_ids)s::bigint[])
group by c.code_id, c.cost_minor, v.visits;

-- The same for one code, by guide (or chat) and by the brand's day: one of the two is null in each row.
-- name: results
with came as (
    select s.guide, s.is_returning, s.added_at, coalesce(t.intent_key, s.intent_key) as intent_key, i.person_id, c.is_active, c.ended_at, c.ended_by
    from live_code_scans s
    left join live_code_scans t on t.twin_key = s.fact_key
    left join identifiers i on i.identifier_id = s.subject
    left join contacts c on c.subject = s.subject and c.corp = s.corp and c.guide = s.guide
    where s.code_id = %(code_id)s and s.added_at >= %(since)s and s.added_at < %(until)s and s.twin_key is null
    union all
    select m.chat_id, exists (select from identifiers x join contacts c on c.subject = x.identifier_id
        where x.person_id = i.person_id and c.added_at < m.joined_at), m.joined_at, null, i.person_id, m.is_in, m.left_at, 'customer'
    from live_codes k join group_members m on m.corp = k.corp and m.state = k.state
    left join identifiers i on i.identifier_id = m.subject
    where k.code_id = %(code_id)s and k.kind = 'group' and m.joined_at >= %(since)s and m.joined_at < %(until)s
), each as (
    select came.*, (came.added_at at time zone %(zone)s)::date as on_day, n.intent_id, p.state,
        came.ended_by = 'customer' and came.ended_at >= came.added_at and came.ended_at < came.added_at + interval '30 days' as lost_30,
        exists (select from identifiers x join orders o on o.subject = x.identifier_id
            where x.person_id = came.person_id and o.paid_at >= came.added_at) as has_bought
    from came left join intents n on n.key = came.intent_key left join permits p on p.intent_id = n.intent_id
)
select e.guide, e.on_day, count(*)::int, count(*) filter (where e.is_returning)::int, count(e.intent_id)::int,
    count(*) filter (where e.state = 'sent')::int, count(*) filter (where e.lost_30)::int,
    count(distinct e.person_id) filter (where e.is_active)::int, count(distinct e.person_id) filter (where e.has_bought)::int
from each e group by grouping sets ((e.guide), (e.on_day)) order by e.on_day desc nulls first, 3 desc, e.guide;

-- name: visits
select on_day, visits from live_code_days where code_id = %(code_id)s and on_day >= (%(since)s at time zone %(zone)s)::date;

-- The latest that the corp told of its links' credits, and of one link.
-- name: quota_told
select max(occurred_at) from facts
where type in ('acquisition.balance_low', 'acquisition.balance_exhausted', 'acquisition.quota_expire_soon') and occurred_at > %(since)s;

-- name: link_refused
select max(occurred_at) from facts where type = 'acquisition.link_unavailable' and occurred_at > %(since)s and object = %(link_id)s;

-- name: failed_deeds
select kind, error, count(*)::int from live_code_deeds where code_id = %(code_id)s and state = 'failed' group by 1, 2 order by 3 desc;

-- name: forget_tickets
update live_code_scans set welcome_code = '' where welcome_code <> '' and added_at < %(before)s;
