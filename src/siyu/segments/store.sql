-- name: insert_segment
insert into segments (name, about, rule, created_by, created_at, changed_at)
values (%(name)s, %(about)s, %(rule)s, %(by)s, %(at)s, %(at)s)
on conflict (name) where archived_at is null do nothing
returning segment_id;

-- name: update_segment
update segments set name = %(name)s, about = %(about)s, rule = %(rule)s, changed_at = %(at)s,
    counted_n = case when rule = %(rule)s then counted_n end, counted_at = case when rule = %(rule)s then counted_at end
where segment_id = %(segment_id)s and archived_at is null;

-- name: name_taken
select 1 from segments where name = %(name)s and archived_at is null and segment_id <> %(segment_id)s;

-- name: lock_segments
select pg_advisory_xact_lock(7305, 1);

-- name: see_segment
select segment_id, name, about, rule::text, counted_n, counted_at, created_by, created_at, changed_at, archived_at
from segments where segment_id = %(segment_id)s;

-- name: all_segments
select segment_id, name, about, rule::text, counted_n, counted_at, created_by, created_at, changed_at, archived_at
from segments where archived_at is null or %(archived_too)s
order by changed_at desc, segment_id desc;

-- name: rules_of
select segment_id, name, rule::text from segments where segment_id = any(%(ids)s::bigint[]);

-- name: archive_segment
update segments set archived_at = %(at)s where segment_id = %(segment_id)s and archived_at is null;

-- name: note_count
update segments set counted_n = %(n)s, counted_at = %(at)s where segment_id = %(segment_id)s;

-- name: people_n
select count(*) from profiles;

-- name: time_limit
select current_setting('statement_timeout'), set_config('statement_timeout', %(limit)s, true);

-- name: person_of
select person_id from identifiers where identifier_id = %(person_id)s;

-- name: see_profiles
select person_id, stage, stage_at, is_known, facts_n, first_seen_at, last_seen_at, traits::text, tags
from profiles where person_id = any(%(people)s::bigint[]);

-- name: see_members
select person_id, name_shown, stage, orders_n, spent_minor, last_order_at, last_seen_at
from profiles where person_id = any(%(people)s::bigint[]);

-- name: see_identifiers
select person_id, kind, scope, unreachable_at is null and erased_at is null
from identifiers where person_id = any(%(people)s::bigint[]);

-- name: see_contacts
select i.person_id, 'guide', c.guide, c.corp, c.add_way, c.state, c.added_at
from identifiers i join contacts c on c.subject = i.identifier_id and c.is_active where i.person_id = any(%(people)s::bigint[])
union all
select i.person_id, 'chat', m.chat_id, m.corp, m.join_scene, m.state, m.joined_at
from identifiers i join group_members m on m.subject = i.identifier_id and m.is_in where i.person_id = any(%(people)s::bigint[]);

-- name: see_scores
select i.person_id, s.name, s.value, s.word, s.as_of, s.fact_key
from identifiers i join scores s on s.subject = i.identifier_id
where i.person_id = any(%(people)s::bigint[]);

-- name: see_consents
select i.person_id, c.subject, c.channel, c.purpose, c.is_given, c.decided_at, c.fact_key
from identifiers i join consents c on c.subject = i.identifier_id
where i.person_id = any(%(people)s::bigint[]);

-- name: see_orders
select i.person_id, s.name, o.paid_at, o.paid_minor, o.refunded_minor, o.currency
from identifiers i join orders o on o.subject = i.identifier_id join sources s using (source_id)
where i.person_id = any(%(people)s::bigint[]);

-- name: see_facts
select i.person_id, f.key, f.type, f.occurred_at, s.name, f.object, f.amount_minor, f.currency, f.data::text
from identifiers i join facts f on f.subject = i.identifier_id join sources s using (source_id)
where i.person_id = any(%(people)s::bigint[]) and f.type = any(%(types)s::text[]);

-- What the builder proposes. Names of traits and properties come from a sample of rows, so that it stays quick on millions.

-- name: known_tags
select tag from (select unnest(tags) as tag from profiles where tags <> '{}' order by last_seen_at desc nulls last limit 5000) t
group by tag order by count(*) desc, tag limit 200;

-- name: known_traits
select key from (select jsonb_object_keys(traits) as key from (
    select traits from profiles order by last_seen_at desc nulls last limit 2000) p) t
group by key order by count(*) desc, key limit 200;

-- name: known_scores
select name from (select name from scores limit 5000) s group by name order by count(*) desc, name limit 200;

-- name: known_types
with recursive types as (
    (select type from facts order by type limit 1)
    union all
    select (select f.type from facts f where f.type > t.type order by f.type limit 1) from types t where t.type is not null
)
select type from types where type is not null limit 200;

-- name: known_sources
select name from sources where closed_at is null order by name limit 200;
