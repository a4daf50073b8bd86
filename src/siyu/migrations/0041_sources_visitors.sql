-- Who wrote to a desk of 微信客服 and is known there by an external_userid alone: whether the corp was asked who they are.

create table desk_visitors (
    identifier_id bigint primary key,        -- of the external_userid: erasing somebody empties it
    account_id bigint not null,              -- the app that read their message; the row outlives the account
    state text not null default 'new' check (state in ('new', 'known', 'none')),  -- what the corp last said: nothing yet, a unionid, none
    asked_at timestamptz,                    -- when the corp last said it
    due_at timestamptz                       -- when to ask; null = not unless they write again
);
create index desk_visitors_due on desk_visitors (account_id, due_at) where due_at is not null;

-- Whether that interface rests for an app.
create table desk_refusals (
    account_id bigint primary key,
    due_at timestamptz not null,             -- not to be asked before
    tries int not null,                      -- refusals in a row
    error text not null                      -- the vendor's code of the last one
);
