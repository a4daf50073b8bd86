-- name: keep
insert into vendor_checks (account_id, name, state, code, interface, checked_at)
select %(account_id)s, w.name, w.state, w.code, w.interface, %(at)s
from unnest(%(names)s::text[], %(states)s::text[], %(codes)s::text[], %(interfaces)s::text[]) as w(name, state, code, interface)
where exists (select from vendor_accounts where account_id = %(account_id)s)
on conflict (account_id, name) do update set state = excluded.state, code = excluded.code, interface = excluded.interface,
    checked_at = excluded.checked_at;

-- What is asked for again while it waits or runs stays as it is.
-- name: ask
insert into vendor_check_runs as r (account_id, job_id, state, asked_at)
select account_id, %(job_id)s, 'waiting', %(at)s from vendor_accounts where account_id = %(account_id)s
on conflict (account_id) do update set job_id = excluded.job_id, state = 'waiting', asked_at = excluded.asked_at, names = '{}', done_n = 0,
    lease_until = null, ended_at = null, why = ''
where r.state in ('done', 'failed');

-- name: ring
notify siyu;

-- name: claim
update vendor_check_runs r set state = 'running', done_n = 0, lease_until = now() + %(lease_for)s
where r.account_id = (
    select account_id from vendor_check_runs where state = 'waiting' or (state = 'running' and lease_until < now())
    order by asked_at, account_id limit 1 for update skip locked
)
returning account_id, job_id;

-- name: beat
update vendor_check_runs set names = %(names)s, done_n = %(done)s, lease_until = now() + %(lease_for)s
where account_id = %(account_id)s and job_id = %(job_id)s and state = 'running';

-- name: end
update vendor_check_runs set state = %(state)s, ended_at = %(at)s, why = %(why)s, lease_until = null
where account_id = %(account_id)s and job_id = %(job_id)s and state = 'running';

-- name: runs
select account_id, job_id, state, asked_at, names, done_n, ended_at, why from vendor_check_runs
where %(account_id)s::bigint is null or account_id = %(account_id)s;

-- What was known of an account's other side is not true of this one.
-- name: forget
delete from vendor_checks where account_id = %(account_id)s;

-- name: unecho
update vendor_accounts set echoed_at = null where account_id = %(account_id)s;

-- name: drop_others
delete from vendor_checks where account_id = %(account_id)s and not name = any(%(names)s::text[]);

-- name: checks
select account_id, name, state, code, interface, checked_at from vendor_checks
where %(account_id)s::bigint is null or account_id = %(account_id)s;

-- name: echoed
update vendor_accounts set echoed_at = %(at)s where account_id = %(account_id)s;

-- name: echoed_at
select account_id, echoed_at from vendor_accounts where echoed_at is not null;

-- name: tokens
select account_id, purpose, sealed is null, fetched_at, expires_at from vendor_tokens order by account_id, purpose;

-- name: breakers
select account_id, host, failures, open_until, code, changed_at from vendor_breakers order by account_id, host;
