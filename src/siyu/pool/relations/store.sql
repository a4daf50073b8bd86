-- Relations: the log behind a place of their own, what it adds up to, and what is asked of it.

-- The facts about relations in the next stretch of the log, and always its last row, which is the new place.
-- name: read_log
with stretch as materialized (
    select f.xid, f.seq, f.key, f.type, f.subject, f.others, f.occurred_at, f.object, case when f.type = any(%(types)s) then f.data end as data
    from facts f
    where (f.xid, f.seq) > (%(xid)s::xid8, %(seq)s) and f.xid < pg_snapshot_xmin(pg_current_snapshot())
    order by f.xid, f.seq
    limit %(limit)s
)
select s.xid::text, s.seq, s.key, s.type, i.identifier_id, coalesce(nullif(s.data->>'corp', ''), i.scope), s.occurred_at, s.object, s.data
from stretch s
left join lateral (  -- by the ids, never along an index of kinds: that would be every customer for every fact
    select n.identifier_id, n.scope from unnest(array_append(s.others, s.subject)) as o(id) join identifiers n on n.identifier_id = o.id
    where s.data is not null and n.kind in ('external_userid', 'pending_id')
    order by n.kind = 'pending_id' limit 1
) i on true
where s.data is not null or (s.xid, s.seq) = (select l.xid, l.seq from stretch l order by l.xid desc, l.seq desc limit 1)
order by s.xid, s.seq;

-- name: merge_contacts
insert into contacts as c (subject, corp, guide, added_at, added_key, add_way, state, told_at, told_key, ended_at, ended_key, ended_by, tags,
    tagged_at, tagged_key)
select subject, corp, guide, added_at, added_key, add_way, state, told_at, told_key, ended_at, ended_key, ended_by,
    coalesce((select array_agg(t) from json_array_elements_text(tags) t), '{}'), tagged_at, tagged_key
from json_to_recordset(%(rows)s::json) as r(
    subject bigint, corp text, guide text, added_at timestamptz, added_key uuid, add_way int, state text, told_at timestamptz, told_key uuid,
    ended_at timestamptz, ended_key uuid, ended_by text, tags json, tagged_at timestamptz, tagged_key uuid
)
on conflict (subject, corp, guide) do update set
    (added_at, added_key) = (
        select case when newer then excluded.added_at else c.added_at end, case when newer then excluded.added_key else c.added_key end
        from (select excluded.added_at is not null
            and (c.added_at is null or (excluded.added_at, excluded.added_key) > (c.added_at, c.added_key)) as newer) x),
    (told_at, told_key, add_way, state) = (  -- of two of one moment the one that knows the way: callbacks do not
        select case when newer then excluded.told_at else c.told_at end, case when newer then excluded.told_key else c.told_key end,
            case when newer then excluded.add_way else c.add_way end, case when newer then excluded.state else c.state end
        from (select excluded.told_at is not null and (c.told_at is null
            or (excluded.told_at, excluded.add_way is not null, excluded.told_key) > (c.told_at, c.add_way is not null, c.told_key)) as newer) x),
    (ended_at, ended_key, ended_by) = (
        select case when newer then excluded.ended_at else c.ended_at end, case when newer then excluded.ended_key else c.ended_key end,
            case when newer then excluded.ended_by else c.ended_by end
        from (select excluded.ended_at is not null
            and (c.ended_at is null or (excluded.ended_at, excluded.ended_key) > (c.ended_at, c.ended_key)) as newer) x),
    (tags, tagged_at, tagged_key) = (
        select case when newer then excluded.tags else c.tags end, case when newer then excluded.tagged_at else c.tagged_at end,
            case when newer then excluded.tagged_key else c.tagged_key end
        from (select excluded.tagged_at is not null
            and (c.tagged_at is null or (excluded.tagged_at, excluded.tagged_key) > (c.tagged_at, c.tagged_key)) as newer) x);

-- name: merge_members
insert into group_members as m (subject, corp, chat_id, joined_at, joined_key, join_scene, inviter, state, left_at, left_key)
select * from json_to_recordset(%(rows)s::json) as r(
    subject bigint, corp text, chat_id text, joined_at timestamptz, joined_key uuid, join_scene int, inviter text, state text,
    left_at timestamptz, left_key uuid
)
on conflict (subject, corp, chat_id) do update set
    (joined_at, joined_key, join_scene, inviter, state) = (
        select case when newer then excluded.joined_at else m.joined_at end, case when newer then excluded.joined_key else m.joined_key end,
            case when newer then excluded.join_scene else m.join_scene end, case when newer then excluded.inviter else m.inviter end,
            case when newer then excluded.state else m.state end
        from (select excluded.joined_at is not null
            and (m.joined_at is null or (excluded.joined_at, excluded.joined_key) > (m.joined_at, m.joined_key)) as newer) x),
    (left_at, left_key) = (
        select case when newer then excluded.left_at else m.left_at end, case when newer then excluded.left_key else m.left_key end
        from (select excluded.left_at is not null
            and (m.left_at is null or (excluded.left_at, excluded.left_key) > (m.left_at, m.left_key)) as newer) x);

