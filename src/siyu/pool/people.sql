-- Reading people: search, lists, the 360 page, addresses. Nothing here writes.

-- name: current_person
select identifier_id, person_id from identifiers where identifier_id = any(%(ids)s);

-- name: person_of
select person_id from identifiers where kind = %(kind)s and scope = %(scope)s and lookup = %(lookup)s;

-- name: people_by_lookups
select i.person_id, i.kind, i.mask
from unnest(%(kinds)s::text[], %(scopes)s::text[], %(lookups)s::bytea[]) as w(kind, scope, lookup)
join identifiers i on i.kind = w.kind and i.scope = w.scope and i.lookup = w.lookup
limit %(limit)s;

-- name: people_by_number
select person_id, 'person', '#' || person_id from identifiers where identifier_id = %(number)s and erased_at is null;

-- name: people_by_name
select person_id, 'name', name_shown from profiles where name_lookup = %(lookup)s
order by last_seen_at desc nulls last limit %(limit)s;

-- name: people_by_order
select i.person_id, 'order', o.order_no from orders o join identifiers i on i.identifier_id = o.subject
where o.order_no = any(%(numbers)s::text[]) limit %(limit)s;

-- The kinds and scopes in use, found by skipping from one to the next.
-- name: scopes
with recursive s(kind, scope) as (
    (select kind, scope from identifiers order by kind, scope limit 1)
    union all
    select n.kind, n.scope from s cross join lateral (
        select i.kind, i.scope from identifiers i where (i.kind, i.scope) > (s.kind, s.scope) order by i.kind, i.scope limit 1
    ) n
)
select kind, scope from s limit 500;

-- name: rows_of
select p.person_id, p.is_known, p.stage, p.name_shown, p.tags, p.orders_n, p.spent_minor, p.refunded_minor, p.first_seen_at,
    p.last_seen_at, p.last_order_at
from profiles p where p.person_id = any(%(ids)s);

-- name: masks_of
select person_id, kind, mask from identifiers where person_id = any(%(ids)s) order by identifier_id;

-- name: list_by_last_seen
select p.person_id, p.is_known, p.stage, p.name_shown, p.tags, p.orders_n, p.spent_minor, p.refunded_minor, p.first_seen_at,
    p.last_seen_at, p.last_order_at
from profiles p
where (%(stage)s::text is null or p.stage = %(stage)s) and (%(tag)s::text is null or p.tags @> array[%(tag)s::text])
    and (%(is_known)s::boolean is null or p.is_known = %(is_known)s)
    and (%(value)s::timestamptz is null or p.last_seen_at < %(value)s or (p.last_seen_at = %(value)s and p.person_id > %(person_id)s))
order by p.last_seen_at desc nulls last, p.person_id limit %(limit)s;

-- name: list_by_last_order
select p.person_id, p.is_known, p.stage, p.name_shown, p.tags, p.orders_n, p.spent_minor, p.refunded_minor, p.first_seen_at,
    p.last_seen_at, p.last_order_at
from profiles p
where (%(stage)s::text is null or p.stage = %(stage)s) and (%(tag)s::text is null or p.tags @> array[%(tag)s::text])
    and (%(is_known)s::boolean is null or p.is_known = %(is_known)s) and p.last_order_at is not null
    and (%(value)s::timestamptz is null or (p.last_order_at, p.person_id) < (%(value)s, %(person_id)s))
order by p.last_order_at desc, p.person_id desc limit %(limit)s;

-- name: list_by_spent
select p.person_id, p.is_known, p.stage, p.name_shown, p.tags, p.orders_n, p.spent_minor, p.refunded_minor, p.first_seen_at,
    p.last_seen_at, p.last_order_at
from profiles p
where (%(stage)s::text is null or p.stage = %(stage)s) and (%(tag)s::text is null or p.tags @> array[%(tag)s::text])
    and (%(is_known)s::boolean is null or p.is_known = %(is_known)s)
    and (%(value)s::bigint is null or p.spent_minor < %(value)s or (p.spent_minor = %(value)s and p.person_id > %(person_id)s))
order by p.spent_minor desc, p.person_id limit %(limit)s;

-- name: count_people
select count(*) from (
    select from profiles p
    where (%(stage)s::text is null or p.stage = %(stage)s) and (%(tag)s::text is null or p.tags @> array[%(tag)s::text])
        and (%(is_known)s::boolean is null or p.is_known = %(is_known)s)
    limit %(most)s
) x;

-- name: profile
select stage_at, traits, facts_n, first_order_at, other_money from profiles where person_id = %(person_id)s;

-- name: identifiers_of
select i.identifier_id, i.kind, i.scope, i.mask, i.created_at, f.first_at, f.last_at, coalesce(f.facts_n, 0) as facts_n, i.is_shared,
    i.unreachable_at, i.unreachable_why, i.erased_at
from identifiers i left join folds f on f.subject = i.identifier_id
where i.person_id = %(person_id)s order by i.identifier_id;

