-- name: gate_settings
select name, value from settings where starts_with(name, 'gate.');

-- Asking -----------------------------------------------------------------------------------------------------------------------------

-- name: ensure_lanes
insert into lanes (origin, origin_id, channel, purpose, topic, content_id, content_version, priority, cost_minor, template)
select * from unnest(%(origins)s::text[], %(origin_ids)s::bigint[], %(channels)s::text[], %(purposes)s::text[], %(topics)s::text[],
                     %(content_ids)s::bigint[], %(content_versions)s::int[], %(priorities)s::smallint[], %(costs)s::int[],
                     %(templates)s::text[])
order by 1, 2, 3, 4, 5, 6, 7, 8, 9
on conflict do nothing;

-- name: find_lanes
select l.lane_id, l.origin, l.origin_id, l.channel, l.purpose, l.topic, l.content_id, l.content_version, l.priority, l.cost_minor
from unnest(%(origins)s::text[], %(origin_ids)s::bigint[], %(channels)s::text[], %(purposes)s::text[], %(topics)s::text[],
            %(content_ids)s::bigint[], %(content_versions)s::int[], %(priorities)s::smallint[], %(costs)s::int[])
     as w(origin, origin_id, channel, purpose, topic, content_id, content_version, priority, cost_minor)
join lanes l using (origin, origin_id, channel, purpose, topic, content_id, content_version, priority, cost_minor);

-- name: ask
insert into intent_log (key, person_id, lane_id, is_control, not_before, expires_at, asked_at)
select w.*, %(asked_at)s
from unnest(%(keys)s::uuid[], %(person_ids)s::bigint[], %(lane_ids)s::bigint[], %(controls)s::boolean[], %(not_befores)s::timestamptz[],
            %(expires)s::timestamptz[]) as w
on conflict (key) do nothing;

-- Judging ----------------------------------------------------------------------------------------------------------------------------

-- name: take_intents
select coalesce(array_agg(x.intent_id), '{}'), coalesce(array_agg(x.person_id), '{}'), coalesce(array_agg(x.lane_id), '{}'),
       coalesce(array_agg(x.is_control), '{}'), coalesce(array_agg(x.not_before), '{}'), coalesce(array_agg(x.expires_at), '{}'),
       coalesce(max(x.xid::text::bigint), 0)
from (
    select intent_id, xid, person_id, lane_id, is_control, not_before, expires_at from intent_log
    where (xid, intent_id) > (%(xid)s::text::xid8, %(seq)s::bigint) and xid < pg_snapshot_xmin(pg_current_snapshot())
    order by xid, intent_id limit %(limit)s
) x;

-- name: see_lanes
select l.lane_id, l.origin, l.origin_id, l.channel, l.purpose, l.topic, l.content_id, l.content_version, l.priority, l.cost_minor,
       coalesce(t.up_to, 0), l.template
from lanes l left join taken_back t on t.origin = l.origin and t.origin_id = l.origin_id
where l.lane_id = any(%(lane_ids)s::bigint[]);

-- Every identifier of the people who are today behind these ids. Its address: 0 usable, 1 complained, 2 bounced, 3 erased.
-- name: see_members
select coalesce(array_agg(m.identifier_id), '{}'), coalesce(array_agg(m.person_id), '{}'),
       coalesce(array_agg(coalesce(array_position(%(kinds)s::text[], m.kind), 0)), '{}'),
       coalesce(array_agg(case when m.unreachable_at is not null and m.unreachable_why = 'complained' then 1
                               when m.unreachable_at is not null then 2
                               when m.value is null and (m.sealed is null or m.key_wrapped is null) then 3
                               when m.kind = 'external_userid' and not exists (
                                   select 1 from contacts c left join guides g on g.corp = c.corp and g.guide = c.guide
                                   where c.subject = m.identifier_id and c.is_active and g.left_at is null and coalesce(g.may_serve, true))
                               then 3
                               else 0 end), '{}')
from identifiers m
where m.person_id = any(array(select distinct i.person_id from identifiers i where i.identifier_id = any(%(ids)s::bigint[])));

