-- Posting: facts in the order of the log become entries and touchpoints.

-- name: read_facts
select f.key, f.source_id, f.import_id, f.type, f.subject, f.occurred_at, f.object, f.amount_minor, f.currency,
    case when f.type = any(%(with_data)s) or f.data ?| array['utm_source', 'utm_campaign', 'utm_content'] or f.data->'context' ? 'campaign'
        then f.data end,
    f.xid::text, f.seq
from facts f
where (f.xid, f.seq) > (%(xid)s::xid8, %(seq)s) and f.xid < pg_snapshot_xmin(pg_current_snapshot())
order by f.xid, f.seq  -- qualified: a bare xid would be the text of the select list
limit %(limit)s;

-- name: read_facts_again
select f.key, f.source_id, f.import_id, f.type, f.subject, f.occurred_at, f.object, f.amount_minor, f.currency, f.data, f.xid::text, f.seq
from facts f
where (f.xid, f.seq) > (%(xid)s::xid8, %(seq)s) and (f.xid, f.seq) <= (%(to_xid)s::xid8, %(to_seq)s) and f.type = any(%(types)s)
order by f.xid, f.seq
limit %(limit)s;

-- name: message_costs
select intent_id, cost_minor from intents where intent_id = any(%(ids)s) and cost_minor > 0;

-- name: copy_entries
copy ledger_entries (what, debit, credit, amount_minor, currency, facts_n, subject, source_id, order_no, occurred_at, channel, campaign,
    code, guide, store, basis, fact_key, import_id, reason, posted_at) from stdin;

-- name: copy_touches
copy ledger_touches (fact_key, type, subject, source_id, order_no, touched_at, channel, campaign, code, guide, store, import_id) from stdin;

-- name: note_imports
insert into ledger_imports (import_id) select unnest(%(ids)s::bigint[]) on conflict do nothing;

-- name: imports_undone
select l.import_id from ledger_imports l join imports i using (import_id) where l.reversed_at is null and i.undone_at is not null
order by 1;

-- What stands of an import is posted once more with the opposite sign; sums of nothing are left out, so doing it twice does it once.
-- name: reverse_import
insert into ledger_entries (what, debit, credit, amount_minor, currency, facts_n, subject, source_id, order_no, occurred_at, channel,
    campaign, code, guide, store, basis, fact_key, import_id, reason, posted_at)
select what, debit, credit, -sum(amount_minor), currency, -sum(facts_n), subject, source_id, order_no, occurred_at, channel,
    campaign, code, guide, store, basis, (array_agg(fact_key order by fact_key))[1], import_id, 'undone', %(now)s
from ledger_entries where import_id = %(import_id)s
group by what, debit, credit, currency, subject, source_id, order_no, occurred_at, channel, campaign, code, guide, store, basis, import_id
having sum(amount_minor) <> 0 or sum(facts_n) <> 0;

-- name: drop_touches
delete from ledger_touches where import_id = %(import_id)s;

-- name: mark_reversed
update ledger_imports set reversed_at = %(now)s where import_id = %(import_id)s;

-- name: reverse_restated
insert into ledger_entries (what, debit, credit, amount_minor, currency, facts_n, subject, source_id, order_no, occurred_at, channel,
    campaign, code, guide, store, basis, fact_key, import_id, reason, posted_at)
select what, debit, credit, -sum(amount_minor), currency, -sum(facts_n), subject, source_id, order_no, occurred_at, channel,
    campaign, code, guide, store, basis, (array_agg(fact_key order by fact_key))[1], import_id, 'restated', %(now)s
from ledger_entries where what = any(%(whats)s)
group by what, debit, credit, currency, subject, source_id, order_no, occurred_at, channel, campaign, code, guide, store, basis, import_id
having sum(amount_minor) <> 0 or sum(facts_n) <> 0;

-- name: costs_of
select sku, currency, from_on, cost_minor from ledger_costs where sku = any(%(skus)s) order by sku, currency, from_on;

-- name: has_costs
select exists (select from ledger_costs);

-- name: put_costs
insert into ledger_costs (sku, from_on, cost_minor, currency)
select distinct on (sku, currency, from_on) sku, from_on, cost_minor, currency
from unnest(%(skus)s::text[], %(days)s::date[], %(minors)s::bigint[], %(currencies)s::text[]) with ordinality
    as w(sku, from_on, cost_minor, currency, n)
order by sku, currency, from_on, n desc
on conflict (sku, currency, from_on) do update set cost_minor = excluded.cost_minor
where ledger_costs.cost_minor <> excluded.cost_minor;

-- name: all_costs
select sku, from_on, cost_minor, currency from ledger_costs order by sku, currency, from_on limit %(limit)s;

-- Room to add up in memory, for this transaction: half a dozen sums of every order.
-- name: give_memory
select set_config('work_mem', '128MB', true);