-- name: links_of
select l.a, l.b, l.strength, l.source_id, coalesce(s.name, '') as source, l.import_id, l.seen_at, ia.person_id = ib.person_id as is_held
from (
    select * from links where a = any(%(ids)s) union select * from links where b = any(%(ids)s)
) l
join identifiers ia on ia.identifier_id = l.a
join identifiers ib on ib.identifier_id = l.b
left join sources s on s.source_id = l.source_id
order by l.seen_at, l.a, l.b limit 500;

-- name: decisions_of
select decision_id, kind, a, b, decided_by, why, decided_at, revoked_at from identity_decisions
where a = any(%(ids)s) or b = any(%(ids)s) order by decision_id;

-- name: conflicts_of
select c.a, c.b, c.kind, c.left_person, c.right_person, c.noticed_at, ia.kind as a_kind, ia.mask as a_mask, ib.kind as b_kind, ib.mask as b_mask
from identity_conflicts c
join identifiers ia on ia.identifier_id = c.a
join identifiers ib on ib.identifier_id = c.b
where %(ids)s::bigint[] is null or c.a = any(%(ids)s) or c.b = any(%(ids)s)
order by c.noticed_at desc, c.a, c.b limit %(limit)s offset %(offset)s;

-- name: count_conflicts
select count(*) from identity_conflicts;

-- name: consents_of
select c.subject, i.mask, c.channel, c.purpose, c.is_given, c.decided_at, c.evidence
from identifiers i join consents c on c.subject = i.identifier_id
where i.person_id = %(person_id)s order by c.channel, c.purpose, c.decided_at desc, c.subject;

-- name: scores_of
select distinct on (s.name) s.name, s.as_of, s.value, s.word, s.currency, f.amount_minor, f.data, s.subject, c.name as source
from identifiers i
join scores s on s.subject = i.identifier_id
join facts f on f.subject = s.subject and f.occurred_at = s.as_of and f.key = s.fact_key
join sources c on c.source_id = f.source_id
where i.person_id = %(person_id)s order by s.name, s.as_of desc, s.fact_key desc;

-- name: orders_of
select o.source_id, s.name as source, o.order_no, o.paid_at, o.touched_at, o.paid_minor, o.refunded_minor, o.lines_n, o.currency
from identifiers i
join orders o on o.subject = i.identifier_id
join sources s on s.source_id = o.source_id
where i.person_id = %(person_id)s order by o.touched_at desc, o.source_id, o.order_no limit %(limit)s;

-- name: paid_orders_of
select o.paid_at, case when o.currency = %(currency)s then o.paid_minor - o.refunded_minor else 0 end
from identifiers i join orders o on o.subject = i.identifier_id
where i.person_id = %(person_id)s and o.lines_n > 0
order by o.paid_at, o.source_id, o.order_no collate "C", o.currency;

-- name: log_of
select what, person_id, other_id, a, b, reason, logged_at from identity_log
where person_id = any(%(ids)s) or other_id = any(%(ids)s) order by log_id desc limit 200;

-- name: timeline
select f.occurred_at, f.received_at, f.seq, f.type, f.source_id, s.name as source, f.import_id, f.object, f.amount_minor, f.currency,
    f.data, coalesce((select jsonb_object_agg(key, value->1) from jsonb_each(f.sealed)), '{}') as personal,
    f.subject, i.kind as subject_kind, i.mask as subject_mask
from identifiers i
cross join lateral (
    select * from facts f
    where f.subject = i.identifier_id and f.occurred_at <= %(at)s and (f.occurred_at, f.seq) < (%(at)s, %(seq)s)
    order by f.occurred_at desc, f.seq desc limit %(limit)s
) f
join sources s on s.source_id = f.source_id
where i.person_id = %(person_id)s
order by f.occurred_at desc, f.seq desc limit %(limit)s;

-- name: addresses
select distinct on (w.id) w.id, i.identifier_id, i.sealed, i.key_wrapped, i.value
from unnest(%(people)s::bigint[]) as w(id)
join identifiers o on o.identifier_id = w.id
join identifiers i on i.person_id = o.person_id
left join folds f on f.subject = i.identifier_id
where i.kind = %(kind)s and i.unreachable_at is null and i.erased_at is null
order by w.id, f.last_at desc nulls last, i.identifier_id;

-- name: personal_traits
select distinct on (w.id, t.key) w.id, t.key, t.value->3->>0, i.identifier_id, i.key_wrapped
from unnest(%(people)s::bigint[]) as w(id)
join identifiers o on o.identifier_id = w.id
join identifiers i on i.person_id = o.person_id
join folds f on f.subject = i.identifier_id and f.traits <> '{}'
cross join lateral jsonb_each(f.traits) t
order by w.id, t.key, (t.value->>0) collate "C" desc, (t.value->>1) collate "C" desc;

-- name: personal_masks
select distinct on (t.key) t.key, t.value->3->>1
from identifiers i join folds f on f.subject = i.identifier_id cross join lateral jsonb_each(f.traits) t
where i.person_id = %(person_id)s
order by t.key, (t.value->>0) collate "C" desc, (t.value->>1) collate "C" desc;

-- name: sources
select source_id, name, kind, class as class_, owner, purpose, currency, created_at, last_fact_at, facts_n, identified_n, closed_at
from sources where closed_at is null or %(with_closed)s order by name;