-- What they said, per identifier and pair of channel and purpose: consents as folded, withdrawals as taken in, and facts of withdrawal
-- that nobody has taken in yet: the short end of the log behind the place given. (`is true` keeps the planner to the log's own index: it
-- knows how few such facts there are, but not how short the end is.) The latest statement of an identifier holds; of two, the no.
-- name: see_consents
with pairs as (
    select channel, purpose, no::int from unnest(%(channels)s::text[], %(purposes)s::text[]) with ordinality as p(channel, purpose, no)
), unheard as materialized (
    select s.subject, coalesce(nullif(f.data->>'channel', ''), '*') as channel,
           coalesce(nullif(f.data->>'purpose', ''), case when starts_with(f.type, 'message.') then 'marketing' else '*' end) as purpose,
           f.occurred_at
    from facts f
    cross join lateral unnest(array_prepend(f.subject, f.others)) as s(subject)
    where (f.xid, f.seq) > (%(xid)s::text::xid8, %(seq)s::bigint) and (f.type = any(%(types)s::text[])) is true and f.subject is not null
), said as (
    select subject, channel, purpose, is_given, decided_at from consents where subject = any(%(ids)s::bigint[])
    union all
    select subject, channel, purpose, false, withdrawn_at from withdrawals where subject = any(%(ids)s::bigint[])
    union all
    select subject, channel, purpose, false, occurred_at from unheard where subject = any(%(ids)s::bigint[])
    union all
    select c.subject, k.channel, '*', true, '-infinity'::timestamptz  -- whoever became a guide's contact agreed, until any word of theirs
    from contacts c cross join unnest(%(by_contact)s::text[]) as k(channel) where c.subject = any(%(ids)s::bigint[])
)
select coalesce(array_agg(s.subject), '{}'), coalesce(array_agg(p.no), '{}'), coalesce(array_agg(s.is_given), '{}'),
       coalesce(array_agg(s.decided_at), '{}')
from said s join pairs p on s.channel in (p.channel, '*') and s.purpose in (p.purpose, '*');

-- Whose allowance on the platform is used up, and until when.
-- name: see_spent
select coalesce(array_agg(s.subject), '{}'), coalesce(array_agg(array_position(%(channels)s::text[], s.channel)), '{}'),
       coalesce(array_agg(s.spent_until), '{}')
from spent_allowances s where s.subject = any(%(ids)s::bigint[]) and s.channel = any(%(channels)s::text[]) and s.spent_until > %(now)s;

-- name: note_spent
insert into spent_allowances (subject, channel, spent_until, noted_at)
select unnest(%(subjects)s::bigint[]), %(channel)s, %(until)s, %(now)s
on conflict (subject, channel) do update set spent_until = greatest(spent_allowances.spent_until, excluded.spent_until), noted_at = excluded.noted_at;

-- What customers did that opens a channel: by rule and identifier the first and last time, and how often. A consent to single messages is
-- one to a template, and gone when the customer switched the template off, or the vendor knew of none, later.
-- name: see_deeds
with deeds as (
    select r.no, f.subject, f.occurred_at
    from unnest(%(types)s::text[], %(ofs)s::text[], %(presses)s::boolean[], %(sinces)s::timestamptz[], %(templates)s::text[])
        with ordinality as r(type, of, is_press, since, template, no)
    join facts f on f.subject = any(%(ids)s::bigint[]) and f.type = r.type and f.occurred_at > r.since and f.occurred_at <= %(now)s
        and coalesce(f.data->>'channel', r.of) = r.of and (coalesce(f.data->>'kind', '') = 'event') = r.is_press
        and (r.template = '' or f.data->>'template_id' = r.template)
        and (r.type <> 'desk.entered' or f.data->>'welcome_code' <> '')  -- without a code nothing may be said
    where r.type <> 'subscription.accepted' or not exists (
        select from facts g where g.subject = f.subject and g.type = 'subscription.refused' and g.occurred_at >= f.occurred_at
            and g.occurred_at <= %(now)s and g.data->>'how' in ('settings', 'vendor')
            and coalesce(g.data->>'template_id', '') = coalesce(f.data->>'template_id', ''))
), counted as (
    select no, subject, min(occurred_at) as first_at, max(occurred_at) as last_at, count(*) as n from deeds group by 1, 2
)
select coalesce(array_agg(no), '{}'), coalesce(array_agg(subject), '{}'), coalesce(array_agg(first_at), '{}'),
       coalesce(array_agg(last_at), '{}'), coalesce(array_agg(n), '{}')
