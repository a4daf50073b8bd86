-- WHERE FROM, by callbacks: what vendors told us, stored before they are answered, and turned into facts behind that.

-- One row for everything that a vendor told once, however often it was delivered.
create table callbacks (
    callback_id bigint generated always as identity primary key,
    account_id bigint not null,              -- of vendor_accounts; the row outlives the account
    kind text not null,                      -- what the vendor calls it: change_external_contact.add_external_contact, text, receipts
    about text not null default '',          -- whom and what it names: ids only, phones masked
    digest bytea not null,                   -- of what it says, not of how it was sealed
    received_at timestamptz not null,
    said_at timestamptz,                     -- the vendor's own moment
    raw bytea not null,                      -- parameters and body as they came, and the text that was in it; sealed with the installation's key
    copies int not null default 1,           -- how often it was delivered
    state text not null default 'new' check (state in ('new', 'done', 'parked')),
    tries int not null default 0,
    due_at timestamptz not null,             -- not to be opened before: later after each failure
    error text not null default '',          -- of the last failed try: a kind of error, never a value
    note text not null default '',           -- why nothing came of it
    facts_n int not null default 0,
    done_at timestamptz,
    unique (account_id, digest)
);
create index callbacks_open on callbacks (due_at, callback_id) where state = 'new';
create index callbacks_log on callbacks (account_id, callback_id desc);
create index callbacks_parked on callbacks (callback_id) where state = 'parked';
create index callbacks_done on callbacks (done_at) where state = 'done';

-- What was not let in, by day (UTC): forged, malformed, too large. Never kept itself.
create table callback_refusals (
    account_id bigint not null,
    on_date date not null,
    why text not null,
    refusals_n bigint not null,
    primary key (account_id, on_date, why)
);

-- "Something changed, look for yourself": work for whoever fetches it. Rows with one account, kind and ref are one wish; whoever has fulfilled
-- it deletes all of them up to the newest wish_id that it had seen before it asked the vendor.
create table sync_wishes (
    wish_id bigint generated always as identity primary key,
    account_id bigint not null,
    kind text not null,                      -- contact {guide, external_userid}, chat {chat_id}, tags, guides, kf {open_kfid, token}
    ref jsonb not null default '{}',
    asked_at timestamptz not null,
    due_at timestamptz not null,             -- not to be fetched before: the vendor may need a moment, or we wait after a failure
    tries int not null default 0,
    error text not null default ''           -- the vendor's code of the last failure
);
create index sync_wishes_due on sync_wishes (kind, due_at);

-- How far the messages of a desk of 微信客服 have been read.
create table desk_places (
    account_id bigint not null,
    open_kfid text not null,
    cursor text not null,
    pulled_at timestamptz not null,
    primary key (account_id, open_kfid)
);
