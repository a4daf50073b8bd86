-- name: source_of_key
select s.source_id, s.name, s.currency from sources s where s.write_key_digest = %(digest)s and s.closed_at is null and s.kind = 'http';

-- name: is_anonymous
select exists (
    select from identifiers where kind = 'anonymous_id' and scope = %(scope)s and lookup = %(lookup)s
);

-- name: durable
select set_config('synchronous_commit', 'on', true);

-- name: note_orders
insert into http_orders (source_id, order_no, message_id, amount_minor, currency)
select * from unnest(%(sources)s::int[], %(orders)s::text[], %(messages)s::text[], %(amounts)s::bigint[], %(currencies)s::text[])
on conflict do nothing;

-- name: see_orders
select o.source_id, o.order_no, o.message_id, o.amount_minor, o.currency
from unnest(%(sources)s::int[], %(orders)s::text[]) as w(source_id, order_no)
join http_orders o on o.source_id = w.source_id and o.order_no = w.order_no;

-- name: put_aside
insert into http_rejects (source_id, received_at, code, field, message_type, body_sealed)
select * from unnest(%(sources)s::int[], %(ats)s::timestamptz[], %(codes)s::text[], %(fields)s::text[], %(types)s::text[], %(bodies)s::bytea[]);

-- name: count_aside
insert into http_reject_days (source_id, on_date, code, rejects_n)
select s, d, c, count(*) from unnest(%(sources)s::int[], %(dates)s::date[], %(codes)s::text[]) as w(s, d, c) group by s, d, c order by s, d, c
on conflict (source_id, on_date, code) do update set rejects_n = http_reject_days.rejects_n + excluded.rejects_n;

-- name: forget_oldest
delete from http_rejects where source_id = %(source_id)s and reject_id <= (
    select reject_id from http_rejects where source_id = %(source_id)s order by reject_id desc offset %(keep)s limit 1
);

-- name: rejected
select r.reject_id, s.name, r.received_at, r.code, r.field, r.message_type, r.body_sealed
from http_rejects r join sources s using (source_id)
where %(source_id)s::int is null or r.source_id = %(source_id)s::int
order by r.reject_id desc limit %(limit)s;

-- name: rejects_by_code
select code, sum(rejects_n)::bigint from http_reject_days
where (%(source_id)s::int is null or source_id = %(source_id)s::int) and on_date >= %(since)s
group by code order by 2 desc;

-- name: ring
notify siyu;

-- name: source_exists
select exists (select from sources where name = %(name)s);
