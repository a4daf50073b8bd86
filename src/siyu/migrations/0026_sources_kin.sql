-- WHO IS THE SAME, by asking a corp for ids it alone knows; and customers who go from one guide to another.

-- People known by a unionid elsewhere (公众号、小程序), as a corp was asked about them. Ids stand here by their numbers: erasing somebody empties them.
create table sync_strangers (
    corp text not null,
    union_id bigint not null,                -- identifier of the unionid
    openid_id bigint not null,               -- identifier of an openid that came with it: the corp wants both
    state text not null default 'new' check (state in ('new', 'pending', 'customer', 'refused')),
    pending_id text,                         -- what stands for them (待绑定) until they are somebody's customer
    asked_at timestamptz,                    -- when the corp was last asked
    ends_at timestamptz,                     -- until when the pending id is good: 90 days
    due_at timestamptz,                      -- when to ask (again); null = never
    tries int not null default 0,
    error text not null default '',          -- the vendor's code of the last refusal
    primary key (corp, union_id)
);
create index sync_strangers_due on sync_strangers (corp, due_at) where due_at is not null;
create unique index sync_strangers_pending on sync_strangers (corp, pending_id) where pending_id is not null;

-- How far the pool's links were looked through for each corp, and whether its interface rests.
create table sync_kin_places (
    corp text primary key,
    link_id bigint not null default 0,       -- links up to this one were looked at
    due_at timestamptz,                      -- not to be asked before
    tries int not null default 0,            -- refusals in a row
    error text not null default ''           -- the vendor's code of the last one
);

-- Customers whose guide left the corp and who have nobody yet (待分配), as the corp lists them.
create table handing_waiting (
    corp text not null,
    guide text not null,                     -- userid of who left
    external_userid text not null,
    left_at timestamptz not null,            -- when the guide left
    seen_at timestamptz not null,            -- when the corp last listed them
    primary key (corp, guide, external_userid)
);

-- One row for each customer whom somebody asked to be handed on.
create table handings (
    handing_id bigint generated always as identity primary key,
    account_id bigint not null,              -- of vendor_accounts; the row outlives the account
    corp text not null,
    from_guide text not null,
    to_guide text not null,
    external_userid text not null,
    is_resigned boolean not null,            -- from a guide who left
    state text not null default 'asked' check (state in ('asked', 'calling', 'waiting', 'done', 'refused', 'failed')),
    code text not null default '',           -- why not: the vendor's code, or ours
    asked_by text not null default '',
    asked_at timestamptz not null,
    begun_at timestamptz,                    -- when the corp was told
    ended_at timestamptz,
    due_at timestamptz not null,             -- not to be looked at before
    tries int not null default 0
);
create unique index handings_one on handings (corp, external_userid) where state in ('asked', 'calling', 'waiting');
create index handings_due on handings (due_at, handing_id) where state in ('asked', 'calling', 'waiting');
create index handings_of on handings (corp, external_userid, asked_at);
