-- name: ensure_source
with made as (
    insert into sources (name, kind, class, owner, purpose, currency, write_key_digest, created_at)
    values (%(name)s, %(kind)s, %(class)s, %(owner)s, %(purpose)s, %(currency)s, %(digest)s, %(now)s)
    on conflict (name) do nothing returning source_id
)
select source_id from made union all select source_id from sources where name = %(name)s limit 1;

-- name: source_currency
select currency from sources where source_id = %(source_id)s;

-- name: months
select c.relname from pg_inherits i join pg_class c on c.oid = i.inhrelid where i.inhparent = 'facts'::regclass;

-- name: lock_months
select pg_advisory_xact_lock(7310, 1);

-- name: find_identifiers
select i.identifier_id, i.lookup
from unnest(%(kinds)s::text[], %(scopes)s::text[], %(lookups)s::bytea[]) as w(kind, scope, lookup)
join identifiers i on i.kind = w.kind and i.scope = w.scope and i.lookup = w.lookup;

-- name: make_identifiers
with wanted as (
    select nextval(pg_get_serial_sequence('identifiers', 'identifier_id')) as id, w.*
    from unnest(%(kinds)s::text[], %(scopes)s::text[], %(lookups)s::bytea[], %(plain)s::text[], %(sealed)s::bytea[],
                %(keys)s::bytea[], %(masks)s::text[]) as w(kind, scope, lookup, plain, sealed, key_wrapped, mask)
)
insert into identifiers (identifier_id, person_id, kind, scope, lookup, value, sealed, key_wrapped, mask, created_at)
overriding system value
select id, id, kind, scope, lookup, plain, sealed, key_wrapped, mask, %(at)s from wanted
on conflict (kind, scope, lookup) do nothing
returning identifier_id, lookup;

-- name: subject_keys
select identifier_id, key_wrapped from identifiers where identifier_id = any(%(ids)s::bigint[]) order by identifier_id;

-- name: lock_subjects
select identifier_id, key_wrapped from identifiers where identifier_id = any(%(ids)s::bigint[]) order by identifier_id for no key update;

-- name: give_keys
update identifiers i set key_wrapped = w.key_wrapped
from unnest(%(ids)s::bigint[], %(keys)s::bytea[]) as w(id, key_wrapped) where i.identifier_id = w.id;

-- Keys that are there already are not returned.
-- name: take_keys
insert into fact_keys (key) select unnest(%(keys)s::uuid[]) on conflict do nothing returning key;

-- name: copy_facts
copy facts (key, occurred_at, source_id, import_id, received_at, type, object, subject, amount_minor, currency, data, others, sealed)
from stdin (format binary);

-- name: source_by_name
select source_id from sources where name = %(name)s;

-- name: renew_write_key
update sources set write_key_digest = %(digest)s where source_id = %(source_id)s and kind = 'http';
