-- name: insert_content
insert into contents (name, channel, purpose, version, created_at)
values (%(name)s, %(channel)s, %(purpose)s, 1, %(at)s)
on conflict (name) do nothing
returning content_id;

-- name: lock_content
select content_id, name, channel, purpose, version, archived_at from contents where content_id = %(content_id)s for update;

-- name: name_taken
select content_id from contents where name = %(name)s and content_id <> %(content_id)s;

-- name: update_content
update contents set name = %(name)s, purpose = %(purpose)s, version = %(version)s where content_id = %(content_id)s;

-- name: insert_version
insert into content_versions (content_id, version, subject, body, link_ids, changed_by, changed_at, attachments)
values (%(content_id)s, %(version)s, %(subject)s, %(body)s, %(link_ids)s, %(by)s, %(at)s, %(attachments)s);

-- name: keep_file
insert into content_files (digest, name, kind, body, kept_at) values (%(digest)s, %(name)s, %(kind)s, %(body)s, %(at)s) on conflict (digest) do nothing;

-- name: kept_file
select name, kind, body from content_files where digest = %(digest)s;

-- name: ensure_links
insert into tracked_links (target, digest)
select target, digest from unnest(%(targets)s::text[], %(digests)s::bytea[]) as given (target, digest) order by digest
on conflict (digest) do nothing;

-- name: links_of_digests
select link_id, target from tracked_links where digest = any(%(digests)s::bytea[]);

-- name: link_target
select target from tracked_links where link_id = %(link_id)s;

-- name: kept_version
select v.content_id, v.version, c.name, c.channel, c.purpose, v.subject, v.body,
    coalesce((select jsonb_object_agg(l.target, l.link_id) from tracked_links l where l.link_id = any(v.link_ids)), '{}') as links,
    v.attachments
from content_versions v join contents c using (content_id)
where v.content_id = %(content_id)s and v.version = coalesce(%(version)s::int, c.version);

-- name: versions_of
select version, changed_by, changed_at, subject from content_versions where content_id = %(content_id)s order by version desc limit %(limit)s;

-- name: all_contents
select c.content_id, c.name, c.channel, c.purpose, c.version, c.created_at, v.changed_at, v.changed_by, c.archived_at
from contents c join content_versions v using (content_id, version)
where (%(with_archived)s or c.archived_at is null) and (%(channel)s::text is null or c.channel = %(channel)s)
order by v.changed_at desc, c.content_id desc limit %(limit)s;

-- name: one_content
select c.content_id, c.name, c.channel, c.purpose, c.version, c.created_at, v.changed_at, v.changed_by, c.archived_at
from contents c join content_versions v using (content_id, version) where c.content_id = %(content_id)s;

-- name: archive_content
update contents set archived_at = %(at)s where content_id = %(content_id)s and archived_at is null;

-- name: unarchive_content
update contents set archived_at = null where content_id = %(content_id)s;

-- name: people
select p.person_id, p.traits, p.tags, p.orders_n, p.spent_minor, p.refunded_minor, p.first_order_at, p.last_order_at, p.first_seen_at
from profiles p where p.person_id = any(%(person_ids)s);

-- name: trait_names
select distinct name from (select traits from profiles order by last_seen_at desc nulls last limit 500) p, jsonb_object_keys(p.traits) as name
order by name limit 200;
