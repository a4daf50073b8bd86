-- What customers wrote in the next stretch of the log, and what ended a conversation; and always its last row, which is the new place.
-- name: read_log
with stretch as materialized (
    select f.xid, f.seq, f.key, f.type, f.subject, f.occurred_at, case when f.type = any(%(types)s) then f.data end as data, f.sealed,
           f.object
    from facts f
    where (f.xid, f.seq) > (%(xid)s::xid8, %(seq)s) and f.xid < pg_snapshot_xmin(pg_current_snapshot())
    order by f.xid, f.seq
    limit %(limit)s
)
select s.xid::text, s.seq, s.key::text, s.type, s.subject, i.person_id, s.occurred_at, s.data, s.sealed->'text'->>0, i.key_wrapped, s.object
from stretch s left join identifiers i on i.identifier_id = s.subject
where s.data is not null or (s.xid, s.seq) = (select l.xid, l.seq from stretch l order by l.xid desc, l.seq desc limit 1)
order by s.xid, s.seq;

-- name: rules
select answer_id, name, account, channels, keywords, matching, priority, from_hour, to_hour, content_ids, is_handover, cooldown, is_on,
       changed_by, changed_at, occasion
from answers where (%(answer_id)s::bigint is null or answer_id = %(answer_id)s) order by priority desc, answer_id;

-- name: insert_rule
insert into answers (name, account, channels, keywords, matching, priority, from_hour, to_hour, content_ids, is_handover, cooldown, changed_by,
                     changed_at, occasion)
values (%(name)s, %(account)s, %(channels)s, %(keywords)s, %(matching)s, %(priority)s, %(from_hour)s, %(to_hour)s, %(content_ids)s,
        %(is_handover)s, %(cooldown)s, %(by)s, %(at)s, %(occasion)s)
on conflict (name) do nothing returning answer_id;

-- name: update_rule
update answers set name = %(name)s, account = %(account)s, channels = %(channels)s, keywords = %(keywords)s, matching = %(matching)s,
    priority = %(priority)s, from_hour = %(from_hour)s, to_hour = %(to_hour)s, content_ids = %(content_ids)s, is_handover = %(is_handover)s,
    cooldown = %(cooldown)s, changed_by = %(by)s, changed_at = %(at)s, occasion = %(occasion)s
where answer_id = %(answer_id)s and not exists (select 1 from answers o where o.name = %(name)s and o.answer_id <> %(answer_id)s);

-- name: switch
update answers set is_on = %(is_on)s, changed_by = %(by)s, changed_at = %(at)s where answer_id = %(answer_id)s;

-- name: see_past
select subject, channel, outcome, answer_id, said_at from answer_hits
where subject = any(%(subjects)s::bigint[]) and said_at > %(since)s and occasion = 'words' order by said_at, hit_id;

-- name: keep_comings
insert into answer_hits (fact_key, person_id, subject, channel, account, outcome, said_at, looked_at, occasion)
select *, %(now)s, 'coming' from (
    select w.key, w.person_id, w.subject, w.channel, w.account, 'waiting', w.at
    from unnest(%(keys)s::uuid[], %(people)s::bigint[], %(subjects)s::bigint[], %(channels)s::text[], %(accounts)s::text[],
        %(ats)s::timestamptz[]) as w(key, person_id, subject, channel, account, at)
) r
on conflict (fact_key) do nothing;

-- Comings, whether their desk gave a code, and whether a no stands that the follow takes back: its own yes is folded a moment later.
-- name: waiting
select h.hit_id, h.fact_key::text, h.subject, h.channel, h.account, h.said_at,
       h.channel <> 'kf' or exists (
           select from facts f where f.subject = h.subject and f.occurred_at = h.said_at and f.key = h.fact_key
               and f.data->>'welcome_code' <> ''),
       h.channel = 'official' and coalesce((
           select not c.is_given from consents c
           where c.subject = h.subject and c.channel in (%(chat)s, '*') and c.purpose in ('service', '*')
           order by c.decided_at desc, c.is_given limit 1), false)
