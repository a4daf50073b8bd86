-- What a live check of an account found last, thing by thing; and when the vendor last tried our address.

alter table vendor_accounts add column echoed_at timestamptz; -- when the vendor tried our callback address and was answered

create table vendor_checks (
    account_id bigint not null references vendor_accounts on delete cascade,
    name text not null,                      -- address, secret, ip, guides, tags, ...
    state text not null check (state in ('good', 'watch', 'bad', 'skipped')),
    code text not null default '',           -- the vendor's, or ours; '' where all is well
    interface text not null default '',
    checked_at timestamptz not null,
    primary key (account_id, name)
);
