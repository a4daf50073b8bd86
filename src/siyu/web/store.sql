-- name: add_staff
insert into staff (login, name, role, password_hash, language, created_at)
values (%(login)s, %(name)s, %(role)s, %(password_hash)s, %(language)s, %(at)s)
on conflict (login) do nothing
returning staff_id;

-- name: staff_by_login
select staff_id, login, name, role, language, created_at, closed_at, password_hash from staff where login = %(login)s;

-- name: all_staff
select staff_id, login, name, role, language, created_at, closed_at from staff order by closed_at is not null, staff_id;

-- name: staff_by_id
select staff_id, login, name, role, language, created_at, closed_at from staff where staff_id = %(staff_id)s;

-- name: change_staff
update staff set name = %(name)s, role = %(role)s where staff_id = %(staff_id)s;

-- name: change_password
update staff set password_hash = %(password_hash)s where staff_id = %(staff_id)s;

-- name: change_language
update staff set language = %(language)s where staff_id = %(staff_id)s;

-- name: close_staff
update staff set closed_at = %(at)s where staff_id = %(staff_id)s;

-- name: reopen_staff
update staff set closed_at = null where staff_id = %(staff_id)s;

-- name: owners_locked
select staff_id from staff where role = 'owner' and closed_at is null order by staff_id for update;

-- name: add_session
insert into staff_sessions (token_digest, staff_id, created_at, used_at, ends_at)
values (%(digest)s, %(staff_id)s, %(at)s, %(at)s, %(ends_at)s);

-- name: session
select s.staff_id, s.login, s.name, s.role, s.language, s.created_at, s.closed_at, k.used_at
from staff_sessions k join staff s using (staff_id)
where k.token_digest = %(digest)s and k.ends_at > %(at)s and k.used_at > %(idle_since)s and s.closed_at is null;

-- name: touch_session
update staff_sessions set used_at = %(at)s where token_digest = %(digest)s;

-- name: end_session
delete from staff_sessions where token_digest = %(digest)s;

-- name: end_sessions_of
delete from staff_sessions where staff_id = %(staff_id)s and token_digest <> %(but)s;

-- name: sweep_sessions
delete from staff_sessions where ends_at <= %(at)s or used_at <= %(idle_since)s;

-- name: count_tries
select count(*) filter (where who = %(who)s and address = %(address)s),
       count(*) filter (where address = %(address)s),
       count(*) filter (where who = %(who)s)
from staff_tries where tried_at > %(since)s and (who = %(who)s or address = %(address)s);

-- name: add_try
insert into staff_tries (who, address, tried_at) values (%(who)s, %(address)s, %(at)s);

-- name: drop_tries
delete from staff_tries where who = %(who)s and address = %(address)s;

-- name: sweep_tries
delete from staff_tries where tried_at <= %(since)s;

-- name: add_deed
insert into staff_log (staff, what, ref, detail, logged_at)
values (%(staff)s, %(what)s, %(ref)s, %(detail)s, %(at)s);

-- name: recent_deeds
select log_id, staff, what, ref, detail, logged_at from staff_log order by log_id desc limit %(limit)s;

-- name: deeds_about
select log_id, staff, what, ref, detail, logged_at from staff_log where ref = %(ref)s order by log_id desc limit %(limit)s;

-- name: is_ready
select max(number) from migrations;
