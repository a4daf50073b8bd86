-- name: begin_job
insert into jobs (kind, title, total) values (%(kind)s, %(title)s, %(total)s) returning job_id;

-- name: beat_job
update jobs set done = %(done)s, total = coalesce(%(total)s, total), detail = coalesce(%(detail)s, detail), beat_at = now()
where job_id = %(job_id)s;

-- name: end_job
update jobs set state = %(state)s, why = %(why)s, ended_at = now(), beat_at = now() where job_id = %(job_id)s;

-- name: see_job
select * from jobs where job_id = %(job_id)s;

-- name: recent_jobs
select * from jobs order by (state = 'running') desc, job_id desc limit %(limit)s;

-- One job of a kind at a time: whoever asks second finds the first. The lock makes two askers stand in line.
-- name: line_up
select pg_advisory_xact_lock(hashtextextended('jobs.' || %(kind)s, 0));

-- name: open_job
select * from jobs where kind = %(kind)s and state in ('waiting', 'running') order by job_id limit 1;

-- name: ask_job
insert into jobs (kind, title, state, detail) values (%(kind)s, %(title)s, 'waiting', %(detail)s) returning *;

-- name: ring_jobs
notify siyu;

-- A worker that says nothing for the length of the lease has died: another begins again.
-- name: take_job
update jobs set state = 'running', done = 0, beat_at = now()
where job_id = (
    select job_id from jobs where kind = %(kind)s and (state = 'waiting' or (state = 'running' and beat_at < now() - %(lease_for)s::interval))
    order by job_id limit 1 for update skip locked
)
returning *;

-- name: newest_job
select * from jobs where kind = %(kind)s order by job_id desc limit 1;
