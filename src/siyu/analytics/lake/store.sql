-- The manifest, and what the lake reads from the pool. Facts leave as numbers and plain properties: what is sealed stays behind.

-- name: lock_turn
select pg_try_advisory_lock(7312, 1);

-- name: lock_reading
select pg_advisory_lock_shared(7312, 2);

-- Nobody reads: only then may a file that left the manifest be deleted.
-- name: lock_sweeping
select pg_try_advisory_lock(7312, 2);

-- name: unlock_sweeping
select pg_advisory_unlock(7312, 2);

-- Everything that follows in the transaction is read as of one moment.
-- name: one_moment
set transaction isolation level repeatable read read only;

-- name: list_files
select f.kind, f.month, f.path, f.rows_n, f.bytes_n, f.digest, f.from_xid, f.from_seq, f.to_xid, f.to_seq, f.made_at, f.file_id,
    coalesce((select jsonb_object_agg(i.import_id, jsonb_build_array(i.xid, i.seq)) from lake_imports i where i.file_id = f.file_id), '{}')
from lake_files f order by f.to_xid, f.to_seq, f.file_id;

-- name: keep_file
with made as (
    insert into lake_files (kind, month, path, rows_n, bytes_n, digest, from_xid, from_seq, to_xid, to_seq, made_at)
    values (%(table)s, %(month)s, %(path)s, %(rows_n)s, %(bytes_n)s, %(digest)s, %(from_xid)s, %(from_seq)s, %(to_xid)s, %(to_seq)s, %(made_at)s)
    returning file_id
)
insert into lake_imports (file_id, import_id, xid, seq)
select made.file_id, w.* from made, unnest(%(imports)s::bigint[], %(xids)s::bigint[], %(seqs)s::bigint[]) as w(import_id, xid, seq);

-- name: drop_files
delete from lake_files where file_id = any(%(ids)s);

-- name: drop_all_files
delete from lake_files;

-- Imports whose first fact in a file is no longer in the log: they were undone. One look into one month's index each.
-- name: undone
select i.file_id, i.import_id
from lake_imports i
join lake_files l on l.file_id = i.file_id
left join lateral (
    select true as is_there from facts f
    where f.xid = i.xid::text::xid8 and f.seq = i.seq
        and f.occurred_at >= to_timestamp(l.month, 'YYYY-MM') and f.occurred_at < to_timestamp(l.month, 'YYYY-MM') + interval '1 month'
    limit 1
) w on true
where w.is_there is null;

-- name: erased
select i.identifier_id from identifiers i
where i.erased_at is not null and not exists (select from lake_erasures e where e.identifier_id = i.identifier_id)
order by 1;

-- name: honour
insert into lake_erasures (identifier_id, honoured_at) select unnest(%(ids)s::bigint[]), %(at)s on conflict do nothing;

-- name: waiting
select count(*), min(w.received_at) from (
    select f.received_at from facts f
    where (f.xid, f.seq) > (%(xid)s::xid8, %(seq)s) and f.xid < pg_snapshot_xmin(pg_current_snapshot())
    limit %(most)s
) w;

-- The next facts of the log, below the oldest transaction still running: whatever commits later stands after them.
-- name: copy_next
copy (
    select f.xid::text, f.seq, f.key, f.source_id, f.import_id, f.type, f.subject, f.occurred_at, f.received_at, f.object, f.amount_minor,
        f.currency, f.data, array_to_json(f.others)
    from facts f
    where (f.xid, f.seq) > (%(xid)s::text::xid8, %(seq)s) and f.xid < pg_snapshot_xmin(pg_current_snapshot())
    order by f.xid, f.seq
    limit %(limit)s
) to stdout (format csv);

-- Everything after a place, as far as one can see: for reading, not for keeping a place.
-- name: copy_after
copy (
    select f.xid::text, f.seq, f.key, f.source_id, f.import_id, f.type, f.subject, f.occurred_at, f.received_at, f.object, f.amount_minor,
        f.currency, f.data, array_to_json(f.others)
    from facts f
    where (f.xid, f.seq) > (%(xid)s::text::xid8, %(seq)s)
) to stdout (format csv);

-- What a file of facts holds.
-- name: copy_month
copy (
    select f.xid::text, f.seq, f.key, f.source_id, f.import_id, f.type, f.subject, f.occurred_at, f.received_at, f.object, f.amount_minor,
        f.currency, f.data, array_to_json(f.others)
    from facts f
    where f.occurred_at >= %(from_at)s and f.occurred_at < %(to_at)s
        and (f.xid, f.seq) > (%(from_xid)s::text::xid8, %(from_seq)s) and (f.xid, f.seq) <= (%(to_xid)s::text::xid8, %(to_seq)s)
) to stdout (format csv);

-- What is left in the log of erased identifiers and of imports.
-- name: copy_again
copy (
    select f.xid::text, f.seq, f.key, f.source_id, f.import_id, f.type, f.subject, f.occurred_at, f.received_at, f.object, f.amount_minor,
        f.currency, f.data, array_to_json(f.others)
    from facts f
    where (f.subject = any(%(erased)s::bigint[]) or (f.import_id <> 0 and f.import_id = any(%(undone)s::bigint[])))
        and (f.xid, f.seq) <= (%(xid)s::text::xid8, %(seq)s)
) to stdout (format csv);

-- name: copy_people
copy (
    select i.identifier_id, i.person_id, i.kind, i.scope, i.created_at, i.erased_at is not null from identifiers i
) to stdout (format csv);

-- Identifiers that are not their own person today.
-- name: copy_moved
copy (select i.identifier_id, i.person_id from identifiers i where i.person_id <> i.identifier_id) to stdout (format csv);

-- Identifiers newer than the table of people: with a higher number, or named by a fact after its place (a number is taken before its commit).
-- name: copy_named
copy (
    select i.identifier_id, i.person_id, i.kind, i.scope, i.created_at, i.erased_at is not null
    from identifiers i
    where i.identifier_id > %(above)s or i.identifier_id in (
        select f.subject from facts f where (f.xid, f.seq) > (%(xid)s::text::xid8, %(seq)s)
        union
        select unnest(f.others) from facts f where (f.xid, f.seq) > (%(xid)s::text::xid8, %(seq)s)
    )
) to stdout (format csv);

-- name: copy_profiles
copy (
    select p.person_id, p.is_known, p.stage, p.stage_at, p.facts_n, p.first_seen_at, p.last_seen_at, p.orders_n, p.spent_minor,
        p.refunded_minor, p.first_order_at, p.last_order_at
    from profiles p
) to stdout (format csv);
