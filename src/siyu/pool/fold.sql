-- The fold: the log is read in order, its sums are merged into what is kept, and the profiles of the people touched are made again.

-- name: lock_pool
select pg_advisory_xact_lock(7310, 2);

-- name: read_facts
select f.key, f.source_id, f.import_id, f.type, f.subject, f.occurred_at, (f.occurred_at at time zone %(tz)s)::date, f.object,
    f.amount_minor, f.currency, case when f.type = any(%(with_data)s) or starts_with(f.type, 'score.') then f.data end, f.others, f.sealed, f.received_at, f.xid::text, f.seq
from facts f
where (f.xid, f.seq) > (%(xid)s::xid8, %(seq)s) and f.xid < pg_snapshot_xmin(pg_current_snapshot())
order by f.xid, f.seq  -- qualified: a bare xid would be the text of the select list, and 999 would come after 1000
limit %(limit)s;

-- name: read_facts_of
select key, source_id, import_id, type, subject, occurred_at, (occurred_at at time zone %(tz)s)::date, object, amount_minor, currency,
    case when type = any(%(with_data)s) or starts_with(type, 'score.') then data end, others, sealed
from facts
where subject = any(%(subjects)s) and (xid, seq) <= (%(xid)s::xid8, %(seq)s);

-- name: read_facts_about
select f.key, f.source_id, f.import_id, f.type, f.subject, f.occurred_at, (f.occurred_at at time zone %(tz)s)::date, f.object,
    f.amount_minor, f.currency, null::jsonb, null::bigint[], null::jsonb
from facts f
join (select distinct * from unnest(%(sources)s::int[], %(numbers)s::text[]) as w(source_id, order_no)) w
    on f.source_id = w.source_id and coalesce(nullif(f.object, ''), f.key::text) = w.order_no
where f.type in ('order.paid', 'order.refunded') and f.subject is not null and (f.xid, f.seq) <= (%(xid)s::xid8, %(seq)s);

-- name: kinds_of
select identifier_id, kind from identifiers where identifier_id = any(%(ids)s);

-- name: read_folds
select subject, facts_n, first_at, last_at, nullif(traits, '{}'), nullif(tags, '{}'), seen_types, bounced from folds where subject = any(%(subjects)s);

-- name: write_folds
insert into folds (subject, facts_n, first_at, last_at, traits, tags, seen_types, bounced)
select * from json_to_recordset(%(rows)s::json) as r(
    subject bigint, facts_n bigint, first_at timestamptz, last_at timestamptz, traits jsonb, tags jsonb, seen_types jsonb, bounced jsonb
)
on conflict (subject) do update set facts_n = excluded.facts_n, first_at = excluded.first_at, last_at = excluded.last_at,
    traits = excluded.traits, tags = excluded.tags, seen_types = excluded.seen_types, bounced = excluded.bounced;

-- name: drop_folds
delete from folds where subject = any(%(subjects)s);

-- name: mark_unreachable
update identifiers i set unreachable_at = (f.bounced->>0)::timestamptz, unreachable_why = f.bounced->>2
from folds f where f.subject = i.identifier_id and i.identifier_id = any(%(ids)s)
    and (i.unreachable_at, i.unreachable_why) is distinct from ((f.bounced->>0)::timestamptz, f.bounced->>2);

-- name: mark_reachable
update identifiers i set unreachable_at = null, unreachable_why = null
where i.identifier_id = any(%(ids)s) and i.unreachable_at is not null
    and not exists (select from folds f where f.subject = i.identifier_id and f.bounced is not null);

-- name: merge_orders
insert into orders as o (source_id, order_no, currency, subject, first_key, touched_at, paid_at, paid_minor, refunded_minor, lines_n)
select * from json_to_recordset(%(rows)s::json) as r(
    source_id int, order_no text, currency text, subject bigint, first_key uuid, touched_at timestamptz, paid_at timestamptz,
    paid_minor bigint, refunded_minor bigint, lines_n int
)
on conflict (source_id, order_no, currency) do update set
    subject = case when (excluded.touched_at, excluded.first_key) < (o.touched_at, o.first_key) then excluded.subject else o.subject end,
    first_key = case when (excluded.touched_at, excluded.first_key) < (o.touched_at, o.first_key) then excluded.first_key else o.first_key end,
    touched_at = least(o.touched_at, excluded.touched_at),
    paid_at = least(o.paid_at, excluded.paid_at),
    paid_minor = o.paid_minor + excluded.paid_minor,
    refunded_minor = o.refunded_minor + excluded.refunded_minor,
    lines_n = o.lines_n + excluded.lines_n
returning old.subject, new.subject;

