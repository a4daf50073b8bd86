-- name: place
select cursor from desk_places where account_id = %(account_id)s and open_kfid = %(open_kfid)s;

-- name: keep_place
insert into desk_places (account_id, open_kfid, cursor, pulled_at) values (%(account_id)s, %(open_kfid)s, %(cursor)s, %(now)s)
on conflict (account_id, open_kfid) do update set cursor = excluded.cursor, pulled_at = excluded.pulled_at;

-- Desks that nobody has told about for long: a lost callback must not keep their customers waiting.
-- name: silent
select p.account_id, p.open_kfid from desk_places p join vendor_accounts a on a.account_id = p.account_id and a.state = 'on'
where p.pulled_at < %(before)s
  and not exists (select from sync_wishes w where w.account_id = p.account_id and w.kind = 'kf' and w.ref->>'open_kfid' = p.open_kfid)
order by p.pulled_at limit %(limit)s;

-- name: ring
notify siyu;

-- name: visitors
select i.identifier_id, i.value, exists (
    select from identifiers u where u.person_id = i.person_id and u.kind = 'unionid'), v.asked_at,
    coalesce(v.state = 'known', false), v.due_at is not null
from identifiers i left join desk_visitors v on v.identifier_id = i.identifier_id
where i.kind = 'external_userid' and i.scope = %(corp)s and i.lookup = any(%(lookups)s::bytea[]) and i.value is not null;

-- name: ask
insert into desk_visitors (identifier_id, account_id, due_at)
select w.id, %(account_id)s, %(at)s from unnest(%(ids)s::bigint[]) as w(id) order by w.id
on conflict (identifier_id) do update set account_id = excluded.account_id, due_at = excluded.due_at where desk_visitors.due_at is null;

-- name: able
select a.account_id, coalesce(r.tries, 0)
from vendor_accounts a left join desk_refusals r on r.account_id = a.account_id
where a.kind = 'wecom' and a.state = 'on' and (r.due_at is null or r.due_at <= %(now)s)
    and exists (select from desk_visitors v where v.account_id = a.account_id and v.due_at <= %(now)s)
order by a.account_id;

-- The newest first: the corp answers for who came lately.
-- name: take
update desk_visitors v set due_at = %(until)s
from (
    select identifier_id from desk_visitors where account_id = %(account_id)s and due_at <= %(now)s
    order by due_at desc, identifier_id desc limit %(limit)s for update skip locked
) t
join identifiers i on i.identifier_id = t.identifier_id
where v.identifier_id = t.identifier_id
returning v.identifier_id, coalesce(i.value, ''), exists (
    select from identifiers u where u.person_id = i.person_id and u.kind = 'unionid');

-- name: let_be
delete from desk_visitors where identifier_id = any(%(ids)s);

-- name: give_back
update desk_visitors set due_at = %(now)s where identifier_id = any(%(ids)s);

-- name: answer
update desk_visitors v set state = w.state, asked_at = %(at)s, due_at = null
from unnest(%(ids)s::bigint[], %(states)s::text[]) as w(identifier_id, state) where v.identifier_id = w.identifier_id;

-- name: rest
insert into desk_refusals (account_id, due_at, tries, error) values (%(account_id)s, %(due_at)s, %(tries)s, %(error)s)
on conflict (account_id) do update set due_at = excluded.due_at, tries = excluded.tries, error = excluded.error;

-- name: work_again
delete from desk_refusals where account_id = %(account_id)s;

-- name: counts
select v.account_id, count(*) filter (where v.due_at is not null), count(*) filter (where v.state = 'known'),
    count(*) filter (where v.state = 'none'), coalesce(r.error, '')
from desk_visitors v left join desk_refusals r on r.account_id = v.account_id
group by v.account_id, r.error order by v.account_id;
