-- MAY WE: intents come in, each gets a verdict with a reason; permits wait for a channel to claim them.
-- Other rooms read the views intents, verdicts and permits at the end of this file; the tables below are the gate's own affair.

-- What the intents of one wish have in common: everything but the person and the time. A broadcast to a million people is one lane, so
-- a million rows need not repeat it, and holding or taking back a broadcast touches a handful of rows.
create table lanes (
    lane_id int generated always as identity primary key,
    origin text not null,                  -- broadcast, journey, desk, api
    origin_id bigint not null,             -- the wish that can be held or taken back as one; not the single message
    channel text not null,
    purpose text not null check (purpose in ('marketing', 'service', 'transactional')),
    topic text not null,                   -- same topic on two channels = the same message twice
    content_id bigint not null,
    content_version int not null,
    priority smallint not null,            -- higher goes first when a quota or a budget is scarce
    cost_minor int not null check (cost_minor >= 0),
    due_at timestamptz,                    -- no permit that waits here is due earlier; null = none waits
    expire_at timestamptz,                 -- no permit that waits here expires earlier; null = none waits
    stamp bigint not null default 0,       -- grows when a permit begins to wait here: guards the two moments above
    unique (origin, origin_id, channel, purpose, topic, content_id, content_version, priority, cost_minor)
);
create index lanes_due on lanes (channel, due_at) where due_at is not null;
create index lanes_expire on lanes (expire_at) where expire_at is not null;

-- What was asked; append-only. The cursor 'gate.judge' reads it in the order (xid, intent_id).
create table intent_log (
    intent_id bigint generated always as identity primary key,
    xid xid8 not null default pg_current_xact_id(),
    key uuid not null unique,              -- the asker's idempotency key: asking twice is asking once
    person_id bigint not null,             -- as of the asking
    lane_id int not null,
    is_control boolean not null,
    not_before timestamptz not null,
    expires_at timestamptz not null,
    asked_at timestamptz not null
);
create index intent_log_place on intent_log (xid, intent_id);
create index intent_log_person on intent_log (person_id);
create index intent_log_control on intent_log (person_id) where is_control;
create index intent_log_lane on intent_log using brin (lane_id) with (pages_per_range = 32, autosummarize = on);

-- What was answered; append-only. A plain yes at the asking has no row here: the permit is that row.
create table verdict_log (
    intent_id bigint not null,
    lane_id int not null,
    step text not null check (step in ('ask', 'claim')),
    judged_at timestamptz not null,
    code text not null,                    -- gate/words.py
    waits boolean not null,                -- true: not yet (a permit waits until `until`); false: no
    until timestamptz,                     -- for a no: when the same question may find a yes, where that is known
    detail jsonb not null default '{}'     -- which cap, which channel, ...
);
create index verdict_log_intent on verdict_log (intent_id);
create index verdict_log_lane on verdict_log using brin (lane_id) with (pages_per_range = 32, autosummarize = on);

-- The queue to the channels, and the memory that caps are counted in.
create table permit_queue (
    intent_id bigint primary key,
    person_id bigint not null,             -- as of the judging; today's person is identifiers[person_id].person_id
    lane_id int not null,
    state text not null default 'waiting'
        check (state in ('waiting', 'claimed', 'sent', 'rejected', 'unknown', 'withdrawn')),
    is_plain boolean not null default true,-- the answer at the asking was a plain yes
    judged_at timestamptz not null,
    due_at timestamptz not null,
    expires_at timestamptz not null,
    counts_at timestamptz not null,        -- the moment at which it counts against caps: planned, then real
    claimed_at timestamptz,                -- by the ground's clock
    lease_until timestamptz,               -- by the database's clock
    token bigint not null default 0,       -- fencing: every claim takes the next one
    attempts int not null default 0,
    is_doubtful boolean not null default false,  -- waits again although it was perhaps sent (a lease ran out): it counts
    settled_at timestamptz
) with (autovacuum_vacuum_scale_factor = 0.02);
create index permit_queue_due on permit_queue (lane_id, due_at, intent_id) where state = 'waiting';
create index permit_queue_leases on permit_queue (lease_until) where state = 'claimed';
create index permit_queue_person on permit_queue (person_id, counts_at);
create index permit_queue_lane on permit_queue using brin (lane_id) with (pages_per_range = 32, autosummarize = on);

-- Origins whose permits nobody may claim for now.
create table held_origins (
    origin text not null,
    origin_id bigint not null,
    held_at timestamptz not null,
    primary key (origin, origin_id)
);

-- Origins that took back what they had asked up to some intent. What they ask later is a new wish.
create table taken_back (
    origin text not null,
    origin_id bigint not null,
    up_to bigint not null,
    taken_back_at timestamptz not null,
    is_swept boolean not null default false,   -- every permit it means has been given its verdict
    primary key (origin, origin_id)
);

-- Withdrawals as they arrive: written in the transaction that takes them in, and read by every claim, before any fold has run.
create table withdrawals (
    subject bigint not null,               -- identifier_id; a person's id is one
    channel text not null,                 -- '*' = every channel
    purpose text not null,                 -- '*' = every purpose
    withdrawn_at timestamptz not null,
    primary key (subject, channel, purpose)
);

-- How much was claimed when: one row a claim and purpose. Quotas and budgets are sums over it. Given back = a row below zero.
create table outlays (
    channel text not null,
    purpose text not null,
    claimed_at timestamptz not null,
    n int not null,
    cost_minor bigint not null
);
create index outlays_window on outlays (claimed_at);

create view intents as
select i.intent_id, i.xid, i.key, i.person_id, l.channel, l.purpose, l.origin, l.origin_id, l.content_id, l.content_version, l.topic,
       i.is_control, l.priority, l.cost_minor, i.not_before, i.expires_at, i.asked_at, i.lane_id
from intent_log i join lanes l using (lane_id);

create view permits as
select q.intent_id, q.person_id, l.channel, l.purpose, l.topic, l.origin, l.origin_id, l.priority,
       case when q.state = 'waiting' and q.intent_id <= t.up_to then 'withdrawn' else q.state end as state,
       q.state = 'waiting' and h.origin is not null as is_held,
       q.due_at, q.expires_at, q.counts_at, q.claimed_at, q.lease_until, q.token, q.attempts, l.cost_minor, q.settled_at, q.lane_id
from permit_queue q
join lanes l using (lane_id)
left join taken_back t on t.origin = l.origin and t.origin_id = l.origin_id
left join held_origins h on h.origin = l.origin and h.origin_id = l.origin_id;

-- Every answer ever given; step 'ask' once per intent, step 'claim' when a later look changed it.
create view verdicts as
select intent_id, step, judged_at, code, waits, until, detail, lane_id from verdict_log
union all
select intent_id, 'ask', judged_at, 'permit', false, null, '{}'::jsonb, lane_id from permit_queue where is_plain;
