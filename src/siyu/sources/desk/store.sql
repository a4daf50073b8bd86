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
