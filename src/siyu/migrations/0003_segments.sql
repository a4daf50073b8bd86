-- WHICH: saved rules.
create table segments (
    segment_id bigint generated always as identity primary key,
    name text not null,
    about text not null default '',
    rule jsonb not null,                   -- docs/rules.md
    counted_n bigint,
    counted_at timestamptz,
    created_by text not null default '',
    created_at timestamptz not null,
    changed_at timestamptz not null,
    archived_at timestamptz
);
create unique index segments_name on segments (name) where archived_at is null;