from counted;

-- The templates that somebody agreed to lately, with where.
-- name: see_agreed
select distinct f.data->>'channel', f.data->>'template_id' from facts f
where f.subject in (select m.identifier_id from identifiers m
                    where m.person_id = (select i.person_id from identifiers i where i.identifier_id = %(person_id)s))
  and f.type = 'subscription.accepted' and f.occurred_at > %(since)s and f.data->>'template_id' is not null
order by 1, 2;

-- name: see_zones
select coalesce(array_agg(person_id), '{}'), coalesce(array_agg(traits->>%(trait)s), '{}')
from profiles where traits ? %(trait)s and person_id = any(%(person_ids)s::bigint[]);

-- What counts against these people: at the asking also what waits, in a claim only what was claimed or perhaps sent. What is under way
-- counts as if it were sent now, however long ago it was claimed; those old claims are few, and come without asking whose they are.
-- name: see_touches
select coalesce(array_agg(q.intent_id), '{}'), coalesce(array_agg(q.person_id), '{}'), coalesce(array_agg(q.lane_id), '{}'),
       coalesce(array_agg(case when q.state = 'claimed' then greatest(q.counts_at, %(now)s) else q.counts_at end), '{}'),
       coalesce(array_agg(q.state = 'waiting' and not q.is_doubtful), '{}')
from (
    select intent_id, person_id, lane_id, counts_at, state, is_doubtful from permit_queue
    where person_id = any(%(ids)s::bigint[]) and counts_at > %(since)s
      and (state in ('claimed', 'sent', 'unknown') or is_doubtful or (state = 'waiting' and not %(is_claim)s and expires_at > %(now)s))
    union all
    select intent_id, person_id, lane_id, counts_at, state, is_doubtful from permit_queue where state = 'claimed' and counts_at <= %(since)s
) q;

-- Who is held out of the same origin under any name.
-- name: see_controls
select coalesce(array_agg(i.person_id), '{}'), coalesce(array_agg(i.lane_id), '{}')
from intent_log i
join lanes l using (lane_id)
where i.is_control and i.person_id = any(%(ids)s::bigint[])
  and exists (select 1 from lanes b where b.lane_id = any(%(lane_ids)s::bigint[]) and b.origin = l.origin and b.origin_id = l.origin_id);

-- name: copy_permits
copy permit_queue (intent_id, person_id, lane_id, is_plain, judged_at, due_at, expires_at, counts_at) from stdin (format binary);

-- name: copy_verdicts
copy verdict_log (intent_id, lane_id, step, judged_at, code, waits, until, detail) from stdin (format binary);

-- name: lock_lanes
select count(*) from (select 1 from lanes where lane_id = any(%(lane_ids)s::bigint[]) order by lane_id for no key update) x;

-- name: fill_lanes
update lanes l set due_at = least(l.due_at, w.due_at), expire_at = least(l.expire_at, w.expire_at), stamp = l.stamp + 1
from (
    select lane_id, min(due_at) as due_at, min(expire_at) as expire_at
    from unnest(%(lane_ids)s::bigint[], %(dues)s::timestamptz[], %(expires)s::timestamptz[]) as w(lane_id, due_at, expire_at)
    group by lane_id
) w
where l.lane_id = w.lane_id;

-- Claiming ---------------------------------------------------------------------------------------------------------------------------

-- name: lock_channel
select pg_advisory_xact_lock(7320, hashtext(%(name)s));

