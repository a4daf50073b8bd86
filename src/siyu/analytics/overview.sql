-- The figures of the overview; docs/metrics.md defines each of them.

-- Lines and amounts of every fact about trade, anonymous trade included; all days, all sources.
-- name: see_trade
select
    coalesce(sum(lines_n), 0)::bigint,
    coalesce(sum(lines_n) filter (where not is_identified), 0)::bigint,
    coalesce(sum(amount_minor) filter (where currency = %(currency)s), 0)::bigint,
    coalesce(sum(amount_minor) filter (where currency = %(currency)s and not is_identified and type = 'order.paid'), 0)::bigint,
    coalesce(sum(amount_minor) filter (where currency = %(currency)s and type = 'order.refunded'), 0)::bigint,
    coalesce(sum(amount_minor) filter (where currency = %(currency)s and type = 'order.adjusted'), 0)::bigint,
    coalesce(sum(amount_minor) filter (where currency = %(currency)s and type = 'order.paid' and on_date between %(today)s::date - 29 and %(today)s::date), 0)::bigint,
    coalesce(sum(amount_minor) filter (where currency = %(currency)s and type = 'order.paid' and on_date between %(today)s::date - 59 and %(today)s::date - 30), 0)::bigint,
    min(on_date), max(on_date)
from trade_days;

-- name: see_months
select to_char(on_date, 'YYYY-MM'),
    coalesce(sum(amount_minor) filter (where type = 'order.paid' and is_identified), 0)::bigint,
    coalesce(sum(amount_minor) filter (where type = 'order.paid' and not is_identified), 0)::bigint,
    coalesce(sum(amount_minor) filter (where type = 'order.refunded'), 0)::bigint
from trade_days where currency = %(currency)s
group by 1 order by 1;

-- name: see_other_currencies
select currency, sum(amount_minor)::bigint from trade_days where currency <> %(currency)s group by 1 order by 1;

-- name: see_stages
select stage, count(*), count(*) filter (where is_known) from profiles group by 1;

-- Who did something: what we did to them (sent, delivered, bounced ...) is no act of theirs.
-- name: see_active
select count(distinct i.person_id) filter (where f.occurred_at > %(now)s::timestamptz - interval '30 days'),
       count(distinct i.person_id) filter (where f.occurred_at <= %(now)s::timestamptz - interval '30 days')
from facts f join identifiers i on i.identifier_id = f.subject
where f.occurred_at > %(now)s::timestamptz - interval '60 days' and f.occurred_at <= %(now)s and f.type <> all(%(passive)s);

-- Everybody's orders in one pass: an order counts when something was paid for it, in the brand's currency.
-- name: see_buyers
with people as materialized (
    select i.person_id, count(*) as orders_n, sum(o.paid_minor)::bigint as spent, min(o.paid_at) as first_at,
           (array_agg(o.paid_at order by o.paid_at))[2] as second_at,
           count(*) filter (where paid_at > %(now)s::timestamptz - interval '30 days') as recent_n,
           count(*) filter (where paid_at > %(now)s::timestamptz - interval '60 days' and paid_at <= %(now)s::timestamptz - interval '30 days') as before_n
    from orders o join identifiers i on i.identifier_id = o.subject
    where o.paid_minor > 0 and o.currency = %(currency)s
    group by 1
), ranked as (
    select spent, row_number() over (order by spent desc, person_id) as place, count(*) over () as n from people
)
select
    (select count(distinct i.person_id) from folds f join identifiers i on i.identifier_id = f.subject
     where f.seen_types ?| array['order.paid', 'order.refunded', 'order.adjusted']),
    count(*), coalesce(sum(orders_n), 0)::bigint, coalesce(sum(spent), 0)::bigint,
    count(*) filter (where orders_n > 1),
    count(*) filter (where first_at <= %(now)s::timestamptz - interval '90 days'),
    count(*) filter (where first_at <= %(now)s::timestamptz - interval '90 days' and second_at < first_at + interval '90 days'),
    (select coalesce(sum(spent), 0)::bigint from ranked where place <= ceil(n / 10.0)),
    count(*) filter (where recent_n > 0), count(*) filter (where before_n > 0),
    coalesce(sum(recent_n), 0)::bigint, coalesce(sum(before_n), 0)::bigint,
    count(*) filter (where first_at > %(now)s::timestamptz - interval '30 days'),
    count(*) filter (where first_at > %(now)s::timestamptz - interval '60 days' and first_at <= %(now)s::timestamptz - interval '30 days'),
    (select jsonb_object_agg(month, n) from (
        select to_char(first_at at time zone %(time_zone)s, 'YYYY-MM') as month, count(*) as n from people group by 1) m)
from people;