-- name: drop_orders
delete from orders o using unnest(%(sources)s::int[], %(numbers)s::text[]) as w(source_id, order_no)
where o.source_id = w.source_id and o.order_no = w.order_no
returning o.subject;

-- name: merge_consents
insert into consents as c (subject, channel, purpose, decided_at, fact_key, is_given, evidence)
select * from json_to_recordset(%(rows)s::json) as r(
    subject bigint, channel text, purpose text, decided_at timestamptz, fact_key uuid, is_given boolean, evidence jsonb
)
on conflict (subject, channel, purpose) do update set
    decided_at = excluded.decided_at, fact_key = excluded.fact_key, is_given = excluded.is_given, evidence = excluded.evidence
where (excluded.decided_at, not excluded.is_given, excluded.fact_key) > (c.decided_at, not c.is_given, c.fact_key);

-- name: drop_consents
delete from consents where subject = any(%(subjects)s);

-- name: merge_scores
insert into scores as s (subject, name, as_of, fact_key, value, word, currency)
select * from json_to_recordset(%(rows)s::json) as r(
    subject bigint, name text, as_of timestamptz, fact_key uuid, value numeric, word text, currency text
)
on conflict (subject, name) do update set
    as_of = excluded.as_of, fact_key = excluded.fact_key, value = excluded.value, word = excluded.word, currency = excluded.currency
where (excluded.as_of, excluded.fact_key) > (s.as_of, s.fact_key);

-- name: drop_scores
delete from scores where subject = any(%(subjects)s);

-- name: merge_days
insert into trade_days as d (source_id, on_date, type, is_identified, currency, lines_n, amount_minor)
select * from json_to_recordset(%(rows)s::json) as r(
    source_id int, on_date date, type text, is_identified boolean, currency text, lines_n bigint, amount_minor bigint
)
on conflict (source_id, on_date, type, is_identified, currency) do update set
    lines_n = d.lines_n + excluded.lines_n, amount_minor = d.amount_minor + excluded.amount_minor;

-- name: touch_sources
update sources s set last_fact_at = greatest(s.last_fact_at, w.at), facts_n = facts_n + w.n, identified_n = identified_n + w.known
from unnest(%(ids)s::int[], %(ats)s::timestamptz[], %(ns)s::bigint[], %(knowns)s::bigint[]) as w(id, at, n, known)
where s.source_id = w.id;

-- name: persons_of
select distinct person_id from identifiers where identifier_id = any(%(ids)s);

-- name: drop_profiles
delete from profiles p where p.person_id = any(%(people)s) and not exists (
    select from identifiers i join folds f on f.subject = i.identifier_id where i.person_id = p.person_id
);

-- name: due_profiles
select person_id from profiles where stage_until <= %(now)s order by stage_until limit %(limit)s;

-- name: profiles_after
select person_id from profiles where person_id > %(after)s order by person_id limit %(limit)s;

