-- Chats (客户群) that go from one owner to another.

-- One row for each chat that somebody asked to be handed on.
create table chat_handings (
    chat_handing_id bigint generated always as identity primary key,
    account_id bigint not null,              -- of vendor_accounts; the row outlives the account
    corp text not null,
    chat_id text not null,
    from_guide text not null,                -- the owner when it was asked for
    to_guide text not null,
    is_resigned boolean not null,            -- the owner left: another interface
    state text not null default 'asked' check (state in ('asked', 'calling', 'waiting', 'done', 'failed')),
    code text not null default '',           -- why not, or why later: the vendor's code, or ours
    asked_by text not null default '',
    asked_at timestamptz not null,
    begun_at timestamptz,                    -- when the corp was told
    ended_at timestamptz,
    due_at timestamptz not null,             -- not to be looked at before
    tries int not null default 0
);
create unique index chat_handings_one on chat_handings (corp, chat_id) where state in ('asked', 'calling', 'waiting');
create index chat_handings_due on chat_handings (due_at, chat_handing_id) where state in ('asked', 'calling', 'waiting');
create index chat_handings_of on chat_handings (corp, chat_id, begun_at);
create index chat_handings_to on chat_handings (corp, to_guide, begun_at);
