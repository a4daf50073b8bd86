-- name: do_not_wait
set local synchronous_commit = off;

-- name: take_pace
select p.next_at, p.bucket_left, p.bucket_at, p.seats, p.holders, p.width, p.narrowed_at, p.blocked_until, p.blocked_code,
    clock_timestamp() as now
from vendor_paces p
where p.account_id = %(account_id)s and p.interface = %(interface)s
for update of p;

-- name: make_pace
insert into vendor_paces (account_id, interface, next_at, bucket_left, bucket_at, seats, holders, width, narrowed_at)
values (%(account_id)s, %(interface)s, null, %(bucket)s, clock_timestamp(), array_fill(null::timestamptz, array[%(width)s::int]),
    array_fill(0::bigint, array[%(width)s::int]), %(width)s, clock_timestamp())
on conflict do nothing;

-- name: keep_pace
update vendor_paces
set next_at = %(next_at)s, bucket_left = %(bucket_left)s, bucket_at = %(bucket_at)s, seats = %(seats)s::timestamptz[],
    holders = %(holders)s::bigint[]
where account_id = %(account_id)s and interface = %(interface)s;

-- name: new_holder
select nextval('vendor_holders');

-- name: give_seat
update vendor_paces
set seats[%(seat)s::int] = null
where account_id = %(account_id)s and interface = %(interface)s and holders[%(seat)s::int] = %(holder)s;

-- name: narrow
update vendor_paces
set width = greatest(1, least(%(most)s, width + floor(extract(epoch from clock_timestamp() - narrowed_at) / %(grow_every)s)::int) / 2),
    narrowed_at = clock_timestamp()
where account_id = %(account_id)s and interface = %(interface)s;

-- name: see_block
select blocked_until, blocked_times from vendor_paces
where account_id = %(account_id)s and interface = %(interface)s
for update;

-- name: block
update vendor_paces set blocked_until = %(until)s, blocked_code = %(code)s, blocked_times = %(times)s
where account_id = %(account_id)s and interface = %(interface)s;

-- name: see_breaker
select failures, open_until, code from vendor_breakers where account_id = %(account_id)s and host = %(host)s;

-- name: note_failure
insert into vendor_breakers (account_id, host, failures, open_until, code, changed_at)
values (%(account_id)s, %(host)s, 1, null, %(code)s, %(now)s)
on conflict (account_id, host) do update
set failures = vendor_breakers.failures + 1, code = %(code)s, changed_at = %(now)s, probe_until = null
returning failures;

-- name: open_breaker
update vendor_breakers set open_until = %(until)s where account_id = %(account_id)s and host = %(host)s;

-- name: take_probe
update vendor_breakers set probe_until = %(until)s
where account_id = %(account_id)s and host = %(host)s and (probe_until is null or probe_until <= %(now)s)
returning 1;

-- name: close_breaker
delete from vendor_breakers where account_id = %(account_id)s and host = %(host)s;

-- name: trace_calls
insert into vendor_calls (account_id, interface, at, took_ms, http_status, code, attempt, is_unknown)
select * from unnest(%(account_ids)s::bigint[], %(interfaces)s::text[], %(ats)s::timestamptz[], %(tooks)s::int[], %(statuses)s::int[],
    %(codes)s::text[], %(attempts)s::int[], %(unknowns)s::boolean[]);

-- name: trim_calls
delete from vendor_calls
where at < %(before)s or call_id <= (select max(call_id) - %(most)s from vendor_calls);

-- name: trace
select call_id, account_id, interface, at, took_ms, http_status, code, attempt, is_unknown
from vendor_calls
where (%(account_id)s::bigint is null or account_id = %(account_id)s)
    and (%(interface)s::text is null or interface = %(interface)s)
    and (not %(only_failures)s or code not in ('0', 'OK'))
    and call_id < %(below)s
order by call_id desc
limit %(limit)s;

-- name: health
select c.account_id, c.interface, count(*), count(*) filter (where c.code not in ('0', 'OK')), count(*) filter (where c.is_unknown),
    percentile_cont(0.5) within group (order by c.took_ms), percentile_cont(0.95) within group (order by c.took_ms), max(c.at),
    (array_agg(c.code order by c.call_id desc))[1], p.blocked_until,
    case when p.interface is not null
        then least(cardinality(p.seats), p.width + floor(extract(epoch from clock_timestamp() - p.narrowed_at) / %(grow_every)s)::int)
    end
from vendor_calls c
left join vendor_paces p using (account_id, interface)
where c.at >= %(since)s and (%(account_id)s::bigint is null or c.account_id = %(account_id)s)
group by c.account_id, c.interface, p.account_id, p.interface
order by c.account_id, c.interface;

-- name: see_token
select t.sealed, t.generation, t.fetched_at, t.expires_at
from vendor_tokens t
where t.account_id = %(account_id)s and t.purpose = %(purpose)s;

-- name: keep_token
insert into vendor_tokens (account_id, purpose, generation, sealed, fetched_at, expires_at)
values (%(account_id)s, %(purpose)s, 1, %(sealed)s, %(now)s, %(expires_at)s)
on conflict (account_id, purpose) do update
set generation = vendor_tokens.generation + 1, sealed = %(sealed)s, fetched_at = %(now)s, expires_at = %(expires_at)s
returning generation;

-- name: drop_token
update vendor_tokens set sealed = null
where account_id = %(account_id)s and purpose = %(purpose)s and generation = %(generation)s;

-- name: wait_for_lock
set lock_timeout = '30s';

-- name: lock_token
select pg_advisory_lock(%(space)s, hashtext(%(key)s));

-- name: try_lock_token
select pg_try_advisory_lock(%(space)s, hashtext(%(key)s));