from answer_hits h where h.outcome = 'waiting' order by h.said_at, h.hit_id;

-- name: end_waiting
update answer_hits h set answer_id = w.answer_id, outcome = w.outcome, asked_n = w.asked_n, first_key = w.first_key, looked_at = %(now)s
from unnest(%(hits)s::bigint[], %(answers)s::bigint[], %(outcomes)s::text[], %(asked)s::int[], %(firsts)s::uuid[])
    as w(hit_id, answer_id, outcome, asked_n, first_key)
where h.hit_id = w.hit_id;

-- name: see_greeted
select subject, channel, max(said_at) from answer_hits
where subject = any(%(subjects)s::bigint[]) and said_at > %(since)s and outcome = 'greeted' group by 1, 2;

-- The codes of the comings that greetings answer; only the first message of a greeting has one.
-- name: tickets
select i.intent_id, f.data->>'corp', f.data->>'welcome_code', h.said_at
from intents i join answer_hits h on h.first_key = i.key
join facts f on f.subject = h.subject and f.occurred_at = h.said_at and f.key = h.fact_key
where i.intent_id = any(%(intent_ids)s::bigint[]) and f.data->>'welcome_code' <> '';

-- Comings that got no greeting, by why.
-- name: ungreeted
select outcome, count(distinct person_id) from answer_hits
where occasion = 'coming' and said_at >= %(since)s and outcome not in ('greeted', 'waiting') group by 1;

-- name: see_with_staff
select distinct subject, channel from answer_handovers
where subject = any(%(subjects)s::bigint[]) and ended_at is null and asked_at > %(since)s;

-- name: keep_hits
insert into answer_hits (fact_key, answer_id, person_id, subject, channel, account, outcome, asked_n, said_at, looked_at)
select *, %(now)s from unnest(%(keys)s::uuid[], %(answers)s::bigint[], %(people)s::bigint[], %(subjects)s::bigint[], %(channels)s::text[],
    %(accounts)s::text[], %(outcomes)s::text[], %(asked)s::int[], %(ats)s::timestamptz[])
on conflict (fact_key) do nothing;

-- name: call_staff
insert into answer_handovers (subject, channel, account, why, asked_at)
select * from unnest(%(subjects)s::bigint[], %(channels)s::text[], %(accounts)s::text[], %(whys)s::text[], %(ats)s::timestamptz[]);

-- name: end_talks
update answer_handovers h set ended_at = w.at
from unnest(%(subjects)s::bigint[], %(channels)s::text[], %(ats)s::timestamptz[]) as w(subject, channel, at)
where h.subject = w.subject and h.channel = w.channel and h.ended_at is null and h.asked_at <= w.at;

-- name: end_handover
update answer_handovers set ended_at = %(at)s where handover_id = %(handover_id)s and ended_at is null;

-- name: handovers
select h.handover_id, h.subject, i.person_id, h.channel, h.account, h.why, h.asked_at, h.ended_at
from answer_handovers h join identifiers i on i.identifier_id = h.subject
where (%(with_ended)s or (h.ended_at is null and h.asked_at > %(since)s)) order by h.handover_id desc limit %(limit)s;

-- What no rule knew counts as missed (0), and for the rule that spoke then.
-- name: counts
select k.answer_id, count(*) filter (where outcome in ('answered', 'greeted') or (outcome = 'missed' and k.answer_id > 0)),
       count(*) filter (where outcome = 'handed_over'), count(*) filter (where outcome = 'repeated'), count(distinct person_id)
from answer_hits h cross join lateral (
    select coalesce(h.answer_id, 0) as answer_id
    union select 0 where h.outcome = 'missed'
) k
where said_at >= %(since)s and outcome in ('answered', 'greeted', 'handed_over', 'missed', 'repeated') group by 1;
