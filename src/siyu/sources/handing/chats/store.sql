-- Chats whose owner left, by who left and then the biggest; with who takes over where that is under way.
-- name: waiting
select c.corp, c.chat_id, c.name, (select count(*) from group_members m where m.corp = c.corp and m.chat_id = c.chat_id and m.is_in),
    c.owner, coalesce(nullif(g.name, ''), c.owner), g.store, g.left_at, coalesce(h.to_guide, '')
from chat_groups c
join guides g on g.corp = c.corp and g.guide = c.owner and g.left_at is not null
left join chat_handings h on h.corp = c.corp and h.chat_id = c.chat_id and h.state in ('asked', 'calling', 'waiting')
where c.dismissed_at is null
order by g.left_at, c.corp, c.owner, 4 desc, c.chat_id;

-- Who might own chats: the guides on duty, with how many they own or get, and how many customers of who left came to them.
-- name: heirs
select g.guide, g.store, (select count(*) from chat_groups c where c.corp = g.corp and c.owner = g.guide and c.dismissed_at is null)
    + (select count(*) from chat_handings h where h.corp = g.corp and h.to_guide = g.guide and h.state in ('asked', 'calling', 'waiting'))
from guides g where g.corp = %(corp)s and g.left_at is null and g.may_serve;

-- name: customers_taken
select h.from_guide, h.to_guide, count(*) from handings h
where h.corp = %(corp)s and h.from_guide = any(%(guides)s::text[]) and h.is_resigned and h.state in ('asked', 'calling', 'waiting', 'done')
group by h.from_guide, h.to_guide;

-- name: chats_of
select chat_id from chat_groups where corp = %(corp)s and owner = %(guide)s and dismissed_at is null order by made_at nulls first, chat_id;

-- name: standing
select w.chat_id, c.owner, c.dismissed_at is not null,
    (select coalesce(h.begun_at, h.asked_at) from chat_handings h
        where h.corp = %(corp)s and h.chat_id = w.chat_id and h.state in ('asked', 'calling', 'waiting')),
    array(select h.begun_at from chat_handings h where h.corp = %(corp)s and h.chat_id = w.chat_id
        and h.state = 'done' and not h.is_resigned and h.begun_at > %(since)s)
from unnest(%(chats)s::text[]) with ordinality as w(chat_id, place)
left join chat_groups c on c.corp = %(corp)s and c.chat_id = w.chat_id
order by w.place;

-- One at a time gives chats to new owners: how many somebody gets in a day is counted.
-- name: alone
select pg_advisory_xact_lock(%(space)s::int, hashtext(%(corp)s));

-- How many chats a guide gets on each of the corp's days, from today on: those the corp was told of, and those that wait for their day.
-- name: days_taken
select greatest((case when state = 'asked' then due_at else begun_at end at time zone %(zone)s)::date, %(today)s::date) as day, count(*)
from chat_handings
where corp = %(corp)s and to_guide = %(guide)s and state <> 'failed' and (state = 'asked' or begun_at >= %(midnight)s)
group by day;

-- name: begin
insert into chat_handings (account_id, corp, chat_id, from_guide, to_guide, is_resigned, code, asked_by, asked_at, due_at)
select %(account_id)s, %(corp)s, n.chat_id, %(from_guide)s, %(to_guide)s, %(is_resigned)s,
    case when n.due_at > %(at)s then 'day_full' else '' end, %(by)s, %(at)s, n.due_at
from unnest(%(chats)s::text[], %(dues)s::timestamptz[]) as n(chat_id, due_at)
on conflict do nothing returning chat_handing_id;

-- name: first_due
select account_id, corp, to_guide, is_resigned from chat_handings
where state = 'asked' and due_at <= %(now)s order by due_at, chat_handing_id limit 1;

-- name: told_today
select count(*) from chat_handings
where corp = %(corp)s and to_guide = %(to_guide)s and state in ('calling', 'waiting', 'done') and begun_at >= %(midnight)s;

-- The day is full for this guide.
-- name: put_off
update chat_handings set due_at = %(until)s, code = 'day_full'
where corp = %(corp)s and to_guide = %(to_guide)s and state = 'asked' and due_at <= %(now)s;

-- The next that go together, to one new owner by one interface. Whoever takes them says so before the corp is asked.
-- name: take
update chat_handings h set state = 'calling', begun_at = %(now)s, due_at = %(until)s
from (
    select chat_handing_id from chat_handings
    where account_id = %(account_id)s and corp = %(corp)s and to_guide = %(to_guide)s and is_resigned = %(is_resigned)s and state = 'asked'
        and due_at <= %(now)s
    order by due_at, chat_handing_id limit %(limit)s
) t where h.chat_handing_id = t.chat_handing_id
returning h.chat_handing_id, h.account_id, h.corp, h.chat_id, h.from_guide, h.to_guide, h.is_resigned, h.state, h.code, h.asked_by, h.asked_at,
    h.begun_at, h.ended_at, h.due_at, h.tries;

-- What is under way and to be looked at now.
-- name: open
select chat_handing_id, account_id, corp, chat_id, from_guide, to_guide, is_resigned, state, code, asked_by, asked_at, begun_at, ended_at,
    due_at, tries
from chat_handings where state in ('calling', 'waiting') and due_at <= %(now)s order by account_id, due_at, chat_handing_id limit %(limit)s;

-- Only what still stands as it was read: two who look at once write once.
-- name: settle
update chat_handings h set state = w.state, code = w.code, due_at = w.due_at, ended_at = w.ended_at, is_resigned = w.is_resigned,
    tries = h.tries + w.tries
from json_to_recordset(%(rows)s::json) as w(
    chat_handing_id bigint, was text, state text, code text, due_at timestamptz, ended_at timestamptz, is_resigned boolean, tries int
)
where h.chat_handing_id = w.chat_handing_id and h.state = w.was
returning h.chat_handing_id;

-- name: handings
select h.chat_handing_id, h.account_id, h.corp, h.chat_id, h.from_guide, h.to_guide, h.is_resigned, h.state, h.code, h.asked_by, h.asked_at,
    h.begun_at, h.ended_at, h.due_at, h.tries
from chat_handings h where (%(corp)s::text is null or h.corp = %(corp)s) and (%(state)s::text is null or h.state = %(state)s)
order by h.chat_handing_id desc limit %(limit)s;

-- name: counts
select state, count(*) from chat_handings where (%(corp)s::text is null or corp = %(corp)s)
    and (ended_at is null or %(since)s::timestamptz is null or ended_at > %(since)s)
group by state;
