-- WHAT WE SAY: templates, each version kept for ever because sent messages point at it.
create table contents (
    content_id bigint generated always as identity primary key,
    name text not null unique,
    channel text not null,
    purpose text not null default 'marketing' check (purpose in ('marketing', 'service', 'transactional')),
    version int not null default 1,
    created_at timestamptz not null,
    archived_at timestamptz
);
create table content_versions (
    content_id bigint not null references contents,
    version int not null,
    subject text not null default '',
    body text not null,
    link_ids bigint[] not null default '{}',  -- the tracked links that its body leads to
    changed_by text not null default '',
    changed_at timestamptz not null,
    primary key (content_id, version)
);
-- A place a message leads to. The link in the message is signed and names this row, so no address travels in it.
create table tracked_links (
    link_id bigint generated always as identity primary key,
    target text not null,
    digest bytea not null unique,
    created_at timestamptz not null default now()
);
