-- Live checks as work with progress, and by which set of keys callbacks were let in.

-- The newest check of each account that somebody asked for; what it finds stands in vendor_checks, thing by thing as it comes.
create table vendor_check_runs (
    account_id bigint primary key references vendor_accounts on delete cascade,
    job_id bigint not null,                  -- of jobs
    state text not null check (state in ('waiting', 'running', 'done', 'failed')),
    asked_at timestamptz not null,
    names text[] not null default '{}',      -- what is asked, in order; known once it has begun
    done_n int not null default 0,
    lease_until timestamptz,                 -- by the database's clock; who asks then begins again, which harms nobody
    ended_at timestamptz,
    why text not null default ''
);

-- Deliveries by hour and set of keys, so that whoever rotates knows when the old set can go.
-- room: sources
create table callback_keys (
    account_id bigint not null,
    keys text not null,                      -- a mark of the set: a keyed hash, from which nobody gets the keys
    hour timestamptz not null,
    deliveries_n bigint not null,
    last_at timestamptz not null,
    primary key (account_id, keys, hour)
);
