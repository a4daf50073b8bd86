-- WHAT, WHEN: broadcasts.
create table broadcasts (
    broadcast_id bigint generated always as identity primary key,
    name text not null,
    segment_id bigint,
    rule jsonb not null,                   -- the rule as it stood when the broadcast was made
    channel text not null,
    content_id bigint not null,
    content_version int not null,          -- the version that was approved when the broadcast was set going
    purpose text not null default 'marketing',
    topic text not null,
    priority smallint not null default 50,
    cost_minor int not null default 0,     -- of one message, in the brand's currency
    holdout_share numeric(5,4) not null check (holdout_share >= 0 and holdout_share < 1),
    salt text not null,                    -- of the draw of its holdout
    state text not null default 'draft'
        check (state in ('draft', 'scheduled', 'enrolling', 'running', 'paused', 'done', 'cancelled')),
    start_at timestamptz,                  -- when it is to begin; null until it is set going
    expire_for interval not null default '3 days',
    measure_for interval not null default '14 days',
    look_back_for interval not null default '365 days',  -- how far back the covariate reaches
    rate_per_minute int check (rate_per_minute > 0),     -- null = as fast as the channel allows
    job_id bigint,                         -- progress of the enrolment
    members_n bigint not null default 0,
    next_place int not null default 0,     -- nobody before this place is still to be put to the gate
    drawn_at timestamptz,                  -- when the members were taken and divided; never twice
    started_at timestamptz,
    paused_at timestamptz,
    measured_at timestamptz,               -- when the last member's measuring window closes
    ended_at timestamptz,
    created_by text not null default '',
    created_at timestamptz not null
);
create index broadcasts_state on broadcasts (state);
create table broadcast_members (
    broadcast_id bigint not null references broadcasts,
    person_id bigint not null,                 -- as of the draw
    arm text not null check (arm in ('treated', 'control')),
    stratum text not null default '',
    place int not null,                        -- in the order of sending: treated members before this one
    before_minor bigint not null default 0,    -- spend in look_back_for before the draw: the covariate of CUPED
    before_n int not null default 0,           -- orders in the same time
    entered_at timestamptz not null,           -- when the member's turn comes; the measuring window opens here, in both arms
    intent_key uuid,                           -- of the last time the gate was asked; null = not asked
    round smallint not null default 0,         -- asked anew after a pause: another round, another key
    set_aside text not null default '',        -- why the gate is not asked: merged, gone
    primary key (broadcast_id, person_id)
) with (fillfactor = 75);                      -- room to note on the same page that the gate was asked
create index broadcast_members_place on broadcast_members (broadcast_id, place);
