-- name: wish
insert into sync_wishes (account_id, kind, ref, asked_at, due_at)
select w.account_id, w.kind, w.ref, %(at)s, w.due_at
from unnest(%(accounts)s::bigint[], %(kinds)s::text[], %(refs)s::jsonb[], %(dues)s::timestamptz[]) as w(account_id, kind, ref, due_at);

-- What was asked for more than once is one wish. What is not due yet stays one of its own: the vendor may not know of it now.
-- name: due
select account_id, kind, ref - 'token', max(wish_id), min(asked_at), max(tries),
    coalesce((array_agg(ref->>'token' order by wish_id desc) filter (where ref ? 'token'))[1], '')
from sync_wishes
where kind = any(%(kinds)s) and due_at <= %(now)s and (%(account_id)s::bigint is null or account_id = %(account_id)s)
group by account_id, kind, ref - 'token'
order by 4 limit %(limit)s;

-- name: fulfil
delete from sync_wishes where account_id = %(account_id)s and kind = %(kind)s and ref - 'token' = %(ref)s and wish_id <= %(up_to)s;

-- name: put_off
update sync_wishes set due_at = %(due_at)s, tries = %(tries)s, error = %(error)s
where account_id = %(account_id)s and kind = %(kind)s and ref - 'token' = %(ref)s and wish_id <= %(up_to)s;

-- name: stuck
select account_id, kind, count(distinct ref - 'token'), min(asked_at), max(tries), (array_agg(error order by wish_id desc))[1]
from sync_wishes where tries >= %(least)s group by account_id, kind order by account_id, kind;
