-- name: lock_shards
select pg_advisory_xact_lock(%(space)s::int, s) from (select unnest(%(shards)s::int[]) as s order by 1) x;
