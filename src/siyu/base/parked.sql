-- name: park
insert into parked (room, what, ref, why) values (%(room)s, %(what)s, %(ref)s, %(why)s)
on conflict (room, what, ref) do update set why = excluded.why, parked_at = now(), released_at = null;

-- name: release
update parked set released_at = now()
where room = %(room)s and what = %(what)s and (%(ref)s::text is null or ref = %(ref)s) and released_at is null;
