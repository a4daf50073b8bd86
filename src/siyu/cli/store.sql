-- name: staff
select staff_id, login, name, role, language, created_at, closed_at from staff order by closed_at nulls first, staff_id;

-- name: staff_of
select staff_id from staff where login = %(login)s;

-- name: password_hashes
select login, password_hash from staff where closed_at is null;
