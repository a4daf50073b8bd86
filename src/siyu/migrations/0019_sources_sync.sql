-- WHERE FROM, by asking: runs that walk a corp or an account, how far they are, what differed, and what was last seen of each relation.

create table sync_runs (
    run_id bigint generated always as identity primary key,
    account_id bigint not null,              -- of vendor_accounts; the row outlives the account
    kind text not null check (kind in ('first', 'nightly')),
    state text not null default 'running' check (state in ('running', 'done', 'failed', 'cancelled')),
    started_at timestamptz not null,
    ended_at timestamptz,
    due_at timestamptz not null default now(),  -- on the database's clock: not to be gone on with before
    tries int not null default 0,            -- failures in a row
    error text not null default '',          -- the vendor's code of the last one
    interface text not null default '',      -- which interface said it
    job_id bigint not null,
    done_n bigint not null default 0,        -- customers or followers walked
    total_n bigint,                          -- how many there are; null while nobody knows
    facts_n bigint not null default 0,       -- new facts
    calls_n bigint not null default 0,       -- questions asked
    asking_ms bigint not null default 0,     -- time spent in all, asking and keeping
    differences_n bigint not null default 0
);
create unique index sync_runs_one on sync_runs (account_id) where state = 'running';
create index sync_runs_log on sync_runs (account_id, run_id desc);

-- A run is parts that are done once each: a batch of guides, of chats, a list. A part that was cut off is done again from its beginning.
create table sync_places (
    run_id bigint not null references sync_runs,
    part_no int not null,
    kind text not null,                      -- guides, tags, count, contacts, lists, chats, ways, followers
    ref jsonb not null default '{}',         -- which guides, which chats
    done_at timestamptz,
    skipped jsonb not null default '[]',     -- what the vendor would not tell of, and its code
    primary key (run_id, part_no)
);

-- What was otherwise here than there, when it was found; it is healed by the fact named.
create table sync_differences (
    difference_id bigint generated always as identity primary key,
    run_id bigint not null references sync_runs,
    account_id bigint not null,
    kind text not null,                      -- added, removed, tags, profile, joined, left, followed, unfollowed
    ref text not null,                       -- guide and customer, chat and customer, openid: ids only
    here jsonb not null,
    there jsonb not null,
    fact_id text not null,
    since_at timestamptz,                    -- when it happened there, where the vendor says
    found_at timestamptz not null,
    times int not null default 1,            -- in how many runs in a row
    unique (run_id, kind, ref)
);
create index sync_differences_log on sync_differences (account_id, difference_id desc);

-- A keyed hash of what a guide knows of a customer (remark, name, unionid), so that only what changed is written again.
create table sync_seen (
    corp text not null,
    guide text not null,
    external_userid text not null,
    digest bytea not null,
    seen_at timestamptz not null,
    primary key (corp, guide, external_userid)
);

-- The codes (联系我) that an app has made, here or elsewhere.
create table sync_ways (
    account_id bigint not null,
    config_id text not null,
    kind int not null,                       -- 1 one guide, 2 several
    scene int not null,                      -- 1 mini-program, 2 code
    state text not null,
    remark text not null,
    guides text[] not null,
    seen_at timestamptz not null,
    gone_at timestamptz,
    primary key (account_id, config_id)
);