-- What stands: an order is what was posted under one number of one source in one currency. It is anchored at its first payment (of a
-- refund without a sale: at the refund), and belongs to the subject of its first fact, as the pool's orders do. Which fact came first is
-- asked only where the facts of an order name several subjects: nearly none do, and sorting for it costs as much as all the rest.
-- name: see_orders
with live as (
    select what, currency, subject, source_id, order_no, occurred_at, sum(amount_minor)::bigint as amount,
        sum(amount_minor) filter (where basis = 'product')::bigint as by_product,
        sum(amount_minor) filter (where basis = 'margin')::bigint as by_margin,
        sum(amount_minor) filter (where basis = 'default_margin')::bigint as by_default
    from ledger_entries where what in ('sale', 'refund', 'adjustment', 'goods')
    group by 1, 2, 3, 4, 5, 6 having sum(facts_n) <> 0
), o as (
    select source_id, order_no, currency,
        min(subject) filter (where what in ('sale', 'refund')) as subject, max(subject) filter (where what in ('sale', 'refund')) as another,
        coalesce(min(occurred_at) filter (where what = 'sale'), min(occurred_at)) as at,
        coalesce(sum(amount) filter (where what = 'sale'), 0) as paid, coalesce(sum(amount) filter (where what = 'refund'), 0) as refunded,
        coalesce(sum(amount) filter (where what = 'adjustment'), 0) as adjusted, coalesce(sum(amount) filter (where what = 'goods'), 0) as goods,
        coalesce(sum(by_product), 0) as by_product, coalesce(sum(by_margin), 0) as by_margin, coalesce(sum(by_default), 0) as by_default
    from live group by 1, 2, 3
)
select o.source_id, o.order_no, o.currency, i.person_id, (extract(epoch from o.at) * 1000000)::bigint, (o.at at time zone %(tz)s)::date,
    o.paid::bigint, -o.refunded::bigint, o.adjusted::bigint, o.goods::bigint, o.by_product::bigint, o.by_margin::bigint, o.by_default::bigint
from o left join identifiers i on i.identifier_id = case when o.subject is not distinct from o.another then o.subject else (
    select e.subject from ledger_entries e
    where e.source_id = o.source_id and e.order_no = o.order_no and e.currency = o.currency
        and e.what in ('sale', 'refund') and e.subject is not null
    group by e.what, e.subject, e.occurred_at having sum(e.facts_n) <> 0
    order by e.occurred_at, (array_agg(e.fact_key order by e.fact_key))[1] limit 1) end
order by o.at, o.source_id, o.order_no collate "C", o.currency;

-- name: see_touches
select i.person_id, t.source_id, t.order_no, (extract(epoch from t.touched_at) * 1000000)::bigint, t.type,
    coalesce(t.channel, ''), coalesce(t.campaign, ''), coalesce(t.code, ''), coalesce(t.guide, ''), coalesce(t.store, '')
from ledger_touches t left join identifiers i on i.identifier_id = t.subject
order by t.touched_at, t.fact_key;

-- name: see_costs
select what, currency, (occurred_at at time zone %(tz)s)::date, coalesce(channel, ''), coalesce(campaign, ''), coalesce(code, ''),
    coalesce(guide, ''), coalesce(store, ''), sum(amount_minor)::bigint, sum(facts_n)::bigint
from ledger_entries where what in ('spend', 'message', 'gift', 'points', 'minutes')
group by 1, 2, 3, 4, 5, 6, 7, 8 having sum(amount_minor) <> 0
order by 3, 1, 4, 5, 6, 7, 8;

-- By identifier first: moments are compared before they are turned into numbers.
-- name: see_served
with live as (
    select subject, what, occurred_at, sum(amount_minor)::bigint as minor
    from ledger_entries
    where what in ('message', 'gift', 'points', 'minutes') and currency = %(currency)s and subject is not null
    group by 1, 2, 3 having sum(amount_minor) <> 0
)
select i.person_id, e.what, (extract(epoch from e.occurred_at) * 1000000)::bigint, e.minor
from live e join identifiers i on i.identifier_id = e.subject
order by 1, 3, 2;

-- name: ids_of
select identifier_id from identifiers
where person_id = (select person_id from identifiers where identifier_id = %(person_id)s);

-- name: see_person_entries
select e.entry_id, e.what, e.debit, e.credit, e.amount_minor, e.currency, e.order_no, e.occurred_at, e.basis, e.reason, e.facts_n,
    i.person_id, coalesce(e.channel, ''), coalesce(e.campaign, ''), coalesce(e.code, ''), coalesce(e.guide, ''), coalesce(e.store, '')
from ledger_entries e join identifiers i on i.identifier_id = e.subject
where i.person_id = (select person_id from identifiers where identifier_id = %(person_id)s)
order by e.occurred_at desc, e.entry_id desc limit %(limit)s;

-- name: see_order_entries
select e.entry_id, e.what, e.debit, e.credit, e.amount_minor, e.currency, e.order_no, e.occurred_at, e.basis, e.reason, e.facts_n,
    i.person_id, coalesce(e.channel, ''), coalesce(e.campaign, ''), coalesce(e.code, ''), coalesce(e.guide, ''), coalesce(e.store, '')
from unnest(%(sources)s::int[], %(numbers)s::text[]) as w(source_id, order_no)
join ledger_entries e on e.source_id = w.source_id and e.order_no = w.order_no
left join identifiers i on i.identifier_id = e.subject
order by e.occurred_at desc, e.entry_id desc limit %(limit)s;

-- name: see_spends
select f.key, f.amount_minor, coalesce(f.currency, ''), f.data, f.occurred_at
from facts f where f.type = 'spend.recorded'
order by f.occurred_at desc, f.key limit %(limit)s;

-- name: see_stamp
select (select coalesce(max(entry_id), 0) from ledger_entries), (select coalesce(max(touch_id), 0) from ledger_touches),
    (select coalesce(max(log_id), 0) from identity_log), (select count(*) from ledger_imports where reversed_at is not null);
