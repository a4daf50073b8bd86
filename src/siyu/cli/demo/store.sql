-- name: shop_customers
select i.value as buyer_id, p.orders_n, p.spent_minor / p.orders_n as mean_minor, p.first_order_at, p.last_order_at
from identifiers i join profiles p on p.person_id = i.person_id
where i.kind = 'user_id' and p.orders_n > 0
order by i.identifier_id;

-- name: shop_products
select data ->> 'sku' as sku, max(data ->> 'product') as name, percentile_disc(0.5) within group (order by (data ->> 'unit_price')::numeric) as price
from facts
where type = 'order.paid' and source_id = %(source_id)s and data ->> 'product' is not null and (data ->> 'unit_price')::numeric between 0.5 and 20
group by data ->> 'sku' order by count(*) desc limit 200;

-- name: broadcast_named
select broadcast_id, state from broadcasts where name = %(name)s order by broadcast_id limit 1;

-- name: has_unfolded
select exists (select 1 from facts f, cursors c where c.reader = 'pool.fold' and (f.xid, f.seq) > (c.xid, c.seq));
