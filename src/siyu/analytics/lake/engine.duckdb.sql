-- DuckDB: from the streams of PostgreSQL to tables, from tables to files, and the views that reports read.

-- name: make_facts
-- One contract for the columns of facts, in files, in the fresh tail and in the view; docs/lake.md describes each.
create table {table} (
    xid bigint, seq bigint, key varchar, source_id integer, import_id bigint, type varchar, subject bigint, occurred_at timestamptz,
    received_at timestamptz, object varchar, amount_minor bigint, currency varchar, data varchar, others bigint[]
);

-- name: load_facts
-- An empty text and no text are two things: only the unquoted one is null.
insert into {table}
select xid, seq, key, source_id, import_id, type, subject, occurred_at, received_at, object, amount_minor, currency, data,
    cast(others as bigint[])
from read_csv($file, header = false, auto_detect = false, delim = ',', quote = '"', escape = '"', nullstr = '', allow_quoted_nulls = false,
    max_line_size = 67108864, parallel = false, columns = {{
        'xid': 'BIGINT', 'seq': 'BIGINT', 'key': 'VARCHAR', 'source_id': 'INTEGER', 'import_id': 'BIGINT', 'type': 'VARCHAR',
        'subject': 'BIGINT', 'occurred_at': 'TIMESTAMPTZ', 'received_at': 'TIMESTAMPTZ', 'object': 'VARCHAR', 'amount_minor': 'BIGINT',
        'currency': 'VARCHAR', 'data': 'VARCHAR', 'others': 'VARCHAR'
    }})
where seq not in (select t.seq from {table} t);

-- name: make_people
create table {table} (
    identifier_id bigint, person_id bigint, kind varchar, scope varchar, created_at timestamptz, is_erased boolean
);

-- name: load_people
insert into {table}
select * from read_csv($file, header = false, auto_detect = false, delim = ',', quote = '"', escape = '"', nullstr = '', allow_quoted_nulls = false,
    columns = {{
        'identifier_id': 'BIGINT', 'person_id': 'BIGINT', 'kind': 'VARCHAR', 'scope': 'VARCHAR', 'created_at': 'TIMESTAMPTZ',
        'is_erased': 'BOOLEAN'
    }});

-- name: newest_person
select coalesce(max(identifier_id), 0) from kept_people;

-- name: make_moved
create table moved (identifier_id bigint, person_id bigint);

-- name: load_moved
insert into moved
select * from read_csv($file, header = false, auto_detect = false, columns = {{'identifier_id': 'BIGINT', 'person_id': 'BIGINT'}});

-- name: make_profiles
create table {table} (
    person_id bigint, is_known boolean, stage varchar, stage_at timestamptz, facts_n bigint, first_seen_at timestamptz,
    last_seen_at timestamptz, orders_n bigint, spent_minor bigint, refunded_minor bigint, first_order_at timestamptz, last_order_at timestamptz
);

-- name: load_profiles
insert into {table}
select * from read_csv($file, header = false, auto_detect = false, delim = ',', quote = '"', escape = '"', nullstr = '', allow_quoted_nulls = false,
    columns = {{
        'person_id': 'BIGINT', 'is_known': 'BOOLEAN', 'stage': 'VARCHAR', 'stage_at': 'TIMESTAMPTZ', 'facts_n': 'BIGINT',
        'first_seen_at': 'TIMESTAMPTZ', 'last_seen_at': 'TIMESTAMPTZ', 'orders_n': 'BIGINT', 'spent_minor': 'BIGINT',
        'refunded_minor': 'BIGINT', 'first_order_at': 'TIMESTAMPTZ', 'last_order_at': 'TIMESTAMPTZ'
    }});

-- name: make_orders
create table {table} (
    source_id integer, order_no varchar, currency varchar, subject bigint, paid_at timestamptz, touched_at timestamptz,
    paid_minor bigint, refunded_minor bigint, lines_n bigint
);

-- name: last_place
-- What stands last in the log of what was loaded.
select xid, seq from loaded order by xid desc, seq desc limit 1;

-- name: months
select distinct strftime(date_trunc('month', occurred_at), '%Y-%m') from loaded order by 1;

-- name: month
select * from loaded
where occurred_at >= cast(getvariable('from_at') as timestamptz) and occurred_at < cast(getvariable('to_at') as timestamptz)
order by subject nulls last, occurred_at, xid, seq;

