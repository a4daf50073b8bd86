-- name: make_import
insert into imports (file_name, file_bytes, file_digest, stored_at, started_by, created_at)
values (%(file_name)s, %(file_bytes)s, %(file_digest)s, '', %(by)s, %(now)s) returning import_id;

-- name: put_stored
update imports set stored_at = %(stored_at)s where import_id = %(import_id)s;

-- name: put_shape
update imports set shape = %(shape)s, mapping = %(mapping)s where import_id = %(import_id)s and state in ('previewed', 'failed');

-- name: drop_preview
delete from imports where import_id = %(import_id)s and state = 'previewed' returning stored_at;

-- name: see_import
select i.*, s.name as source_name from imports i left join sources s using (source_id) where i.import_id = %(import_id)s;

-- name: all_imports
select i.*, s.name as source_name from imports i left join sources s using (source_id)
where %(before)s::bigint is null or i.import_id < %(before)s order by i.import_id desc limit %(limit)s;

-- name: stale_previews
select import_id from imports where state = 'previewed' and created_at < %(before)s;

-- name: same_file
select i.import_id, i.state from imports i left join sources s using (source_id)
where i.file_digest = %(file_digest)s and i.import_id <> %(import_id)s and i.state in ('running', 'done', 'failed')
order by i.import_id desc;

-- name: same_header
select import_id from imports where state = 'previewed' and shape -> 'shape' -> 'columns' = %(columns)s::jsonb and import_id <> %(import_id)s
order by import_id;

-- name: start_import
update imports set state = 'running', source_id = %(source_id)s, job_id = %(job_id)s, mapping = %(mapping)s, started_by = %(by)s,
    ended_at = null, why = ''
where import_id = %(import_id)s and state in ('previewed', 'failed') returning import_id;

-- name: hold_import
select state, place from imports where import_id = %(import_id)s for update;

-- name: move_import
update imports set place = place + %(rows)s, facts_n = facts_n + %(new)s, known_n = known_n + %(known)s,
    rejects_n = rejects_n + %(rejects)s, blank_n = blank_n + %(blank)s, continued_n = continued_n + %(continued)s,
    side_n = side_n + %(side)s, notes = %(notes)s
where import_id = %(import_id)s returning place, facts_n, known_n, rejects_n;

-- name: end_import
update imports set state = %(state)s, why = %(why)s, ended_at = %(now)s,
    rows_n = case when %(state)s = 'done' then place else rows_n end
where import_id = %(import_id)s and state = 'running' returning import_id;

-- name: forget_stored
update imports set stored_at = '' where import_id = %(import_id)s;

-- name: undo_import
update imports set state = 'undone', undone_at = %(now)s, ended_at = coalesce(ended_at, %(now)s) where import_id = %(import_id)s;

-- name: next_running
select import_id from imports where state = 'running' order by import_id;

-- name: try_lock
select pg_try_advisory_lock(7303, %(import_id)s::int);

-- name: put_rejects
insert into import_rejects (import_id, row_no, field, row_sealed, code)
select %(import_id)s, r.row_no, r.field, r.row_sealed, r.code
from unnest(%(row_nos)s::bigint[], %(fields)s::text[], %(rows)s::bytea[], %(codes)s::text[]) as r(row_no, field, row_sealed, code)
on conflict do nothing;

-- name: drop_rejects
delete from import_rejects where import_id = %(import_id)s;

-- name: rejects
select row_no, field, row_sealed, code from import_rejects
where import_id = %(import_id)s and row_no > %(after)s order by row_no limit %(limit)s;

-- name: reject_counts
select code, field, count(*), min(row_no) from import_rejects where import_id = %(import_id)s
group by code, field order by count(*) desc, code, field limit 50;

-- name: see_mapping
select mapping from import_mappings where header_digest = %(digest)s;

-- name: keep_mapping
insert into import_mappings (header_digest, mapping, used_at) values (%(digest)s, %(mapping)s, %(now)s)
on conflict (header_digest) do update set mapping = excluded.mapping, used_at = excluded.used_at;

-- name: file_sources
select name, currency from sources where kind in ('file', 'http') and closed_at is null order by source_id;
