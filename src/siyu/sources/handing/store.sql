-- name: keep_waiting
insert into handing_waiting as w (corp, guide, external_userid, left_at, seen_at)
select %(corp)s, n.guide, n.external_userid, n.left_at, %(at)s
from unnest(%(guides)s::text[], %(customers)s::text[], %(left)s::timestamptz[]) as n(guide, external_userid, left_at)
order by n.guide, n.external_userid
on conflict (corp, guide, external_userid) do update set left_at = excluded.left_at, seen_at = excluded.seen_at
returning guide, external_userid, (old.corp is null);

-- name: not_listed
delete from handing_waiting w where w.corp = %(corp)s and not exists (
    select from unnest(%(guides)s::text[], %(customers)s::text[]) as n(guide, external_userid)
    where n.guide = w.guide and n.external_userid = w.external_userid)
returning w.guide, w.external_userid;

-- name: waiting
select w.corp, w.guide, coalesce(g.name, ''), min(w.left_at), count(*), count(h.handing_id)
from handing_waiting w
left join guides g on g.corp = w.corp and g.guide = w.guide
left join handings h on h.corp = w.corp and h.external_userid = w.external_userid and h.state in ('asked', 'calling', 'waiting')
group by w.corp, w.guide, g.name order by min(w.left_at), w.guide;

-- name: waiting_of
select external_userid from handing_waiting where corp = %(corp)s and guide = %(guide)s order by external_userid;

-- name: customers_of
select i.value from contacts c join identifiers i on i.identifier_id = c.subject and i.value is not null
where c.corp = %(corp)s and c.guide = %(guide)s and c.is_active order by c.added_at, c.subject;

-- name: standing
select w.external_userid,
    coalesce(c.is_active, false) or exists (
        select from handing_waiting n where n.corp = %(corp)s and n.guide = %(guide)s and n.external_userid = w.external_userid),
    (select coalesce(h.begun_at, h.asked_at) from handings h
        where h.corp = %(corp)s and h.external_userid = w.external_userid and h.state in ('asked', 'calling', 'waiting')),
    array(select h.begun_at from handings h where h.corp = %(corp)s and h.external_userid = w.external_userid
        and h.state = 'done' and h.begun_at > %(since)s),
    array(select o.ended_at from contacts o where o.subject = i.identifier_id and o.corp = %(corp)s
        and o.ended_by = 'transfer' and o.ended_at > %(since)s)
from unnest(%(customers)s::text[], %(lookups)s::bytea[]) with ordinality as w(external_userid, lookup, place)
left join identifiers i on i.kind = 'external_userid' and i.scope = %(corp)s and i.lookup = w.lookup
left join contacts c on c.subject = i.identifier_id and c.corp = %(corp)s and c.guide = %(guide)s
order by w.place;

-- name: begin
insert into handings (account_id, corp, from_guide, to_guide, external_userid, is_resigned, asked_by, asked_at, due_at)
select %(account_id)s, %(corp)s, %(from_guide)s, %(to_guide)s, w, %(is_resigned)s, %(by)s, %(at)s, %(at)s
from unnest(%(customers)s::text[]) as w
on conflict do nothing returning handing_id;

-- The next that go together: one guide to one guide, up to a hundred. Whoever takes them says so before the corp is asked.
-- name: take
with first as (
    select account_id, from_guide, to_guide, is_resigned from handings
    where state = 'asked' and due_at <= %(now)s order by due_at, handing_id limit 1
), taken as (
    select h.handing_id from handings h join first f using (account_id, from_guide, to_guide, is_resigned)
    where h.state = 'asked' and h.due_at <= %(now)s order by h.handing_id limit %(limit)s for update of h skip locked
)
update handings h set state = 'calling', begun_at = %(now)s, due_at = %(until)s from taken t where h.handing_id = t.handing_id
returning h.handing_id, h.account_id, h.corp, h.from_guide, h.to_guide, h.external_userid, h.is_resigned, h.state, h.code, h.asked_by,
    h.asked_at, h.begun_at, h.ended_at, h.tries;

-- name: due_pairs
select distinct account_id, from_guide, to_guide, is_resigned from handings
where state in ('calling', 'waiting') and due_at <= %(now)s limit %(limit)s;

-- name: open_of
select handing_id, account_id, corp, from_guide, to_guide, external_userid, is_resigned, state, code, asked_by, asked_at, begun_at, ended_at,
    tries
from handings
where account_id = %(account_id)s and from_guide = %(from_guide)s and to_guide = %(to_guide)s and is_resigned = %(is_resigned)s
    and state in ('calling', 'waiting') and due_at <= %(now)s;

-- Only what still stands as it was read: two who look at once write once.
-- name: settle
update handings h set state = w.state, code = w.code, due_at = w.due_at, ended_at = w.ended_at, tries = h.tries + w.tries
from json_to_recordset(%(rows)s::json)
    as w(handing_id bigint, was text, state text, code text, due_at timestamptz, ended_at timestamptz, tries int)
where h.handing_id = w.handing_id and h.state = w.was
returning h.handing_id;

-- name: look_again
update handings set due_at = %(at)s where corp = %(corp)s and state = 'waiting' and due_at > %(at)s;

-- name: under_way
select from_guide, external_userid from handings where corp = %(corp)s and state in ('asked', 'calling', 'waiting');

-- How the old relations stand: the code they came by goes over with them.
-- name: came_by
select i.value, c.state, c.is_active from contacts c join identifiers i on i.identifier_id = c.subject
where c.corp = %(corp)s and c.guide = %(guide)s and i.kind = 'external_userid' and i.scope = %(corp)s and i.lookup = any(%(lookups)s::bytea[])
    and i.value is not null;

-- Failures that a callback has told of already.
-- name: told_failures
select i.value from identifiers i join facts f on f.subject = i.identifier_id
where i.kind = 'external_userid' and i.scope = %(corp)s and i.lookup = any(%(lookups)s::bytea[]) and i.value is not null
    and f.type = 'contact.move_failed' and f.object = %(guide)s and f.occurred_at >= %(since)s;

-- name: handings
select handing_id, account_id, corp, from_guide, to_guide, external_userid, is_resigned, state, code, asked_by, asked_at, begun_at, ended_at,
    tries
from handings where (%(corp)s::text is null or corp = %(corp)s) and (%(state)s::text is null or state = %(state)s)
order by handing_id desc limit %(limit)s;

-- name: counts
select state, count(*) from handings where (%(corp)s::text is null or corp = %(corp)s)
    and (ended_at is null or %(since)s::timestamptz is null or ended_at > %(since)s)
group by state;
