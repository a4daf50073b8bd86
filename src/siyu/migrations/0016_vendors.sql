-- Accounts with vendors: a corp's app, an official account, a mini-program, an SMS key. Everything secret is sealed with the row's own key.
create table vendor_accounts (
    account_id bigint generated always as identity primary key,
    kind text not null check (kind in ('wecom', 'official', 'mini', 'aliyun_sms', 'tencent_sms')),
    name text not null,
    app_id text not null,                    -- corpid, appid, access key id, secret id
    agent_id text not null default '',       -- the app within a corp; the SmsSdkAppId of Tencent
    base_url text not null,                  -- where calls go: the vendor, or the sandbox
    options jsonb not null default '{}',     -- what only this vendor wants (region)
    key bytea not null,                      -- the row's key, wrapped by the master key
    secret bytea not null,                   -- sealed
    callbacks bytea not null,                -- sealed: at most two sets of callback token and EncodingAESKey, the newest first
    rotated_at timestamptz,                  -- since when there are two
    state text not null check (state in ('on', 'off')),
    kept_at timestamptz not null,
    unique (kind, app_id, agent_id)
);

-- Tokens and tickets, shared by every worker. `generation` tells a token that died from the one that replaced it.
create table vendor_tokens (
    account_id bigint not null references vendor_accounts on delete cascade,
    purpose text not null,                   -- access, corp_ticket, app_ticket
    generation bigint not null,
    sealed bytea,                            -- null: dropped, the next caller fetches
    fetched_at timestamptz,
    expires_at timestamptz,
    primary key (account_id, purpose)
);

-- The pace of one interface of one account, shared by every process. Seats fall free by themselves when their holder dies.
create table vendor_paces (
    account_id bigint not null references vendor_accounts on delete cascade,
    interface text not null,
    next_at timestamptz,                     -- when the next call may start, by the database's clock; null: at once
    bucket_left double precision not null,   -- what the bucket of the longer time holds
    bucket_at timestamptz not null,          -- as of when, by the database's clock
    seats timestamptz[] not null,            -- until when each seat is held, by the database's clock
    holders bigint[] not null,               -- by whom; an older holder gives nothing back
    width int not null,                      -- how many calls at once, as of narrowed_at; it grows back
    narrowed_at timestamptz not null,        -- when the vendor last said that it was too many, by the database's clock
    blocked_until timestamptz,               -- the vendor's own block (45009), by Siyu's clock
    blocked_code text not null default '',
    blocked_times int not null default 0,    -- in a row: each is longer
    primary key (account_id, interface)
);
create sequence vendor_holders;

-- Whether a vendor's host answers: failures in a row, and until when nobody asks.
create table vendor_breakers (
    account_id bigint not null references vendor_accounts on delete cascade,
    host text not null,
    failures int not null,
    open_until timestamptz,                  -- by Siyu's clock
    probe_until timestamptz,                 -- one caller may try until then
    code text not null default '',
    changed_at timestamptz not null,
    primary key (account_id, host)
);

-- Every call, without a word of what was said: no tokens, no people. Trimmed by age and number.
create table vendor_calls (
    call_id bigint generated always as identity primary key,
    account_id bigint not null,
    interface text not null,
    at timestamptz not null,
    took_ms int not null,
    http_status int,                         -- null: no answer
    code text not null,                      -- the vendor's: '0' or 'OK' went well; ours: not_sent, no_answer, unreadable
    attempt int not null,
    is_unknown boolean not null              -- sent, and nobody knows what became of it
);
create index vendor_calls_account on vendor_calls (account_id, interface, at desc);
create index vendor_calls_at on vendor_calls (at);
