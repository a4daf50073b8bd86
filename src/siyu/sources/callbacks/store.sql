-- name: durable
select set_config('synchronous_commit', 'on', true);

-- One row for one thing, however often it comes. What only says that something changed is looked at again each time.
-- name: keep
insert into callbacks as c (account_id, kind, about, digest, received_at, said_at, raw, copies, due_at)
select account_id, kind, about, digest, received_at, said_at, raw, copies, received_at
from unnest(%(accounts)s::bigint[], %(kinds)s::text[], %(abouts)s::text[], %(digests)s::bytea[], %(receiveds)s::timestamptz[],
            %(saids)s::timestamptz[], %(raws)s::bytea[], %(copies)s::int[])
     as w(account_id, kind, about, digest, received_at, said_at, raw, copies)
order by account_id, digest
on conflict (account_id, digest) do update set
    copies = c.copies + excluded.copies,
    state = case when c.state = 'done' and excluded.kind = any(%(hints)s::text[]) then 'new' else c.state end;

-- name: count_refusals
insert into callback_refusals (account_id, on_date, why, refusals_n)
select * from unnest(%(accounts)s::bigint[], %(dates)s::date[], %(whys)s::text[], %(ns)s::bigint[])
on conflict (account_id, on_date, why) do update set refusals_n = callback_refusals.refusals_n + excluded.refusals_n;

-- Beside the callbacks themselves, which are kept once however often they come, and not for ever.
-- name: count_keys
insert into callback_keys as k (account_id, keys, hour, deliveries_n, last_at)
select account_id, keys, date_trunc('hour', received_at), count(*), max(received_at)
from unnest(%(accounts)s::bigint[], %(keys)s::text[], %(receiveds)s::timestamptz[]) as w(account_id, keys, received_at)
group by 1, 2, 3 order by 1, 2, 3
on conflict (account_id, keys, hour) do update set deliveries_n = k.deliveries_n + excluded.deliveries_n,
    last_at = greatest(k.last_at, excluded.last_at);

-- name: key_use
select w.account_id, w.place, coalesce(sum(k.deliveries_n) filter (where k.hour >= %(since)s), 0)::bigint, max(k.last_at)
from unnest(%(accounts)s::bigint[], %(keys)s::text[], %(places)s::int[]) as w(account_id, keys, place)
left join callback_keys k on k.account_id = w.account_id and k.keys = w.keys
group by w.account_id, w.place order by w.account_id, w.place;

-- name: tidy_keys
delete from callback_keys where hour < %(before)s;

-- name: ring
notify siyu;

-- One worker at a time, so that what an account told is opened in the order in which it came.
-- name: only_one
select pg_try_advisory_xact_lock(7317, 1);

-- name: due
select callback_id, account_id, received_at, raw, tries from callbacks
where state = 'new' and due_at <= %(now)s order by callback_id limit %(limit)s;

-- name: done
update callbacks c set state = 'done', tries = c.tries + 1, error = '', note = w.note, facts_n = w.facts_n, done_at = %(now)s
from unnest(%(ids)s::bigint[], %(notes)s::text[], %(facts)s::int[]) as w(callback_id, note, facts_n)
where c.callback_id = w.callback_id and c.state = 'new';

-- name: failed
update callbacks c set tries = w.tries, error = w.error, due_at = w.due_at, state = case when w.is_parked then 'parked' else c.state end
from unnest(%(ids)s::bigint[], %(tries)s::int[], %(errors)s::text[], %(dues)s::timestamptz[], %(parked)s::boolean[])
     as w(callback_id, tries, error, due_at, is_parked)
where c.callback_id = w.callback_id and c.state = 'new';

-- name: replay
update callbacks set state = 'new', tries = 0, due_at = %(now)s, error = '', note = ''
where callback_id = any(%(ids)s::bigint[]) and state <> 'new' returning callback_id;

-- name: seen
select callback_id, account_id, kind, about, received_at, said_at, copies, state, tries, due_at, error, note, facts_n, done_at
from callbacks
where (%(account_id)s::bigint is null or account_id = %(account_id)s) and (%(state)s::text is null or state = %(state)s)
  and (%(kind)s::text is null or starts_with(kind, %(kind)s)) and (%(before)s::bigint is null or callback_id < %(before)s)
order by callback_id desc limit %(limit)s;

-- name: counts
select account_id, sum(received)::bigint, sum(copies)::bigint, sum(waiting)::bigint, sum(parked)::bigint, sum(facts)::bigint,
    sum(refused)::bigint, max(last_at), min(oldest), max(lag)
from (
    select account_id, count(*) as received, sum(copies) as copies, 0 as waiting, 0 as parked, sum(facts_n) as facts, 0 as refused,
        max(received_at) as last_at, null::timestamptz as oldest,
        (percentile_cont(0.5) within group (order by extract(epoch from done_at - received_at)))::float8 as lag
    from callbacks where received_at >= %(since)s group by account_id
    union all
    select account_id, 0, 0, count(*) filter (where state = 'new'), count(*) filter (where state = 'parked'), 0, 0, null,
        min(received_at) filter (where state = 'new'), null
    from callbacks where state in ('new', 'parked') group by account_id
    union all
    select account_id, 0, 0, 0, 0, 0, sum(refusals_n), null, null, null
    from callback_refusals where on_date >= %(since)s::date group by account_id
) x group by account_id order by account_id;

-- name: refusals
select account_id, on_date, why, refusals_n from callback_refusals
where on_date >= %(since)s and (%(account_id)s::bigint is null or account_id = %(account_id)s) order by on_date desc, account_id, why;

-- name: tidy
delete from callbacks where callback_id in (
    select callback_id from callbacks where state = 'done' and done_at < %(before)s order by done_at limit %(limit)s
);
