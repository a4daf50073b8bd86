-- Cohorts: people by the month of their first valid order, in the brand's time zone. docs/metrics.md defines the words.

-- For this transaction only: the sums of a million people stay in memory.
-- name: take_room
select set_config('work_mem', '128MB', true);

-- One row a cohort and month: how many of them bought in it, orders and money; and (is_second) how many placed their second order in it.
-- name: see_cohorts
with months as materialized (
    select i.person_id, date_trunc('month', o.paid_at at time zone %(time_zone)s)::date as on_month,
           count(*) as orders_n, sum(o.paid_minor) as minor
    from orders o join identifiers i on i.identifier_id = o.subject
    where o.paid_minor > 0 and o.currency = %(currency)s and o.paid_at <= %(now)s
    group by 1, 2
), firsts as materialized (
    select person_id, min(on_month) as first_on from months group by 1
), joined as materialized (
    select f.person_id, f.first_on, m.on_month, m.orders_n, m.minor from firsts f join months m using (person_id)
)
select false as is_second, first_on, on_month, count(*), sum(orders_n)::bigint, sum(minor)::bigint
from joined group by 2, 3
union all
select true, first_on, again_on, count(*), 0, 0
from (select first_on, min(on_month) as again_on from joined where on_month > first_on or orders_n > 1 group by person_id, first_on) s
group by 2, 3
order by 1, 2, 3;
