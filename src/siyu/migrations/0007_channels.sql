-- HOW: one row per permit that a channel took. sending -> sent | rejected | unknown.
create table sends (
    intent_id bigint primary key,
    channel text not null,
    person_id bigint not null,
    address_id bigint not null,            -- identifier_id it goes to
    state text not null check (state in ('sending', 'sent', 'rejected', 'unknown')),
    token bigint not null,                 -- of the claim that owns it
    vendor_id text not null default '',    -- our Message-ID, the vendor's receipt number
    code text not null default '',         -- what the vendor said, by code
    why text not null default '',
    started_at timestamptz not null,
    ended_at timestamptz,
    delivered_at timestamptz,
    opened_at timestamptz,
    clicked_at timestamptz,
    bounced_at timestamptz,
    unsubscribed_at timestamptz
);
create index sends_person on sends (person_id, started_at);
create index sends_open on sends (started_at) where state in ('sending', 'unknown');
create index sends_vendor on sends (vendor_id) where vendor_id <> '';
