-- WHAT, WHEN: broadcasts.
create table broadcasts (
    broadcast_id bigint generated always as identity primary key,
    name text not null,
    segment_id bigint,
    rule jsonb not null,                   -- the rule as it stood when the broadcast was made
    channel text not null,
    content_id bigint not null,
    purpose text not null default 'marketing',
    topic text not null default '',
    priority smallint not null default 50,
    holdout_share numeric(5,4) not null check (holdout_share >= 0 and holdout_share < 1),
    salt text not null,
    state text not null default 'draft'
        check (state in ('draft', 'scheduled', 'enrolling', 'running', 'paused', 'done', 'cancelled')),
    start_at timestamptz,
    expire_for interval not null default '3 days',
    measure_for interval not null default '14 days',
    rate_per_minute int,                   -- null = as fast as the channel allows
    started_at timestamptz,
    ended_at timestamptz,
    created_by text not null default '',
    created_at timestamptz not null
);
create table broadcast_members (
    broadcast_id bigint not null references broadcasts,
    person_id bigint not null,
    arm text not null check (arm in ('treated', 'control')),
    stratum text not null default '',
    before_minor bigint not null default 0,    -- spend before the start: the covariate of CUPED
    before_n int not null default 0,
    entered_at timestamptz not null,
    primary key (broadcast_id, person_id)
);
