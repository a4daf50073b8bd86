-- What people like these did without being written to: everybody as he stood one measuring window ago, and what he then did.

-- A band is how long ago the last order was (0 none, 1 within 30 days, 2 60, 3 90, 4 180, 5 365, 6 longer) and how many orders there were.
-- name: see_baseline
with o as (
    select i.person_id, o.paid_at, o.paid_minor - o.refunded_minor as net
    from orders o join identifiers i on i.identifier_id = o.subject
    where o.paid_minor > 0 and o.currency = %(currency)s and o.paid_at < %(now)s
), bought as (
    select person_id, count(*) filter (where paid_at < %(then)s) as n, max(paid_at) filter (where paid_at < %(then)s) as last_at,
           coalesce(sum(net) filter (where paid_at < %(then)s and paid_at >= %(then)s::timestamptz - %(look_back_for)s::interval), 0)::float8 as before,
           coalesce(sum(net) filter (where paid_at >= %(then)s), 0)::float8 as spent,
           count(*) filter (where paid_at >= %(then)s) as n_after
    from o group by 1
), people as (
    select p.person_id, coalesce(b.n, 0) as n, b.last_at, coalesce(b.before, 0) as before, coalesce(b.spent, 0) as spent,
           coalesce(b.n_after, 0) > 0 as has_bought
    from profiles p left join bought b using (person_id)
    where p.first_seen_at < %(then)s
)
select case when n = 0 then 0 else 1 + width_bucket(extract(epoch from %(then)s::timestamptz - last_at)::float8 / 86400, array[30, 60, 90, 180, 365]::float8[]) end,
       case when n < 2 then least(n, 1) when n < 4 then 2 else 3 end,
       count(*), count(*) filter (where has_bought), avg(spent)::float8, coalesce(var_samp(spent), 0)::float8, coalesce(corr(before, spent), 0)::float8
from people group by 1, 2;

-- name: see_bands
select case when x.n = 0 then 0 else 1 + width_bucket(extract(epoch from %(now)s::timestamptz - x.last_at)::float8 / 86400, array[30, 60, 90, 180, 365]::float8[]) end,
       case when x.n < 2 then least(x.n, 1) when x.n < 4 then 2 else 3 end,
       count(*)
from unnest(%(person_ids)s::bigint[]) as w(person_id)
cross join lateral (
    select count(*) as n, max(o.paid_at) as last_at
    from identifiers i join orders o on o.subject = i.identifier_id
    where i.person_id = w.person_id and o.paid_minor > 0 and o.currency = %(currency)s and o.paid_at < %(now)s
) x
group by 1, 2;