-- name: keep_guides
insert into guides (corp, guide, name, store, position, may_serve, left_at, kept_at)
select r.*, %(now)s from json_to_recordset(%(rows)s::json) as r(
    corp text, guide text, name text, store text, position text, may_serve boolean, left_at timestamptz
)
on conflict (corp, guide) do update set name = excluded.name, store = excluded.store, position = excluded.position,
    may_serve = excluded.may_serve, left_at = excluded.left_at, kept_at = excluded.kept_at;

-- name: guides_gone
update guides set left_at = %(now)s, kept_at = %(now)s
where corp = %(corp)s and left_at is null and not guide = any(%(guides)s) returning guide;

-- name: keep_groups
insert into chat_groups (corp, chat_id, name, owner, made_at, dismissed_at, kept_at)
select r.*, %(now)s from json_to_recordset(%(rows)s::json) as r(
    corp text, chat_id text, name text, owner text, made_at timestamptz, dismissed_at timestamptz
)
on conflict (corp, chat_id) do update set name = excluded.name, owner = excluded.owner,
    made_at = coalesce(excluded.made_at, chat_groups.made_at), dismissed_at = excluded.dismissed_at, kept_at = excluded.kept_at;

-- The brand's own words about a tag (owner, meaning, how long) are not the vendor's to change.
-- name: keep_tags
insert into corp_tags (corp, tag_id, name, group_id, group_name, position, deleted_at, kept_at)
select r.*, %(now)s from json_to_recordset(%(rows)s::json) as r(
    corp text, tag_id text, name text, group_id text, group_name text, position bigint, deleted_at timestamptz
)
on conflict (corp, tag_id) do update set name = excluded.name, group_id = excluded.group_id, group_name = excluded.group_name,
    position = excluded.position, deleted_at = excluded.deleted_at, kept_at = excluded.kept_at;

-- name: tags_gone
update corp_tags set deleted_at = %(now)s, kept_at = %(now)s
where corp = %(corp)s and deleted_at is null and not tag_id = any(%(tags)s) returning tag_id;

-- name: guides
select corp, guide, name, store, position, may_serve, left_at from guides
where (%(corp)s::text is null or corp = %(corp)s) and (not %(only_active)s or left_at is null) order by corp, store, guide;

-- name: groups
select corp, chat_id, name, owner, made_at, dismissed_at from chat_groups
where %(corp)s::text is null or corp = %(corp)s order by made_at nulls first, chat_id;

-- name: tags
select corp, tag_id, name, group_id, group_name, position, deleted_at, owner, meaning, lasts_for from corp_tags
where (%(corp)s::text is null or corp = %(corp)s) and (not %(only_live)s or deleted_at is null) order by corp, group_name, position, tag_id;

-- name: contacts_of
select i.person_id, c.corp, c.guide, c.subject, c.added_at, c.add_way, c.state, c.ended_at, c.ended_by, c.tags, c.is_active
from identifiers i join contacts c on c.subject = i.identifier_id
where i.person_id = any(%(people)s) and (c.is_active or not %(only_active)s)
order by i.person_id, c.added_at desc nulls last, c.guide;

-- Whose customer somebody is: the guide still with the brand who has known them longest without a break (first come, first served).
-- name: guide_of
select distinct on (i.person_id) i.person_id, c.corp, c.guide, c.subject, c.added_at, c.add_way, c.state, c.ended_at, c.ended_by, c.tags, c.is_active
from identifiers i join contacts c on c.subject = i.identifier_id and c.is_active
left join guides g on g.corp = c.corp and g.guide = c.guide
where i.person_id = any(%(people)s) and g.left_at is null and coalesce(g.may_serve, true)
order by i.person_id, c.added_at, c.guide;

-- name: groups_of
select i.person_id, m.corp, m.chat_id, m.subject, m.joined_at, m.join_scene, m.inviter, m.state, m.left_at, m.is_in
from identifiers i join group_members m on m.subject = i.identifier_id
where i.person_id = any(%(people)s) and (m.is_in or not %(only_in)s) order by i.person_id, m.joined_at desc nulls last, m.chat_id;
