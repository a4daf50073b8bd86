-- Cohorts: people by the month of their first valid order, in the brand's time zone. docs/metrics.md defines the words.

-- One row a cohort and month: how many of them bought in it, orders and money.
-- name: see_cohorts
with months as materialized (
    select i.person_id, date_trunc('month', o.paid_at at time zone %(time_zone)s)::date as on_month,
           count(*) as orders_n, sum(o.paid_minor) as minor
    from orders o join identifiers i on i.identifier_id = o.subject
    where o.paid_minor > 0 and o.currency = %(currency)s and o.paid_at <= %(now)s
    group by 1, 2
), firsts as materialized (
    select person_id, min(on_month) as first_on from months group by 1
)
select f.first_on, m.on_month, count(*), sum(m.orders_n)::bigint, sum(m.minor)::bigint
from firsts f join months m using (person_id)
group by 1, 2 order by 1, 2;

-- One row a cohort and month: how many of them placed their second order in it.
-- name: see_seconds
with months as materialized (
    select i.person_id, date_trunc('month', o.paid_at at time zone %(time_zone)s)::date as on_month, count(*) as orders_n
    from orders o join identifiers i on i.identifier_id = o.subject
    where o.paid_minor > 0 and o.currency = %(currency)s and o.paid_at <= %(now)s
    group by 1, 2
), firsts as materialized (
    select person_id, min(on_month) as first_on from months group by 1
), seconds as (
    select f.person_id, f.first_on, min(m.on_month) as again_on
    from firsts f join months m on m.person_id = f.person_id and (m.on_month > f.first_on or m.orders_n > 1)
    group by 1, 2
)
select first_on, again_on, count(*) from seconds group by 1, 2 order by 1, 2;
