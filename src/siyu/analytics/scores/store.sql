-- Every purchase day of everybody, as a binary stream of fixed width: what `lake.purchases` says, for when there is no lake.
-- name: read_purchases
copy (
    select i.person_id, ((o.paid_at at time zone %(tz)s)::date - date '1970-01-01')::int4,
        greatest(sum(o.paid_minor - o.refunded_minor), 0)::int8, count(*)::int4
    from orders o join identifiers i on i.identifier_id = o.subject
    where o.paid_minor > 0 and o.paid_at <= %(as_of)s and o.currency = %(currency)s
    group by 1, 2
) to stdout (format binary);

-- name: count_elsewhere
select count(*) from orders where paid_minor > 0 and paid_at <= %(as_of)s and currency <> %(currency)s;

-- name: begin_run
insert into score_runs (as_of, state, asked_by, currency, assumed, began_at)
values (%(as_of)s, 'running', %(by)s, %(currency)s, %(assumed)s, %(as_of)s)
on conflict do nothing
returning run_id;

-- name: drop_skipped
delete from score_runs where state = 'skipped';

-- name: running_run
select run_id from score_runs where state = 'running';

-- name: note_job
update score_runs set job_id = %(job_id)s where run_id = %(run_id)s;

-- name: note_fit
update score_runs set observed_on = %(observed_on)s, customers_n = %(customers_n)s, orders_n = %(orders_n)s, elsewhere_n = %(elsewhere_n)s,
    model = %(model)s, runner_up = %(runner_up)s, chosen_by = %(chosen_by)s, fits = %(fits)s, backtest = %(backtest)s,
    deciles = %(deciles)s, figures = %(figures)s, pool_minor = %(pool_minor)s, low_minor = %(low_minor)s, high_minor = %(high_minor)s
where run_id = %(run_id)s and state = 'running';

-- name: take_run
select written_to from score_runs where run_id = %(run_id)s and state = 'running' for update;

-- name: note_written
update score_runs set written_to = %(written_to)s, seen_n = seen_n + %(seen)s, written_n = written_n + %(written)s where run_id = %(run_id)s;

-- name: end_run
update score_runs set state = %(state)s, why = %(why)s, ended_at = %(at)s, customers_n = greatest(customers_n, %(customers_n)s)
where run_id = %(run_id)s;

-- name: see_run
select run_id, as_of, observed_on, state, why, asked_by, job_id, currency, customers_n, orders_n, elsewhere_n, model, runner_up, chosen_by,
    fits, backtest, deciles, figures, assumed, pool_minor, low_minor, high_minor, written_to, seen_n, written_n, began_at, ended_at
from score_runs where run_id = %(run_id)s;

-- name: newest_run
select run_id from score_runs where state = any(%(states)s) order by run_id desc limit 1;  -- a clock may be set back

-- name: pool_points
select run_id, as_of, observed_on, model, currency, customers_n, pool_minor, low_minor, high_minor, written_n
from (
    select * from score_runs where state = 'done' and pool_minor is not null order by run_id desc limit %(limit)s
) r
order by run_id;

-- name: has_run_since
select exists (
    select from score_runs
    where as_of between %(since)s and %(now)s and (state <> 'skipped' or as_of > %(now)s::timestamptz - %(skipped_for)s::interval)
) as has_run;

-- The scores that stand, of a stretch of people: the newest of each name among the identifiers of today.
-- name: standing_scores
select distinct on (i.person_id, s.name) i.person_id, s.name, s.value::float8, s.as_of
from identifiers i join scores s on s.subject = i.identifier_id
where i.person_id between %(first)s and %(last)s and s.name = any(%(names)s)
order by i.person_id, s.name, s.as_of desc, s.fact_key desc;

-- name: try_alone
select pg_try_advisory_lock(7380, 1);
