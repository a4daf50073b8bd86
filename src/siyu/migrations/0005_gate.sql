-- MAY WE: intents come in, each gets a verdict with a reason; permits wait for a channel to claim them.
create table intents (
    intent_id bigint generated always as identity primary key,
    xid xid8 not null default pg_current_xact_id(),
    key uuid not null unique,              -- the asker's idempotency key: asking twice is asking once
    person_id bigint not null,
    channel text not null,
    purpose text not null,                 -- marketing, service, transactional
    origin text not null,                  -- broadcast, journey, desk, api
    origin_id bigint not null,
    content_id bigint not null,
    content_version int not null,
    topic text not null default '',        -- same topic on two channels = the same message twice
    is_control boolean not null default false,
    priority smallint not null default 50, -- higher goes first when a budget is scarce
    cost_minor int not null default 0,
    not_before timestamptz not null,
    expires_at timestamptz not null,
    asked_at timestamptz not null
);
create index intents_log on intents (xid, intent_id);
create index intents_origin on intents (origin, origin_id);
create index intents_person on intents (person_id);

-- Every answer ever given; step 'ask' once per intent, step 'claim' when a later look changed it.
create table verdicts (
    intent_id bigint not null,
    step text not null check (step in ('ask', 'claim')),
    judged_at timestamptz not null,
    code text not null,                    -- permit, or the reason of the no: gate/words.py
    until timestamptz,                     -- for "not yet": when it may be
    detail jsonb not null default '{}',
    primary key (intent_id, step, judged_at)
);

-- The queue to the channels, and the memory that caps are counted in.
create table permits (
    intent_id bigint primary key,
    person_id bigint not null,
    channel text not null,
    purpose text not null,
    topic text not null default '',
    origin text not null,
    origin_id bigint not null,
    priority smallint not null,
    state text not null default 'waiting'
        check (state in ('waiting', 'claimed', 'sent', 'rejected', 'unknown', 'withdrawn')),
    due_at timestamptz not null,
    expires_at timestamptz not null,
    counts_at timestamptz not null,        -- the moment at which it counts against caps: planned, then real
    lease_until timestamptz,
    token bigint not null default 0,       -- fencing: every claim takes the next one
    attempts int not null default 0,
    cost_minor int not null default 0,
    settled_at timestamptz
);
create index permits_due on permits (channel, due_at) where state = 'waiting';
create index permits_claimed on permits (lease_until) where state = 'claimed';
create index permits_person on permits (person_id, counts_at);
create index permits_origin on permits (origin, origin_id, state);
