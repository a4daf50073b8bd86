-- Staff and their sessions.
create table staff (
    staff_id bigint generated always as identity primary key,
    login text not null unique,
    name text not null,
    role text not null check (role in ('owner', 'operator', 'viewer')),
    password_hash text not null,
    language text not null default 'zh' check (language in ('zh', 'en')),
    created_at timestamptz not null,
    closed_at timestamptz
);
create table staff_sessions (
    token_digest bytea primary key,
    staff_id bigint not null references staff,
    created_at timestamptz not null,
    used_at timestamptz not null,
    ends_at timestamptz not null
);
create index staff_sessions_staff on staff_sessions (staff_id);
-- Failed sign-ins of the last quarter of an hour. Who and from where are keyed hashes.
create table staff_tries (
    try_id bigint generated always as identity primary key,
    who bytea not null,
    address bytea not null,
    tried_at timestamptz not null
);
create index staff_tries_who on staff_tries (who, tried_at);
create index staff_tries_address on staff_tries (address, tried_at);
-- Who did what: every change that a person makes through pages or the command line.
create table staff_log (
    log_id bigint generated always as identity primary key,
    staff text not null,
    what text not null,
    ref text not null default '',
    detail jsonb not null default '{}',
    logged_at timestamptz not null
);
create index staff_log_ref on staff_log (ref, log_id desc);
