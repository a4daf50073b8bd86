-- What the customers pages read of the pool, beyond its door: filtered lists in every order, an order's lines, one sealed value.

-- name: list_seen_down
select p.person_id from web_people(%(stage)s, %(tag)s, %(known)s, %(reach)s, %(spent)s, %(since)s, %(before)s, %(has_order)s) p
order by p.last_seen_at desc nulls last, p.person_id limit %(limit)s offset %(offset)s;

-- name: list_seen_up
select p.person_id from web_people(%(stage)s, %(tag)s, %(known)s, %(reach)s, %(spent)s, %(since)s, %(before)s, %(has_order)s) p
where p.last_seen_at is not null
order by p.last_seen_at, p.person_id desc limit %(limit)s offset %(offset)s;

-- name: list_order_down
select p.person_id from web_people(%(stage)s, %(tag)s, %(known)s, %(reach)s, %(spent)s, %(since)s, %(before)s, %(has_order)s) p
where p.last_order_at is not null
order by p.last_order_at desc, p.person_id desc limit %(limit)s offset %(offset)s;

-- name: list_order_up
select p.person_id from web_people(%(stage)s, %(tag)s, %(known)s, %(reach)s, %(spent)s, %(since)s, %(before)s, %(has_order)s) p
where p.last_order_at is not null
order by p.last_order_at, p.person_id limit %(limit)s offset %(offset)s;

-- name: list_spent_down
select p.person_id from web_people(%(stage)s, %(tag)s, %(known)s, %(reach)s, %(spent)s, %(since)s, %(before)s, %(has_order)s) p
order by p.spent_minor desc, p.person_id limit %(limit)s offset %(offset)s;

-- name: list_spent_up
select p.person_id from web_people(%(stage)s, %(tag)s, %(known)s, %(reach)s, %(spent)s, %(since)s, %(before)s, %(has_order)s) p
order by p.spent_minor, p.person_id desc limit %(limit)s offset %(offset)s;

-- Counting stops at a bound: past it, the page says "more than".
-- name: count_people
select count(*) from (
    select from web_people(%(stage)s, %(tag)s, %(known)s, %(reach)s, %(spent)s, %(since)s, %(before)s, %(has_order)s) limit %(most)s
) x;

-- The tags that people seen lately carry, most frequent first: suggestions for the filter.
-- name: frequent_tags
select tag, count(*) from (
    select unnest(tags) as tag from (select tags from profiles order by last_seen_at desc nulls last limit 3000) p
) t group by tag order by 2 desc, 1 limit %(limit)s;

-- name: order_lines
select f.type, f.occurred_at, f.amount_minor, f.currency, f.data
from facts f
where f.subject = any(%(subjects)s) and f.source_id = %(source_id)s and f.object = %(order_no)s
    and f.type in ('order.paid', 'order.refunded', 'order.adjusted')
order by f.occurred_at, f.seq limit 500;

-- name: sealed_value
select person_id, kind, mask, value, sealed, key_wrapped from identifiers where identifier_id = %(identifier_id)s and erased_at is null;
