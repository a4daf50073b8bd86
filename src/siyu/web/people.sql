-- What the customers pages read of the pool, beyond its door: filtered lists in every order, an order's lines, one sealed value.

-- Who a filter lets through, when they are few: all are gathered and sorted here, so that no index is walked past the many who do not match.
-- Gives how many there are, and the page; when they are `most`, there are too many, and no page.
-- name: gather
with found as materialized (
    select p.person_id, p.last_seen_at, p.last_order_at, p.spent_minor
    from web_people(%(stage)s, %(tag)s, %(known)s, null, %(spent)s, %(since)s, %(before)s, %(has_order)s) p limit %(most)s
), n as (select count(*) as n from found)
select n, array(
    select person_id from found
    where n < %(most)s and (%(sort)s <> 'seen' or last_seen_at is not null) and (%(sort)s not in ('order', '-order') or last_order_at is not null)
    order by
        case when %(sort)s = '-seen' then last_seen_at end desc nulls last, case when %(sort)s = 'seen' then last_seen_at end,
        case when %(sort)s = '-order' then last_order_at end desc, case when %(sort)s = 'order' then last_order_at end,
        case when %(sort)s = '-spent' then spent_minor end desc, case when %(sort)s = 'spent' then spent_minor end,
        case when %(sort)s in ('-seen', 'order', '-spent') then person_id else -person_id end
    limit %(limit)s offset %(offset)s
) from n;

-- The same of those who can be reached: as a plain condition the planner may join from either side, behind an `or` it may not.
-- name: gather_reachable
with found as materialized (
    select p.person_id, p.last_seen_at, p.last_order_at, p.spent_minor
    from web_people(%(stage)s, %(tag)s, %(known)s, null, %(spent)s, %(since)s, %(before)s, %(has_order)s) p
    where exists (select from identifiers i where i.person_id = p.person_id and i.kind = %(reach)s and i.unreachable_at is null)
    limit %(most)s
), n as (select count(*) as n from found)
select n, array(
    select person_id from found
    where n < %(most)s and (%(sort)s <> 'seen' or last_seen_at is not null) and (%(sort)s not in ('order', '-order') or last_order_at is not null)
    order by
        case when %(sort)s = '-seen' then last_seen_at end desc nulls last, case when %(sort)s = 'seen' then last_seen_at end,
        case when %(sort)s = '-order' then last_order_at end desc, case when %(sort)s = 'order' then last_order_at end,
        case when %(sort)s = '-spent' then spent_minor end desc, case when %(sort)s = 'spent' then spent_minor end,
        case when %(sort)s in ('-seen', 'order', '-spent') then person_id else -person_id end
    limit %(limit)s offset %(offset)s
) from n;

-- The lists below are for filters that let many through: the index of the order is walked until the page is full. Whether somebody can be
-- reached is asked of one person at a time (a scalar subquery is never made into a join of everybody).
-- name: list_seen_down
select p.person_id from web_people(%(stage)s, %(tag)s, %(known)s, null, %(spent)s, %(since)s, %(before)s, %(has_order)s) p
where (%(reach)s::text is null or (
    select true from identifiers i where i.person_id = p.person_id and i.kind = %(reach)s and i.unreachable_at is null limit 1
))
order by p.last_seen_at desc nulls last, p.person_id limit %(limit)s offset %(offset)s;

-- name: list_seen_up
select p.person_id from web_people(%(stage)s, %(tag)s, %(known)s, null, %(spent)s, %(since)s, %(before)s, %(has_order)s) p
where p.last_seen_at is not null and (%(reach)s::text is null or (
    select true from identifiers i where i.person_id = p.person_id and i.kind = %(reach)s and i.unreachable_at is null limit 1
))
order by p.last_seen_at, p.person_id desc limit %(limit)s offset %(offset)s;

-- name: list_order_down
select p.person_id from web_people(%(stage)s, %(tag)s, %(known)s, null, %(spent)s, %(since)s, %(before)s, %(has_order)s) p
where p.last_order_at is not null and (%(reach)s::text is null or (
    select true from identifiers i where i.person_id = p.person_id and i.kind = %(reach)s and i.unreachable_at is null limit 1
))
order by p.last_order_at desc, p.person_id desc limit %(limit)s offset %(offset)s;

-- name: list_order_up
select p.person_id from web_people(%(stage)s, %(tag)s, %(known)s, null, %(spent)s, %(since)s, %(before)s, %(has_order)s) p
where p.last_order_at is not null and (%(reach)s::text is null or (
    select true from identifiers i where i.person_id = p.person_id and i.kind = %(reach)s and i.unreachable_at is null limit 1
))
order by p.last_order_at, p.person_id limit %(limit)s offset %(offset)s;

-- name: list_spent_down
select p.person_id from web_people(%(stage)s, %(tag)s, %(known)s, null, %(spent)s, %(since)s, %(before)s, %(has_order)s) p
where (%(reach)s::text is null or (
    select true from identifiers i where i.person_id = p.person_id and i.kind = %(reach)s and i.unreachable_at is null limit 1
))
order by p.spent_minor desc, p.person_id limit %(limit)s offset %(offset)s;

-- name: list_spent_up
select p.person_id from web_people(%(stage)s, %(tag)s, %(known)s, null, %(spent)s, %(since)s, %(before)s, %(has_order)s) p
where (%(reach)s::text is null or (
    select true from identifiers i where i.person_id = p.person_id and i.kind = %(reach)s and i.unreachable_at is null limit 1
))
order by p.spent_minor, p.person_id desc limit %(limit)s offset %(offset)s;

-- Counting stops at a bound: past it, the page says "more than".
-- name: count_people
select count(*) from (
    select from web_people(%(stage)s, %(tag)s, %(known)s, null, %(spent)s, %(since)s, %(before)s, %(has_order)s) limit %(most)s
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
