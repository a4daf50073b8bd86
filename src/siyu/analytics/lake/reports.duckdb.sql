-- Reports over the views of the lake. What a valid sale is, docs/metrics.md says: an order of a known person for which something was
-- paid, in the brand's currency; days and months are the brand's. What was paid later than the moment asked for does not count.

-- name: purchase_days
-- One row a person and day with a valid order: the form from which everything else is added up.
create or replace temp macro purchase_days(as_of) as table
select person_id, cast(timezone(getvariable('time_zone'), paid_at) as date) as on_date, cast(sum(paid_minor) as bigint) as paid_minor,
    cast(sum(refunded_minor) as bigint) as refunded_minor, cast(count(*) as bigint) as orders_n
from orders
where paid_minor > 0 and currency = getvariable('currency') and paid_at <= cast(as_of as timestamptz)
group by 1, 2;

-- name: purchases
-- Every purchase day, money less refunds and never below zero: as the scoring run reads it from PostgreSQL.
select person_id, cast(on_date - date '1970-01-01' as bigint) as day, greatest(paid_minor - refunded_minor, 0) as minor, orders_n
from purchase_days($as_of) order by 1, 2;

-- name: count_elsewhere
select count(*) from orders where paid_minor > 0 and paid_at <= cast($as_of as timestamptz) and currency <> getvariable('currency');

-- name: cohorts
-- Buyers by the month of their first valid order; in each month since (0 = the month itself): how many bought, and placed their second order.
with months as (
    select person_id, date_trunc('month', on_date) as month, sum(orders_n) as orders_n, sum(paid_minor) as paid_minor
    from purchase_days($as_of) group by 1, 2
), so_far as (
    select *, min(month) over p as first_month, sum(orders_n) over (p rows between unbounded preceding and current row) as so_far_n
    from months window p as (partition by person_id order by month)
)
select strftime(first_month, '%Y-%m') as cohort, cast(date_diff('month', first_month, month) as integer) as age, count(*) as buyers,
    cast(sum(orders_n) as bigint) as orders, cast(sum(paid_minor) as bigint) as paid_minor,
    count(*) filter (where so_far_n >= 2 and so_far_n - orders_n < 2) as again
from so_far group by 1, 2 order by 1, 2;

-- name: rfm
-- What the grid is cut from, as the profiles have it: every paid order counts, in whatever currency; money is the brand's.
select person_id, cast(floor(epoch(cast($as_of as timestamptz) - max(paid_at)) / 86400) as integer) as recency_days, count(*) as orders,
    cast(coalesce(sum(paid_minor) filter (where currency = getvariable('currency')), 0) as bigint) as paid_minor,
    cast(coalesce(sum(refunded_minor) filter (where currency = getvariable('currency')), 0) as bigint) as refunded_minor
from orders
where lines_n > 0 and paid_at <= cast($as_of as timestamptz)
group by 1 order by 1;
