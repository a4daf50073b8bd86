-- Taking back: an import, everything that was folded, a person.

-- name: touched_by_import
select subject from facts where import_id = %(import_id)s and subject is not null and (xid, seq) <= (%(xid)s::xid8, %(seq)s)
union
select unnest(others) from facts where import_id = %(import_id)s and others is not null and (xid, seq) <= (%(xid)s::xid8, %(seq)s);

-- name: orders_of_import
select distinct source_id, coalesce(nullif(object, ''), key::text) from facts
where import_id = %(import_id)s and type in ('order.paid', 'order.refunded') and subject is not null
    and (xid, seq) <= (%(xid)s::xid8, %(seq)s);

-- name: subtract_days
update trade_days d set lines_n = d.lines_n - w.lines_n, amount_minor = d.amount_minor - w.amount_minor
from (
    select source_id, (occurred_at at time zone %(tz)s)::date as on_date, type, subject is not null as is_identified,
        coalesce(currency, '') as currency, count(*) as lines_n, coalesce(sum(amount_minor), 0) as amount_minor
    from facts
    where import_id = %(import_id)s and type in ('order.paid', 'order.refunded', 'order.adjusted')
        and (xid, seq) <= (%(xid)s::xid8, %(seq)s)
    group by 1, 2, 3, 4, 5
) w
where (d.source_id, d.on_date, d.type, d.is_identified, d.currency) = (w.source_id, w.on_date, w.type, w.is_identified, w.currency);

-- name: drop_empty_days
delete from trade_days where lines_n = 0;

-- name: subtract_sources
update sources s set facts_n = s.facts_n - w.n, identified_n = s.identified_n - w.known
from (
    select source_id, count(*) as n, count(subject) as known from facts
    where import_id = %(import_id)s and (xid, seq) <= (%(xid)s::xid8, %(seq)s) group by 1
) w
where s.source_id = w.source_id;

-- name: drop_links
delete from links where import_id = %(import_id)s returning a, b;

-- name: drop_keys
delete from fact_keys k using facts f where f.import_id = %(import_id)s and k.key = f.key;

-- name: drop_facts
delete from facts where import_id = %(import_id)s;

-- name: partners_of
select b from links where a = any(%(ids)s) union select a from links where b = any(%(ids)s);

-- name: empty_folds
truncate folds, orders, consents, scores, profiles, trade_days, links, identity_conflicts;

-- name: part_people
update identifiers set person_id = identifier_id, is_shared = false, unreachable_at = null, unreachable_why = null
where person_id <> identifier_id or is_shared or unreachable_at is not null;

-- name: forget_counts
update sources set facts_n = 0, identified_n = 0;

-- name: decided
select a, b from identity_decisions where revoked_at is null;

-- name: members
select identifier_id from identifiers where person_id = %(person_id)s order by identifier_id for update;

-- name: erase_identifiers
update identifiers i set lookup = w.lookup, value = null, sealed = null, key_wrapped = null, mask = '—', erased_at = %(at)s
from unnest(%(ids)s::bigint[], %(lookups)s::bytea[]) as w(id, lookup) where i.identifier_id = w.id;

-- Of receipts and consents stays what counts and caps need: nothing that says who it was.
-- name: erase_facts
update facts set sealed = null, data = case
    when type like 'message.%%' or type like 'consent.%%' then coalesce((
        select jsonb_object_agg(key, value) from jsonb_each(data)
        where key in ('channel', 'purpose', 'hard', 'origin', 'origin_id', 'content_id')
    ), '{}') else '{}' end
where subject = any(%(ids)s) and type not like 'order.%%' and (sealed is not null or data <> '{}');

-- name: erase_orders
update facts set sealed = null where subject = any(%(ids)s) and sealed is not null;

-- name: log_erasure
insert into identity_log (what, person_id, reason, logged_at)
values ('erased', %(person_id)s, jsonb_build_object('by', %(by)s::text, 'identifiers', %(n)s::int), %(at)s);
