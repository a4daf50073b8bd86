-- Reports over the views of the lake. What a valid sale is, docs/metrics.md says: an order of a known person for which something was
-- paid, in the brand's currency; days and months are the brand's.

-- name: purchase_days
-- One row a person and day with a valid order: the form from which everything else is added up.
create or replace view purchase_days as
select person_id, cast(timezone(getvariable('time_zone'), paid_at) as date) as on_date, cast(sum(paid_minor) as bigint) as paid_minor,
    cast(sum(refunded_minor) as bigint) as refunded_minor, count(*) as orders_n
from orders
where paid_minor > 0 and currency = getvariable('currency')
group by 1, 2;

-- name: purchase_statistics
-- Mergeable: of two disjoint stretches of days the parts add up (min, max, sum, and the value of the earlier first day).
select person_id, min(on_date) as first_on, max(on_date) as last_on, count(*) as days_n, cast(sum(paid_minor) as bigint) as paid_minor,
    arg_min(paid_minor, on_date) as first_day_minor
from purchase_days where on_date <= $as_of group by 1 order by 1;

-- name: purchase_states
with s as (
    select min(on_date) as first_on, max(on_date) as last_on, count(*) as days_n from purchase_days where on_date <= $as_of group by person_id
)
select cast(days_n - 1 as double) as x, (last_on - first_on) / 7.0 as t_x, ($as_of::date - first_on) / 7.0 as t_obs,
    cast(count(*) as double) as weight
from s group by all order by all;

-- name: cohorts
-- Buyers by the month of their first valid order, and how many of them bought in each month since (0 = the month itself).
with first as (
    select person_id, date_trunc('month', min(on_date)) as month from purchase_days where on_date <= $as_of group by 1
)
select strftime(f.month, '%Y-%m') as cohort, cast(date_diff('month', f.month, date_trunc('month', d.on_date)) as integer) as age,
    count(distinct d.person_id) as buyers, cast(sum(d.orders_n) as bigint) as orders, cast(sum(d.paid_minor) as bigint) as paid_minor
from first f join purchase_days d using (person_id)
where d.on_date <= $as_of
group by 1, 2 order by 1, 2;

-- name: rfm
select person_id, cast($as_of::date - max(on_date) as integer) as recency_days, cast(sum(orders_n) as bigint) as orders,
    cast(sum(paid_minor) as bigint) as paid_minor, cast(sum(refunded_minor) as bigint) as refunded_minor,
    min(on_date) as first_on, max(on_date) as last_on
from purchase_days where on_date <= $as_of group by 1 order by 1;
