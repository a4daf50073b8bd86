-- name: keep
insert into vendor_checks (account_id, name, state, code, interface, checked_at)
select %(account_id)s, w.name, w.state, w.code, w.interface, %(at)s
from unnest(%(names)s::text[], %(states)s::text[], %(codes)s::text[], %(interfaces)s::text[]) as w(name, state, code, interface)
where exists (select from vendor_accounts where account_id = %(account_id)s)
on conflict (account_id, name) do update set state = excluded.state, code = excluded.code, interface = excluded.interface,
    checked_at = excluded.checked_at;

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
