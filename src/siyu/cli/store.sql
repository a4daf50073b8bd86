-- name: staff
select staff_id, login, name, role, language, created_at, closed_at from staff order by closed_at nulls first, staff_id;

-- name: staff_of
select staff_id from staff where login = %(login)s;

-- name: password_hashes
select login, password_hash from staff where closed_at is null;

-- name: server_room
select current_setting('max_connections')::int, (select count(*) from pg_stat_activity where backend_type = 'client backend')::int;

-- name: careless_settings
select name from pg_settings where name in ('fsync', 'synchronous_commit', 'full_page_writes') and setting = 'off' order by name;

-- name: has_migrations
select to_regclass('migrations') is not null;

-- name: migrations_done
select number, digest from migrations;

-- name: some_wrapped_key
select key_wrapped from identifiers where key_wrapped is not null limit 1;

-- name: server_now
select clock_timestamp();

-- name: facts_behind
select count(*), min(received_at) from (
    select f.received_at from facts f
    where (f.xid, f.seq) > (
        coalesce((select xid from cursors where reader = 'pool.fold'), '0'::xid8), coalesce((select seq from cursors where reader = 'pool.fold'), 0)
    )
    order by f.xid, f.seq limit %(most)s
) x;

-- name: permits_overdue
select channel, count(*), min(due_at) from permits where state = 'waiting' and not is_held and due_at < %(before)s and expires_at > %(before)s group by channel;

-- name: oldest_transaction
select clock_timestamp() - xact_start, application_name from pg_stat_activity
where datname = current_database() and xact_start is not null and pid <> pg_backend_pid() and backend_type = 'client backend'
order by xact_start limit 1;

-- name: parked
select room, what, count(*) from parked where released_at is null group by room, what order by room, what;

-- name: count_people
select count(*) from profiles;

-- name: count_facts
select count(*) from facts;

-- name: count_orders
select count(*) from orders;

-- name: export_people
select person_id, is_known, stage, tags, orders_n, spent_minor, refunded_minor, first_seen_at, last_seen_at, first_order_at, last_order_at, traits
from profiles order by person_id;

-- name: export_facts
select f.key::text, s.name, f.type, f.occurred_at, f.received_at, i.person_id, f.object, f.amount_minor, f.currency, f.data
from facts f join sources s using (source_id) left join identifiers i on i.identifier_id = f.subject
order by f.xid, f.seq;

-- name: export_orders
select s.name, o.order_no, i.person_id, o.paid_at, o.touched_at, o.paid_minor, o.refunded_minor, o.lines_n, o.currency
from orders o join sources s using (source_id) left join identifiers i on i.identifier_id = o.subject
order by o.source_id, o.order_no;