-- Everything a profile says is made from the folds, orders and identifiers of the person, in one statement for many people. The stage is
-- the same function as pool/stages.py: `o` numbers the orders, `w` measures the gaps between them, `s` finds the moments that matter.
-- name: write_profiles
with people as (
    select distinct unnest(%(people)s::bigint[]) as person_id
), members as materialized (
    select i.person_id, i.identifier_id, i.kind <> all(%(weak)s) as is_strong, f.facts_n, f.first_at, f.last_at,
        case when f.traits <> '{}' then f.traits end as traits, case when f.tags <> '{}' then f.tags end as tags
    from people p join identifiers i using (person_id) left join folds f on f.subject = i.identifier_id
), counts as (
    select person_id, bool_or(is_strong) as is_known, coalesce(sum(facts_n), 0) as facts_n, min(first_at) as first_at,
        max(last_at) as last_at, min(first_at) filter (where is_strong) as known_at
    from members group by person_id having count(first_at) > 0
), wins as (
    select distinct on (m.person_id, t.key) m.person_id, t.key, t.value
    from members m, jsonb_each(m.traits) t
    order by m.person_id, t.key, (t.value->>0) collate "C" desc, (t.value->>1) collate "C" desc
), traits as (
    select person_id,
        coalesce(jsonb_object_agg(key, value->2) filter (where value->2 <> 'null'), '{}') as plain,
        min(value->3->>1) filter (where key = 'name') as name, min(value->3->>1) filter (where key = 'nickname') as nickname,
        min(value->3->>1) filter (where key = 'first_name') as first_name,
        min(value->3->>2) filter (where key = 'name') as name_lookup
    from wins group by person_id
), tag_wins as (
    select distinct on (m.person_id, t.key) m.person_id, t.key, t.value
    from members m, jsonb_each(m.tags) t
    order by m.person_id, t.key, (t.value->>0) collate "C" desc, (t.value->>1) collate "C" desc
), tags as (
    select person_id, array_agg(key order by key collate "C") as tags from tag_wins where value->2 = 'true' group by person_id
), bought as materialized (
    select m.person_id, o.* from members m join orders o on o.subject = m.identifier_id
), money as (
    select person_id, count(*) filter (where lines_n > 0) as orders_n,
        coalesce(sum(paid_minor) filter (where currency = %(currency)s), 0) as paid,
        coalesce(sum(refunded_minor) filter (where currency = %(currency)s), 0) as refunded,
        min(paid_at) as first_at, max(paid_at) as last_at
    from bought group by person_id
), foreign_money as (
    select person_id, jsonb_object_agg(currency, jsonb_build_array(paid, refunded)) as amounts
    from (select person_id, currency, sum(paid_minor) as paid, sum(refunded_minor) as refunded
          from bought where currency <> %(currency)s group by 1, 2) x
    group by person_id
), o as (
    select person_id, paid_at, row_number() over w as n, paid_at - lag(paid_at) over w as gap,
        sum(case when currency = %(currency)s then paid_minor - refunded_minor else 0 end) over w as spent
    from bought where lines_n > 0
    window w as (partition by person_id order by paid_at, source_id, order_no collate "C", currency)
), w as (
    select *, lag(gap) over (partition by person_id order by n) as gap_before, lead(n) over (partition by person_id order by n) is null as is_last
    from o
), s as (
    select person_id, max(paid_at) as last_at, min(paid_at) as first_at, bool_or(is_last and gap >= %(lost_for)s) as is_back,
        min(paid_at) filter (where n >= %(repeat_orders)s) as repeat_at,
        min(paid_at) filter (where n >= %(vip_orders)s or spent >= %(vip_minor)s) as vip_at,
        max(paid_at) filter (where gap >= %(drifting_for)s or gap_before >= %(lost_for)s) as streak_at
    from w group by person_id
), stages as (
    select c.person_id,
        case when s.last_at is null then case when c.is_known then 'lead' else 'visitor' end
            when s.last_at + %(lost_for)s <= %(now)s then 'lost'
            when s.last_at + %(drifting_for)s <= %(now)s then 'drifting'
            when s.is_back then 'won_back'
            when s.vip_at is not null then 'vip'
            when s.repeat_at is not null then 'repeat'
            else 'first' end as stage,
        case when s.last_at is null then case when c.is_known then c.known_at else c.first_at end
            when s.last_at + %(lost_for)s <= %(now)s then s.last_at + %(lost_for)s
            when s.last_at + %(drifting_for)s <= %(now)s then s.last_at + %(drifting_for)s
            when s.is_back then s.last_at
            else greatest(s.streak_at, coalesce(s.vip_at, s.repeat_at, s.first_at)) end as stage_at,
        case when s.last_at + %(drifting_for)s > %(now)s then s.last_at + %(drifting_for)s
            when s.last_at + %(lost_for)s > %(now)s then s.last_at + %(lost_for)s end as stage_until
    from counts c left join s using (person_id)
)
insert into profiles as p (
    person_id, is_known, stage, stage_at, stage_until, name_shown, name_lookup, traits, tags, facts_n, first_seen_at, last_seen_at,
    orders_n, spent_minor, refunded_minor, other_money, first_order_at, last_order_at, folded_at
)
select c.person_id, c.is_known, st.stage, st.stage_at, st.stage_until, coalesce(t.name, t.nickname, t.first_name, ''),
    decode(t.name_lookup, 'base64'), coalesce(t.plain, '{}'), coalesce(g.tags, '{}'), c.facts_n, c.first_at, c.last_at,
    coalesce(m.orders_n, 0), coalesce(m.paid, 0), coalesce(m.refunded, 0), coalesce(f.amounts, '{}'), m.first_at, m.last_at, %(now)s
from counts c
join stages st using (person_id)
left join traits t using (person_id)
left join tags g using (person_id)
left join money m using (person_id)
left join foreign_money f using (person_id)
order by c.person_id
on conflict (person_id) do update set
    is_known = excluded.is_known, stage = excluded.stage, stage_at = excluded.stage_at, stage_until = excluded.stage_until,
    name_shown = excluded.name_shown, name_lookup = excluded.name_lookup, traits = excluded.traits, tags = excluded.tags,
    facts_n = excluded.facts_n, first_seen_at = excluded.first_seen_at, last_seen_at = excluded.last_seen_at,
    orders_n = excluded.orders_n, spent_minor = excluded.spent_minor, refunded_minor = excluded.refunded_minor,
    other_money = excluded.other_money, first_order_at = excluded.first_order_at, last_order_at = excluded.last_order_at,
    folded_at = excluded.folded_at;
