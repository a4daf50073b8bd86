-- HOW, by text messages, official accounts, mini-programs and WeChat customer service.

-- Receipts name a message by the vendor's number.
create index sends_vendor on sends (vendor_id) where vendor_id <> '';

-- What became of handing a conversation of 微信客服 to a person.
create table desk_moves (
    handover_id bigint primary key,
    state text not null check (state in ('moved', 'refused', 'unknown')),
    code text not null default '',
    tried_at timestamptz not null
);