-- name: lock_origins
select pg_advisory_xact_lock_shared(7321, key)
from (
    select distinct hashtext(w.origin || ':' || w.origin_id) as key
    from unnest(%(origins)s::text[], %(origin_ids)s::bigint[]) as w(origin, origin_id) order by 1
) x;

-- name: lock_origin
select pg_advisory_xact_lock(7321, hashtext(%(origin)s || ':' || %(origin_id)s::bigint));

-- name: see_outlays
select coalesce(sum(n), 0)::bigint, coalesce(sum(cost_minor), 0)::bigint from outlays
where claimed_at > %(since)s and (%(channel)s::text is null or channel = %(channel)s) and (%(purpose)s::text is null or purpose = %(purpose)s);

-- What is due, the highest priority first. Lanes of held origins are left alone, and so is what an origin took back.
-- Whether a claim would find something to do: a lane with due permits, or a claim whose time is over.
-- name: is_due
select exists (
           select 1 from lanes l where l.channel = %(channel)s and l.due_at <= %(now)s
             and not exists (select 1 from held_origins h where h.origin = l.origin and h.origin_id = l.origin_id))
    or exists (select 1 from permit_queue q where q.state = 'claimed' and q.lease_until < statement_timestamp());

-- name: take_due
select coalesce(array_agg(x.intent_id), '{}'), coalesce(array_agg(x.person_id), '{}'), coalesce(array_agg(x.lane_id), '{}')
from (
    select q.intent_id, q.person_id, l.lane_id
    from lanes l
    left join taken_back t on t.origin = l.origin and t.origin_id = l.origin_id
    cross join lateral (
        select q.intent_id, q.person_id, q.due_at from permit_queue q
        where q.lane_id = l.lane_id and q.state = 'waiting' and q.due_at <= %(now)s and q.intent_id > coalesce(t.up_to, 0)
        order by q.due_at, q.intent_id limit %(limit)s
    ) q
    where l.channel = %(channel)s and l.due_at <= %(now)s
      and not exists (select 1 from held_origins h where h.origin = l.origin and h.origin_id = l.origin_id)
    order by l.priority desc, q.due_at, q.intent_id limit %(limit)s
) x;

-- The lanes of a channel in which something may be due, with the stamp that they have now.
-- name: see_due_lanes
select l.lane_id, l.origin, l.origin_id, l.stamp
from lanes l
where l.channel = %(channel)s and l.due_at <= %(now)s
  and not exists (select 1 from held_origins h where h.origin = l.origin and h.origin_id = l.origin_id);

-- name: see_shards
select coalesce(array_agg(distinct m.identifier_id %% 64), '{}') from identifiers m
where m.person_id in (select i.person_id from identifiers i where i.identifier_id = any(%(ids)s::bigint[]));

-- Only then are they looked at, by their ids. (`like`, because with `=` the planner would sooner walk the whole index of what waits
-- when its statistics are from before a large broadcast.)
-- name: retake_due
select coalesce(array_agg(x.intent_id), '{}'), coalesce(array_agg(x.person_id), '{}'), coalesce(array_agg(x.lane_id), '{}'),
       coalesce(array_agg(x.due_at), '{}'), coalesce(array_agg(x.expires_at), '{}')
from (
    select q.intent_id, q.person_id, q.lane_id, q.due_at, q.expires_at
    from permit_queue q
    join lanes l using (lane_id)
    left join taken_back t on t.origin = l.origin and t.origin_id = l.origin_id
    where q.intent_id = any(%(intent_ids)s::bigint[]) and q.state like 'waiting' and q.due_at <= %(now)s
      and q.intent_id > coalesce(t.up_to, 0)
      and not exists (select 1 from held_origins h where h.origin = l.origin and h.origin_id = l.origin_id)
    order by l.priority desc, q.due_at, q.intent_id
    for update of q skip locked
) x;

-- The rows of the next three were found waiting and locked before, in the same transaction.
-- name: lease
update permit_queue q set
    state = 'claimed', token = q.token + 1, attempts = q.attempts + 1, claimed_at = %(now)s, counts_at = %(now)s,
    lease_until = clock_timestamp() + %(lease_for)s
