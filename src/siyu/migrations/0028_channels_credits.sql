-- Consents to single messages are counted by template; official accounts hand conversations over too; who logged in to a mini-program;
-- what a text message costs comes from its price.

-- What a lane fills in at the vendor. It is its content's, so it is no part of what makes lanes different.
alter table lanes add column template text not null default '';

-- Nobody is there to take the conversation: it is tried again for a while.
alter table desk_moves drop constraint desk_moves_state_check;
alter table desk_moves add check (state in ('moved', 'refused', 'unknown', 'waiting'));

-- Whether the cost of one message follows the price list, or was set by hand.
alter table broadcasts add column is_cost_by_price boolean not null default false;

-- Who logged in to a mini-program of ours. What the client holds is kept as its SHA-256 only, the vendor's key sealed.
-- room: sources
create table mini_sessions (
    session_id bigint generated always as identity primary key,
    digest bytea not null unique,
    account_id bigint not null,
    source_id int not null,
    subject bigint not null,               -- identifier_id of the openid
    key_sealed bytea not null,             -- the vendor's session_key: for data that the client gives us closed
    made_at timestamptz not null,
    expires_at timestamptz not null
);
create index mini_sessions_old on mini_sessions (expires_at);
