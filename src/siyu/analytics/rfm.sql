-- name: see_habits
-- Everybody with an order, by whole days since the last one and number of orders: what the grid is cut from. One pass over the profiles.
select floor(extract(epoch from %(now)s::timestamptz - last_order_at) / 86400)::int, orders_n, count(*), sum(spent_minor)::bigint
from profiles where orders_n > 0 and last_order_at <= %(now)s
group by 1, 2;
