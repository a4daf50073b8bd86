-- HOW: one row per permit that a channel took. The row is committed before the vendor is called: whoever finds it in `sending` later must
-- not call again. sending -> sent | rejected | unknown, or deferred -> sending again.
create table sends (
    intent_id bigint primary key,
    channel text not null,
    person_id bigint not null,             -- as of the sending
    address_id bigint not null,            -- identifier_id it goes to; the person's own where the channel needs no address
    state text not null check (state in ('sending', 'deferred', 'sent', 'rejected', 'unknown')),
    token bigint not null,                 -- of the claim that owns it
    tries int not null default 0,          -- how often the vendor said "not now"
    lease_until timestamptz not null,      -- of that claim, by the database's clock: after it nobody is sending any more
    vendor_id text not null default '',    -- our Message-ID, the vendor's receipt number
    code text not null default '',         -- what the vendor said, short and countable
    why text not null default '',          -- the vendor's words, without personal data
    resolved_by text not null default '',  -- who cleared up an unknown outcome; 'receipt' when an answer of the reader did
    started_at timestamptz not null,
    ended_at timestamptz,
    delivered_at timestamptz,
    opened_at timestamptz,
    clicked_at timestamptz,
    bounced_at timestamptz,
    unsubscribed_at timestamptz
);
create index sends_person on sends (person_id, started_at);
create index sends_log on sends (started_at desc, intent_id desc);
create index sends_open on sends (lease_until) where state = 'sending';
create index sends_unknown on sends (started_at) where state = 'unknown';

-- How a channel is: failures in a row, and until when it rests.
create table channel_rests (
    channel text primary key,
    failures int not null,
    resting_until timestamptz,
    code text not null default '',
    why text not null default '',
    changed_at timestamptz not null
);
