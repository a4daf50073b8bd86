-- WHERE THEY COME FROM: live codes, acquisition links and codes of groups, who may take the next customer, who came, how they were welcomed.

create table live_codes (
    code_id bigint generated always as identity primary key,
    kind text not null check (kind in ('person', 'link', 'group')),  -- 活码, 获客链接, 群活码
    account_id int not null,                 -- the vendor account whose app made it and may change it
    corp text not null,
    name text not null,
    state text not null,                     -- what WeCom gives back with everybody who came by it
    source_tags text[] not null default '{}',-- the brand's own words for where it hangs
    corp_tags text[] not null default '{}',  -- tag ids put on everybody who comes
    rotation text not null default 'even' check (rotation in ('even', 'weighted', 'least_loaded', 'fewest_today')),
    reserve int not null default 0 check (reserve >= 0),  -- places kept free under every cap
    is_exclusive boolean not null default false,
    skip_verify boolean not null default true,
    remark_pattern text not null default '',
    cost_minor int not null default 0 check (cost_minor >= 0),  -- of one customer, in the brand's currency
    welcomes jsonb not null default '[]',    -- which content when and for whom; the first that fits is sent
    chats text[] not null default '{}',      -- of a group code: in the order in which they are filled
    chat_limit int not null default 180,     -- members with which a chat is as good as full
    config_id text not null default '',      -- at the vendor; for a link its link_id
    qr_code text not null default '',
    url text not null default '',
    made_at timestamptz not null,
    changed_at timestamptz not null,
    changed_by text not null default '',
    closed_at timestamptz,
    -- what the vendor was last told, and how it went
    told_users text[] not null default '{}',
    told_at timestamptz,
    tell_error text not null default '',
    tell_tries int not null default 0,
    tell_again_at timestamptz,
    tell_lease_until timestamptz,            -- by the database's clock
    is_told_all boolean not null default true -- false: fields other than the users changed as well
);
create unique index live_codes_name on live_codes (name) where closed_at is null;
create unique index live_codes_state on live_codes (corp, state) where state <> '';

create table live_code_guides (
    code_id bigint not null references live_codes,
    guide text not null,
    place int not null,
    weight int not null default 1 check (weight between 1 and 100),
    daily_cap int check (daily_cap >= 0),
    shifts jsonb not null default '[]',      -- [{"days": [1..7], "start": "09:00", "end": "18:00"}], in the brand's time zone; [] = always
    is_stand_in boolean not null default false,
    primary key (code_id, guide)
);

-- One row per adding of a guide by a customer, whatever code it came by; code_id null = by none of ours. Counting today is counting these.
create table live_code_scans (
    fact_key uuid primary key,
    code_id bigint,
    corp text not null,
    guide text not null,
    subject bigint not null,
    added_at timestamptz not null,
    read_at timestamptz not null,
    is_returning boolean not null,           -- had been a customer of some guide before
    known_guide text not null default '',    -- whose customer they already were
    welcome text not null check (welcome in ('asked', 'no_code', 'no_content', 'no_match')),
    welcome_code text not null default '',
    intent_key uuid,
    content_id bigint
);
create index live_code_scans_code on live_code_scans (code_id, added_at) where code_id is not null;
create index live_code_scans_subject on live_code_scans (subject, added_at);
create unique index live_code_scans_intent on live_code_scans (intent_key) where intent_key is not null;

-- Visits of a code's own page, and what a day's customers cost, by the brand's days.
create table live_code_days (
    code_id bigint not null,
    on_day date not null,
    visits int not null default 0,
    cost_minor bigint not null default 0,
    cost_key text not null default '',       -- the fact spend.recorded; empty = not recorded yet
    primary key (code_id, on_day)
);

-- What is still to be done at the vendor for somebody who came: tags and remarks. Doing one twice does no harm.
create table live_code_deeds (
    deed_id bigint generated always as identity primary key,
    fact_key uuid not null,
    kind text not null check (kind in ('tags', 'remark')),
    account_id int not null,
    corp text not null,
    guide text not null,
    subject bigint not null,
    code_id bigint not null,
    state text not null default 'waiting' check (state in ('waiting', 'done', 'failed')),
    tries int not null default 0,
    due_at timestamptz not null,
    lease_until timestamptz,                 -- by the database's clock
    error text not null default '',
    ended_at timestamptz,
    unique (fact_key, kind)
);
create index live_code_deeds_due on live_code_deeds (due_at) where state = 'waiting';

-- How many customers acquisition links may still win, in lots that end.
create table live_link_lots (
    account_id int not null,
    expires_on date not null,
    balance int not null,
    seen_at timestamptz not null,
    primary key (account_id, expires_on)
);
