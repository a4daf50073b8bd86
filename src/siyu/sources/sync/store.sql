-- name: begin_run
insert into sync_runs (account_id, kind, started_at, job_id) values (%(account_id)s, %(kind)s, %(at)s, %(job_id)s)
on conflict (account_id) where state = 'running' do nothing returning run_id;

-- name: add_parts
insert into sync_places (run_id, part_no, kind, ref)
select %(run_id)s, coalesce((select max(part_no) from sync_places where run_id = %(run_id)s), 0) + p.n, p.kind, p.ref
from unnest(%(kinds)s::text[], %(refs)s::jsonb[]) with ordinality as p(kind, ref, n);

-- name: runs
select r.run_id, r.account_id, r.kind, r.state, r.started_at, r.ended_at, r.tries, r.error, r.interface, r.job_id, r.done_n, r.total_n,
    r.facts_n, r.calls_n, r.asking_ms, r.differences_n, count(p.part_no)::int as parts_n, count(p.done_at)::int as parts_done_n,
    coalesce(sum(jsonb_array_length(p.skipped)), 0)::int as skipped_n
from sync_runs r left join sync_places p using (run_id)
where (%(account_id)s::bigint is null or r.account_id = %(account_id)s) and (%(run_id)s::bigint is null or r.run_id = %(run_id)s)
group by r.run_id order by r.run_id desc limit %(limit)s;

-- name: due_runs
select run_id, account_id from sync_runs where state = 'running' and due_at <= statement_timestamp() order by run_id;

-- name: next_part
select run_id, part_no, kind, ref from sync_places where run_id = %(run_id)s and done_at is null order by part_no limit 1;

-- name: end_part
update sync_places set done_at = %(at)s, skipped = skipped || %(skipped)s where run_id = %(run_id)s and part_no = %(part_no)s;

-- name: count_up
update sync_runs set done_n = done_n + %(done)s, facts_n = facts_n + %(facts)s, calls_n = calls_n + %(calls)s,
    asking_ms = asking_ms + %(ms)s, differences_n = differences_n + %(differences)s,
    tries = case when %(is_well)s then 0 else tries end, error = case when %(is_well)s then '' else error end,
    interface = case when %(is_well)s then '' else interface end
where run_id = %(run_id)s;

-- name: keep_total
update sync_runs set total_n = coalesce(total_n, 0) + %(more)s where run_id = %(run_id)s;

-- name: put_off_run
update sync_runs set tries = tries + 1, error = %(error)s, interface = %(interface)s, due_at = clock_timestamp() + %(wait)s
where run_id = %(run_id)s returning tries;

-- name: end_run
update sync_runs set state = %(state)s, ended_at = %(at)s, error = %(error)s where run_id = %(run_id)s and state = 'running'
returning job_id;

-- The last run that stands for its day: a first one that ended well, or any nightly one.
-- name: last_begun
select max(started_at) from sync_runs where account_id = %(account_id)s and (kind = 'nightly' or state in ('done', 'running'));

-- name: known_contacts
with who as materialized (  -- in this order whatever the planner thinks of tables that were empty when a first sync began
    select i.identifier_id, i.value from identifiers i
    where i.kind = 'external_userid' and i.scope = %(corp)s and i.lookup = any(%(lookups)s::bytea[]) and i.value is not null
)
select c.guide, w.value, c.added_at, c.ended_at, coalesce(c.ended_by, ''), c.is_active, c.tags, c.state
from who w cross join lateral (select * from contacts c where c.subject = w.identifier_id and c.corp = %(corp)s offset 0) c;

-- name: known_actives
select c.guide, i.value, c.added_at from contacts c join identifiers i on i.identifier_id = c.subject
where c.corp = %(corp)s and c.guide = any(%(guides)s) and c.is_active and i.value is not null;

-- name: seen_digests
select guide, external_userid, digest from sync_seen
where corp = %(corp)s and (guide, external_userid) in (select * from unnest(%(guides)s::text[], %(external_userids)s::text[]));

