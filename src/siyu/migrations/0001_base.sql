-- The ground's own tables.

create table settings (
    name text primary key,
    value jsonb not null,
    changed_at timestamptz not null
);

-- One row a reader of a log; see base/cursor.py for why a place is (xid, seq).
create table cursors (
    reader text primary key,
    xid xid8 not null default '0',
    seq bigint not null default 0,
    moved_at timestamptz not null default now()
);

-- Rows that failed too often: put aside and shown, so that they block nobody.
create table parked (
    parked_id bigint generated always as identity primary key,
    room text not null,
    what text not null,
    ref text not null,
    why text not null,
    parked_at timestamptz not null default now(),
    released_at timestamptz,
    unique (room, what, ref)
);

-- Long work that people wait for: every wait has a progress.
create table jobs (
    job_id bigint generated always as identity primary key,
    kind text not null,
    title text not null,
    state text not null default 'running' check (state in ('waiting', 'running', 'done', 'failed', 'cancelled')),
    done bigint not null default 0,
    total bigint,
    detail jsonb not null default '{}',
    why text not null default '',
    started_at timestamptz not null default now(),
    beat_at timestamptz not null default now(),
    ended_at timestamptz
);