-- name: merged
select * from read_parquet(getvariable('files'), hive_partitioning = false) order by subject nulls last, occurred_at, xid, seq;

-- name: cleaned
-- A file without what was erased and undone, and with what is left of it in the log.
select * from (
    select * from read_parquet(getvariable('files'), hive_partitioning = false)
    where (import_id = 0 or import_id not in (select import_id from undone))
        and (subject is null or subject not in (select identifier_id from erased))
    union all
    select * from loaded
    where occurred_at >= cast(getvariable('from_at') as timestamptz) and occurred_at < cast(getvariable('to_at') as timestamptz)
        and (xid > getvariable('from_xid') or (xid = getvariable('from_xid') and seq > getvariable('from_seq')))
        and (xid < getvariable('to_xid') or (xid = getvariable('to_xid') and seq <= getvariable('to_seq')))
) order by subject nulls last, occurred_at, xid, seq;

-- name: rows_of
select num_rows from parquet_file_metadata($file);

-- name: imports_of
select import_id, min((xid, seq)) from read_parquet($file, hive_partitioning = false) where import_id <> 0 group by 1 order by 1;

-- name: files_of_erased
select distinct filename from read_parquet($files, hive_partitioning = false, filename = true)
where subject in (select identifier_id from erased);

-- name: make_numbers
create table {table} ({column} bigint);

-- name: load_numbers
insert into {table} select unnest($numbers::bigint[]);

-- name: fold_orders
-- Orders: the sum of the facts about a number, as the pool folds them. A fact without a number is an order of its own.
select source_id, coalesce(nullif(object, ''), key) as order_no, coalesce(currency, '') as currency,
    arg_min(subject, (occurred_at, key)) as subject, min(occurred_at) filter (where type = 'order.paid') as paid_at,
    min(occurred_at) as touched_at,
    cast(coalesce(sum(amount_minor) filter (where type = 'order.paid'), 0) as bigint) as paid_minor,
    cast(coalesce(-sum(amount_minor) filter (where type = 'order.refunded'), 0) as bigint) as refunded_minor,
    count(*) filter (where type = 'order.paid') as lines_n
from {facts} f
where type in ('order.paid', 'order.refunded') and subject is not null
group by 1, 2, 3;

-- name: sorted
select * from ({query}) order by {by};

-- name: all_of
select * from {table};

-- name: make_touched
-- Order numbers that something has happened to since the table of orders was made.
create table touched as
select distinct source_id, coalesce(nullif(object, ''), key) as order_no, coalesce(currency, '') as currency from (
    select source_id, object, key, currency, type, subject from now_facts where xid > $xid or (xid = $xid and seq > $seq)
    union all
    select source_id, object, key, currency, type, subject from kept_facts where import_id <> 0 and import_id in (select import_id from undone)
) where type in ('order.paid', 'order.refunded') and subject is not null;

-- name: touched_facts
create view touched_facts as
select f.* from now_facts f
semi join touched t on t.source_id = f.source_id and t.order_no = coalesce(nullif(f.object, ''), f.key) and t.currency = coalesce(f.currency, '');

-- name: count_touched
select count(*) from touched;

-- name: fill_touched
insert into touched_orders by name {query};

-- name: view_now_facts
create view now_facts as
select * from kept_facts
where (import_id = 0 or import_id not in (select import_id from undone)) and (subject is null or subject not in (select identifier_id from erased))
union all
select * from tail;

-- name: view_plain_facts
create view now_facts as select * from kept_facts union all select * from tail;

-- name: view_facts
create view facts as
select f.*, coalesce(m.person_id, f.subject) as person_id from now_facts f left join moved m on m.identifier_id = f.subject;

-- name: view_orders
create view orders as
select o.*, coalesce(m.person_id, o.subject) as person_id
from (
    select * from kept_orders anti join touched using (source_id, order_no, currency)
    union all
    select * from touched_orders
) o
left join moved m on m.identifier_id = o.subject;

-- name: view_people
create view people as
select p.identifier_id, coalesce(m.person_id, p.identifier_id) as person_id, p.kind, p.scope, p.created_at,
    p.is_erased or p.identifier_id in (select identifier_id from erased) as is_erased
from (
    select * from kept_people
    union all
    select * from named where identifier_id not in (select identifier_id from kept_people)
) p
left join moved m on m.identifier_id = p.identifier_id;