from unnest(%(intent_ids)s::bigint[], %(person_ids)s::bigint[]) as w(intent_id, person_id), lanes l
where q.intent_id = w.intent_id and l.lane_id = q.lane_id
returning q.intent_id, q.token, w.person_id, l.channel, l.purpose, l.topic, l.origin, l.origin_id, l.content_id, l.content_version,
          l.cost_minor, q.due_at, q.expires_at, q.lease_until, q.attempts;

-- name: note_outlays
insert into outlays (channel, purpose, claimed_at, n, cost_minor)
select %(channel)s, purpose, %(now)s, n, cost from unnest(%(purposes)s::text[], %(ns)s::int[], %(costs)s::bigint[]) as w(purpose, n, cost);

-- name: put_off
update permit_queue q set due_at = w.due_at, counts_at = case when q.is_doubtful then q.counts_at else w.due_at end
from unnest(%(intent_ids)s::bigint[], %(dues)s::timestamptz[]) as w(intent_id, due_at)
where q.intent_id = w.intent_id;

-- What was perhaps sent stays so.
-- name: withdraw_permits
update permit_queue set state = case when is_doubtful then 'unknown' else 'withdrawn' end, settled_at = %(now)s
where intent_id = any(%(intent_ids)s::bigint[]);

-- The earliest moment at which something is due in these lanes, unless more has come in since their stamps were read.
-- name: drain_lanes
update lanes l set due_at = (select min(q.due_at) from permit_queue q where q.lane_id = l.lane_id and q.state = 'waiting')
from unnest(%(lane_ids)s::bigint[], %(stamps)s::bigint[]) as w(lane_id, stamp)
where l.lane_id = w.lane_id and l.stamp = w.stamp;

-- A claim whose outcome comes late: its lease runs longer, while it is still the claimant's.
-- name: prolong
update permit_queue q set lease_until = greatest(q.lease_until, clock_timestamp() + %(lease_for)s)
from unnest(%(intent_ids)s::bigint[], %(tokens)s::bigint[]) as w(intent_id, token)
where q.intent_id = w.intent_id and q.token = w.token and q.state = 'claimed'
returning q.intent_id;

-- Settling ---------------------------------------------------------------------------------------------------------------------------

-- An unknown outcome may be cleared up later by whoever holds its token; a returned one must still be claimed.
-- name: settle
with given as (
    select * from unnest(%(intent_ids)s::bigint[], %(tokens)s::bigint[], %(outcomes)s::text[], %(ats)s::timestamptz[])
        as w(intent_id, token, outcome, at)
), before as (
    select q.intent_id, q.lane_id, q.claimed_at, w.outcome, w.at from permit_queue q join given w using (intent_id)
    where q.token = w.token and (q.state = 'claimed' or (q.state = 'unknown' and w.outcome <> 'returned'))
    order by q.intent_id for no key update of q
)
update permit_queue q set
    state = case b.outcome when 'returned' then 'waiting' else b.outcome end,
    counts_at = case when b.outcome <> 'returned' then greatest(b.at, q.claimed_at) when q.is_doubtful then q.counts_at else b.at end,
    due_at = case b.outcome when 'returned' then b.at else q.due_at end,
    is_doubtful = q.is_doubtful and b.outcome = 'returned',
    lease_until = null,
    settled_at = case when b.outcome = 'returned' then null else b.at end
from before b join lanes l on l.lane_id = b.lane_id
where q.intent_id = b.intent_id
returning q.intent_id, b.outcome, q.lane_id, q.due_at, q.expires_at, b.claimed_at, l.channel, l.purpose, l.cost_minor;

-- name: give_back
insert into outlays (channel, purpose, claimed_at, n, cost_minor)
select * from unnest(%(channels)s::text[], %(purposes)s::text[], %(claimed_ats)s::timestamptz[], %(ns)s::int[], %(costs)s::bigint[]);

