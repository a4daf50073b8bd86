-- name: ensure_cursor
insert into cursors (reader) values (%(reader)s) on conflict do nothing;

-- name: take_cursor
select xid::text, seq from cursors where reader = %(reader)s for update skip locked;

-- name: hold_cursor
select xid::text, seq from cursors where reader = %(reader)s for update;

-- name: see_cursor
select xid::text, seq from cursors where reader = %(reader)s;

-- name: keep_cursor
update cursors set xid = %(xid)s::xid8, seq = %(seq)s, moved_at = now() where reader = %(reader)s;
