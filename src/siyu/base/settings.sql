-- name: get_setting
select value from settings where name = %(name)s;

-- name: put_setting
insert into settings (name, value, changed_at) values (%(name)s, %(value)s, %(at)s)
on conflict (name) do update set value = excluded.value, changed_at = excluded.changed_at;

-- name: drop_setting
delete from settings where name = %(name)s;