-- Stopping ---------------------------------------------------------------------------------------------------------------------------

-- name: hold
insert into held_origins (origin, origin_id, held_at) values (%(origin)s, %(origin_id)s, %(at)s) on conflict do nothing;

-- name: let_go
delete from held_origins where origin = %(origin)s and origin_id = %(origin_id)s;

-- name: count_waiting
select count(*) from permits where origin = %(origin)s and origin_id = %(origin_id)s and state = 'waiting';

-- name: take_back
insert into taken_back (origin, origin_id, up_to, taken_back_at)
select %(origin)s, %(origin_id)s, coalesce(max(intent_id), 0), %(at)s from intent_log
on conflict (origin, origin_id) do update set up_to = greatest(taken_back.up_to, excluded.up_to), taken_back_at = excluded.taken_back_at,
    is_swept = false;

-- name: withdraw_person
insert into withdrawals (subject, channel, purpose, withdrawn_at) values (%(subject)s, %(channel)s, %(purpose)s, %(at)s)
on conflict (subject, channel, purpose) do update set withdrawn_at = greatest(withdrawals.withdrawn_at, excluded.withdrawn_at);

-- name: waiting_of_person
select coalesce(array_agg(q.intent_id), '{}'), coalesce(array_agg(q.lane_id), '{}')
from (
    select q.intent_id, q.lane_id from permit_queue q
    join lanes l using (lane_id)
    where q.person_id in (
        select m.identifier_id from identifiers m where m.person_id in (select person_id from identifiers where identifier_id = %(subject)s)
    ) and q.state = 'waiting' and (%(channel)s = '*' or l.channel = %(channel)s) and (%(purpose)s = '*' or l.purpose = %(purpose)s)
    order by q.intent_id for update of q
) q;

-- name: hear_withdrawals
insert into withdrawals (subject, channel, purpose, withdrawn_at)
select s.subject, coalesce(nullif(f.data->>'channel', ''), '*'),
       coalesce(nullif(f.data->>'purpose', ''), case when starts_with(f.type, 'message.') then 'marketing' else '*' end), max(f.occurred_at)
from facts f cross join lateral unnest(array_prepend(f.subject, f.others)) as s(subject)
where (f.xid, f.seq) > (%(xid)s::text::xid8, %(seq)s::bigint) and (f.xid, f.seq) <= (%(to_xid)s::text::xid8, %(to_seq)s::bigint)
  and (f.type = any(%(types)s::text[])) is true and f.subject is not null
group by 1, 2, 3
on conflict (subject, channel, purpose) do update set withdrawn_at = greatest(withdrawals.withdrawn_at, excluded.withdrawn_at);

-- name: last_settled_fact
select f.xid::text, f.seq from facts f
where (f.xid, f.seq) > (%(xid)s::text::xid8, %(seq)s::bigint) and f.xid < pg_snapshot_xmin(pg_current_snapshot())
order by f.xid desc, f.seq desc limit 1;

-- Tidying ----------------------------------------------------------------------------------------------------------------------------

-- A lease that ran out: the message is sent again only where the channel carries a key; elsewhere nobody knows, and nobody repeats.
-- name: end_leases
with over as (
    select q.intent_id, l.channel = any(%(idempotent)s::text[]) as is_safe
    from permit_queue q join lanes l using (lane_id)
    where q.state = 'claimed' and q.lease_until < statement_timestamp()  -- not clock_timestamp(): no index could be used
    order by q.lease_until limit %(limit)s for update of q skip locked
)
update permit_queue q set
    state = case when o.is_safe then 'waiting' else 'unknown' end,
    is_doubtful = o.is_safe,
    counts_at = greatest(q.counts_at, %(now)s),
    due_at = case when o.is_safe then %(now)s else q.due_at end,
    lease_until = null,
    settled_at = case when o.is_safe then null else %(now)s end
from over o where q.intent_id = o.intent_id
returning q.intent_id, q.state, q.lane_id, q.due_at, q.expires_at;

-- name: see_expired_lanes
select lane_id, channel, purpose, stamp from lanes where expire_at <= %(now)s order by lane_id limit 100;

