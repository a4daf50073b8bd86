-- Identity: links are kept, the part of the graph that a change touches is loaded, and what was decided about it is written.

-- name: note_links
insert into links as l (a, b, strength, source_id, import_id, fact_key, seen_at)
select r.a, r.b, case when ia.kind = any(%(weak)s) or ib.kind = any(%(weak)s) then 'weak' else 'strong' end,
    r.source_id, r.import_id, r.fact_key, r.seen_at
from json_to_recordset(%(rows)s::json) as r(a bigint, b bigint, source_id int, import_id bigint, fact_key uuid, seen_at timestamptz)
join identifiers ia on ia.identifier_id = r.a
join identifiers ib on ib.identifier_id = r.b
on conflict (a, b, source_id, import_id) do update set seen_at = excluded.seen_at, fact_key = excluded.fact_key
where (excluded.seen_at, excluded.fact_key) < (l.seen_at, l.fact_key)
returning a, b;

-- Identifiers whose flag is not what their number of partners says. A strong one counts its strong partners (somebody may well have had
-- hundreds of browsers), a weak one all. One that is flagged is looked at again only where links were taken away.
-- name: judge_shared
with degrees as (
    select i.identifier_id,
        case when i.kind = any(%(weak)s) then d.n > %(limit)s else d.strong_n > %(limit)s or d.n > 25 * %(limit)s end as is_shared
    from identifiers i
    cross join lateral (
        select count(*) as n, count(*) filter (where is_strong) as strong_n from (
            select other, bool_or(is_strong) as is_strong from (
                select b as other, strength = 'strong' as is_strong from links where a = i.identifier_id
                union all select a, strength = 'strong' from links where b = i.identifier_id
            ) x group by other
        ) y
    ) d
    where i.identifier_id = any(%(ids)s) and (%(may_fall)s or not i.is_shared)
)
update identifiers i set is_shared = d.is_shared from degrees d
where i.identifier_id = d.identifier_id and i.is_shared <> d.is_shared
returning i.identifier_id;

-- name: partners
select b from links where a = any(%(ids)s) union select a from links where b = any(%(ids)s);

-- name: reach
with recursive reach(id, is_shared) as (
    select identifier_id, is_shared from identifiers where identifier_id = any(%(ids)s)
    union
    select i.identifier_id, i.is_shared
    from reach r
    cross join lateral (
        select b as other from links where a = r.id and not r.is_shared
        union all select a from links where b = r.id and not r.is_shared
        union all select b from identity_decisions where a = r.id and revoked_at is null
        union all select a from identity_decisions where b = r.id and revoked_at is null
    ) x
    join identifiers i on i.identifier_id = x.other
)
select i.identifier_id, i.kind, i.scope, i.person_id, i.lookup, i.is_shared from reach r join identifiers i on i.identifier_id = r.id;

-- name: links_among
select a, b, min(seen_at) from links where a = any(%(ids)s) and b = any(%(ids)s) group by a, b;

-- name: decisions_among
select decision_id, kind, a, b from identity_decisions where a = any(%(ids)s) and b = any(%(ids)s) and revoked_at is null;

-- name: move_identifiers
update identifiers i set person_id = w.person_id
from unnest(%(ids)s::bigint[], %(people)s::bigint[]) as w(id, person_id) where i.identifier_id = w.id;

-- name: with_profiles
select person_id from profiles where person_id = any(%(people)s);

-- name: drop_conflicts
delete from identity_conflicts c where c.a = any(%(ids)s) and c.b = any(%(ids)s) and not exists (
    select from unnest(%(a)s::bigint[], %(b)s::bigint[]) as w(a, b) where w.a = c.a and w.b = c.b
);

-- name: note_conflicts
insert into identity_conflicts as c (a, b, kind, left_person, right_person, noticed_at)
select a, b, kind, l, r, %(at)s
from unnest(%(a)s::bigint[], %(b)s::bigint[], %(kinds)s::text[], %(left)s::bigint[], %(right)s::bigint[]) as w(a, b, kind, l, r)
on conflict (a, b) do update set kind = excluded.kind, left_person = excluded.left_person, right_person = excluded.right_person
where (c.kind, c.left_person, c.right_person) is distinct from (excluded.kind, excluded.left_person, excluded.right_person)
returning a, b, (old.a is null);

-- name: log_identity
insert into identity_log (what, person_id, other_id, a, b, reason, logged_at)
select what, person_id, other_id, a, b, reason, %(at)s
from json_to_recordset(%(rows)s::json) as r(what text, person_id bigint, other_id bigint, a bigint, b bigint, reason jsonb);

-- name: decide
insert into identity_decisions (kind, a, b, decided_by, why, decided_at)
values (%(kind)s, %(a)s, %(b)s, %(by)s, %(why)s, %(at)s) returning decision_id;

-- name: revoke
update identity_decisions set revoked_at = %(at)s where decision_id = %(decision_id)s and revoked_at is null returning a, b, kind;