-- name: keep_seen
insert into sync_seen (corp, guide, external_userid, digest, seen_at)
select %(corp)s, s.guide, s.external_userid, s.digest, %(at)s
from unnest(%(guides)s::text[], %(external_userids)s::text[], %(digests)s::bytea[]) as s(guide, external_userid, digest)
order by s.guide, s.external_userid
on conflict (corp, guide, external_userid) do update set digest = excluded.digest, seen_at = excluded.seen_at;

-- name: recorded_keys
select key from fact_keys where key = any(%(keys)s::uuid[]);

-- name: known_members
select i.value, m.joined_at, m.left_at, m.is_in from group_members m join identifiers i on i.identifier_id = m.subject
where m.corp = %(corp)s and m.chat_id = %(chat_id)s and i.value is not null;

-- name: keep_differences
insert into sync_differences (run_id, account_id, kind, ref, here, there, fact_id, since_at, found_at, times)
select %(run_id)s, %(account_id)s, d.kind, d.ref, d.here, d.there, d.fact_id, d.since_at, %(at)s,
    1 + coalesce((select p.times from sync_differences p where p.kind = d.kind and p.ref = d.ref and p.run_id = (
        select max(run_id) from sync_runs where account_id = %(account_id)s and state = 'done' and kind = 'nightly')), 0)
from unnest(%(kinds)s::text[], %(refs)s::text[], %(heres)s::jsonb[], %(theres)s::jsonb[], %(fact_ids)s::text[], %(sinces)s::timestamptz[])
    as d(kind, ref, here, there, fact_id, since_at)
on conflict (run_id, kind, ref) do nothing;

-- name: differences
select difference_id, run_id, account_id, kind, ref, here, there, fact_id, since_at, found_at, times from sync_differences
where (%(account_id)s::bigint is null or account_id = %(account_id)s) and (%(run_id)s::bigint is null or run_id = %(run_id)s)
    and (%(before)s::bigint is null or difference_id < %(before)s) and times >= %(least_times)s
order by difference_id desc limit %(limit)s;

-- name: counted
select kind, count(*), min(since_at), max(since_at) from sync_differences where run_id = %(run_id)s group by kind order by kind;

-- name: stubborn
select d.account_id, d.kind, count(*), max(d.times) from sync_differences d
where d.times >= 2 and d.run_id in (select max(run_id) from sync_runs where state = 'done' and kind = 'nightly' group by account_id)
group by d.account_id, d.kind order by d.account_id, d.kind;

-- name: keep_ways
insert into sync_ways (account_id, config_id, kind, scene, state, remark, guides, seen_at)
select %(account_id)s, w.config_id, w.kind, w.scene, w.state, w.remark, array(select jsonb_array_elements_text(w.guides)), %(at)s
from unnest(%(config_ids)s::text[], %(kinds)s::int[], %(scenes)s::int[], %(states)s::text[], %(remarks)s::text[], %(guides)s::jsonb[])
    as w(config_id, kind, scene, state, remark, guides)
on conflict (account_id, config_id) do update set kind = excluded.kind, scene = excluded.scene, state = excluded.state,
    remark = excluded.remark, guides = excluded.guides, seen_at = excluded.seen_at, gone_at = null;

-- name: ways_gone
update sync_ways set gone_at = %(at)s where account_id = %(account_id)s and gone_at is null and not config_id = any(%(config_ids)s);

-- name: ways
select account_id, config_id, kind, scene, state, remark, guides, gone_at from sync_ways
where %(account_id)s::bigint is null or account_id = %(account_id)s order by account_id, config_id;

-- Who follows an official account, as the facts have it: the newest of following and unfollowing. A follower whom no list told yet counts.
-- name: known_followers
select i.value, f.seen_types->'account.followed'->>1, f.seen_types->'account.unfollowed'->>1
from identifiers i join folds f on f.subject = i.identifier_id
where i.kind = 'openid' and i.scope = %(appid)s and i.value is not null
    and f.seen_types ?| array['account.followed', 'account.unfollowed'];

-- name: known_followers_of
select i.value, f.seen_types->'account.followed'->>1, f.seen_types->'account.unfollowed'->>1
from identifiers i join folds f on f.subject = i.identifier_id
where i.kind = 'openid' and i.scope = %(appid)s and i.lookup = any(%(lookups)s::bytea[]) and i.value is not null;