-- name: take_expired
select coalesce(array_agg(x.intent_id), '{}') from (
    select intent_id from permit_queue
    where lane_id = %(lane_id)s and state = 'waiting' and expires_at <= %(now)s
    order by due_at, intent_id limit %(limit)s for update skip locked
) x;

-- name: renew_expiry
update lanes l set expire_at = (select min(q.expires_at) from permit_queue q where q.lane_id = l.lane_id and q.state = 'waiting')
where l.lane_id = %(lane_id)s and l.stamp = %(stamp)s;

-- name: see_unswept
select l.lane_id, t.up_to, t.origin, t.origin_id
from taken_back t left join lanes l on l.origin = t.origin and l.origin_id = t.origin_id
where not t.is_swept order by t.origin, t.origin_id, l.lane_id;

-- name: take_unswept
select coalesce(array_agg(x.intent_id), '{}') from (
    select intent_id from permit_queue
    where lane_id = %(lane_id)s and state = 'waiting' and intent_id <= %(up_to)s
    order by due_at, intent_id limit %(limit)s for update skip locked
) x;

-- name: swept
update taken_back set is_swept = true where origin = %(origin)s and origin_id = %(origin_id)s and up_to = %(up_to)s;

-- name: forget_outlays
delete from outlays where claimed_at < %(before)s;

-- Telling ----------------------------------------------------------------------------------------------------------------------------

-- name: asked_of_person
select i.intent_id, i.asked_at, i.channel, i.purpose, i.topic, i.origin, i.origin_id, i.content_id, i.content_version,
       p.state, coalesce(p.is_held, false), p.due_at, p.settled_at
from intents i left join permits p on p.intent_id = i.intent_id
where i.person_id in (
    select m.identifier_id from identifiers m where m.person_id in (select person_id from identifiers where identifier_id = %(person_id)s)
)
  and (%(intent_id)s::bigint is null or i.intent_id = %(intent_id)s)
order by i.asked_at desc, i.intent_id desc limit %(limit)s;

-- name: said_of
select intent_id, step, code, waits, judged_at, until, detail from verdicts
where intent_id = any(%(intent_ids)s::bigint[]) order by intent_id, judged_at, step;

-- name: tally
select (select count(*) from intents where origin = %(origin)s and origin_id = %(origin_id)s),
       (select coalesce(jsonb_object_agg(code, n), '{}') from (
           select v.code, count(*) as n from verdicts v join lanes l using (lane_id)
           where l.origin = %(origin)s and l.origin_id = %(origin_id)s and v.step = 'ask' group by v.code) x),
       (select coalesce(jsonb_object_agg(state, n), '{}') from (
           select state, count(*) as n from permits where origin = %(origin)s and origin_id = %(origin_id)s group by state) x);

-- A worker that is stopped in the middle of a decision must not hold everybody's locks for ever. And one plan for every batch: planning
-- for thousands of given ids anew each time costs more than finding them.
-- name: begin_deciding
select set_config('idle_in_transaction_session_timeout', '60s', true), set_config('plan_cache_mode', 'force_generic_plan', true);

-- A permit of an origin that took back what it asked has come to wait again: it must be swept.
-- name: unsweep
update taken_back t set is_swept = false
from lanes l where l.lane_id = any(%(lane_ids)s::bigint[]) and t.origin = l.origin and t.origin_id = l.origin_id and t.is_swept;

-- What waits for a channel and would go before a message of this priority.
-- name: see_ahead
select count(*), coalesce(sum(l.cost_minor), 0)
from lanes l
left join taken_back t on t.origin = l.origin and t.origin_id = l.origin_id
join permit_queue q on q.lane_id = l.lane_id and q.state = 'waiting' and q.intent_id > coalesce(t.up_to, 0)
where l.priority >= %(priority)s and (%(channel)s::text is null or l.channel = %(channel)s)
  and (%(purpose)s::text is null or l.purpose = %(purpose)s) and l.due_at is not null;
