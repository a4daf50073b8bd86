-- name: make
insert into moment_tasks (account_id, content_id, content_version, guides, state, made_by, created_at, next_at)
values (%(account_id)s, %(content_id)s, %(content_version)s, %(guides)s, 'planned', %(by)s, %(now)s, %(now)s) returning moment_task_id;

-- name: newest
select t.moment_task_id, t.account_id, t.content_id, t.content_version, coalesce(c.name, '') as content_name, t.guides, t.state, t.jobid,
       t.moment_id, t.code, t.why, t.tries, t.made_by, t.created_at, t.made_at, coalesce(g.published, 0)::int as published,
       coalesce(g.likes, 0)::int as likes, coalesce(g.comments, 0)::int as comments
from moment_tasks t
left join contents c on c.content_id = t.content_id
left join lateral (
    select count(*) filter (where is_published) as published, sum(likes) as likes, sum(comments) as comments
    from moment_guides g where g.moment_task_id = t.moment_task_id
) g on true
where %(task_id)s::bigint is null or t.moment_task_id = %(task_id)s
order by t.moment_task_id desc limit %(limit)s;

-- name: guides_of
select g.guide, coalesce(nullif(k.name, ''), g.guide) as name, coalesce(k.store, '') as store, g.is_published, g.likes, g.comments
from moment_guides g
join moment_tasks t using (moment_task_id)
left join vendor_accounts a on a.account_id = t.account_id
left join guides k on k.corp = a.app_id and k.guide = g.guide
where g.moment_task_id = %(task_id)s order by g.is_published, k.store, g.guide;

-- Calls that nobody heard the answer of: WeCom takes no key and is not asked again; a person looks.
-- name: lost
update moment_tasks set state = 'unknown', code = 'crashed', ended_at = %(now)s where state = 'calling' and call_until < statement_timestamp();

-- name: due
select moment_task_id, state from moment_tasks where state in ('planned', 'making', 'made') and next_at <= %(now)s order by next_at limit %(limit)s;

-- name: begin_call
update moment_tasks set state = 'calling', called_at = %(now)s, call_until = clock_timestamp() + interval '5 minutes', tries = tries + 1
where moment_task_id = %(task_id)s and state = 'planned' returning moment_task_id;

-- name: moves
update moment_tasks set state = %(state)s, code = %(code)s, why = %(why)s, next_at = %(next_at)s,
    jobid = case when %(jobid)s = '' then jobid else %(jobid)s end,
    moment_id = case when %(moment_id)s = '' then moment_id else %(moment_id)s end,
    made_at = case when %(state)s = 'made' then coalesce(made_at, %(now)s) else made_at end,
    cancelled_at = case when %(state)s = 'cancelled' then %(now)s else cancelled_at end,
    ended_at = case when %(state)s in ('ended', 'failed', 'unknown', 'cancelled') then %(now)s else ended_at end
where moment_task_id = %(task_id)s and state = any(%(from_states)s::text[]) returning moment_task_id;

-- name: keep_guides
insert into moment_guides (moment_task_id, guide, is_published, likes, comments, seen_at)
select %(task_id)s, g.guide, g.is_published, g.likes, g.comments, %(now)s
from unnest(%(guides)s::text[], %(published)s::boolean[], %(likes)s::int[], %(comments)s::int[]) as g(guide, is_published, likes, comments)
on conflict (moment_task_id, guide) do update set is_published = excluded.is_published, likes = excluded.likes, comments = excluded.comments,
    seen_at = excluded.seen_at;
