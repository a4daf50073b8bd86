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
