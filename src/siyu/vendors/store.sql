-- name: accounts
select account_id, kind, name, app_id, agent_id, base_url, options, state, rotated_at, kept_at, key, secret, callbacks
from vendor_accounts
where (%(kind)s::text is null or kind = %(kind)s)
order by account_id;

-- name: account
select account_id, kind, name, app_id, agent_id, base_url, options, state, rotated_at, kept_at, key, secret, callbacks
from vendor_accounts
where account_id = %(account_id)s;

-- name: account_of
select account_id, kind, name, app_id, agent_id, base_url, options, state, rotated_at, kept_at, key, secret, callbacks
from vendor_accounts
where kind = %(kind)s and app_id = %(app_id)s and agent_id = %(agent_id)s;

-- name: make_account
insert into vendor_accounts (kind, name, app_id, agent_id, base_url, options, key, secret, callbacks, state, kept_at)
values (%(kind)s, %(name)s, %(app_id)s, %(agent_id)s, %(base_url)s, %(options)s, %(key)s, %(secret)s, %(callbacks)s, %(state)s, %(at)s)
on conflict (kind, app_id, agent_id) do nothing
returning account_id;

-- name: change_account
update vendor_accounts
set name = %(name)s, app_id = %(app_id)s, agent_id = %(agent_id)s, base_url = %(base_url)s, options = %(options)s, key = %(key)s,
    secret = %(secret)s, callbacks = %(callbacks)s, state = %(state)s, kept_at = %(at)s
where account_id = %(account_id)s;

-- name: lock_account
select account_id, kind, name, app_id, agent_id, base_url, options, state, rotated_at, kept_at, key, secret, callbacks
from vendor_accounts
where account_id = %(account_id)s
for update;

-- name: keep_callbacks
update vendor_accounts set callbacks = %(callbacks)s, rotated_at = %(rotated_at)s, kept_at = %(at)s where account_id = %(account_id)s;

-- name: forget_account
delete from vendor_accounts where account_id = %(account_id)s;

-- name: drop_tokens
update vendor_tokens set sealed = null, generation = generation + 1 where account_id = %(account_id)s;

-- name: lift_blocks
update vendor_paces set blocked_until = null, blocked_code = '' where account_id = %(account_id)s;

-- name: close_breakers
delete from vendor_breakers where account_id = %(account_id)s;
