-- Held by the session: it goes with the connection, and the connection with the process.
-- name: try_alone
select pg_try_advisory_lock(%(space)s::int, %(account_id)s::int);
