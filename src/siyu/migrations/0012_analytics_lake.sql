-- The lake: which Parquet files hold which facts. The manifest is the truth; a file that it does not name is not part of the lake.

-- A file of kind `facts` holds exactly the facts of its month (UTC) whose place in the log is after `from` and at or before `to`.
-- The other kinds are whole tables as they stood when the log had been read up to `to`.
-- room: analytics
create table lake_files (
    file_id bigint generated always as identity primary key,
    kind text not null check (kind in ('facts', 'orders', 'people', 'profiles')),
    month text not null default '',        -- 2026-11; empty for whole tables
    path text not null unique,             -- under <data>/lake
    rows_n bigint not null,
    bytes_n bigint not null,
    digest bytea not null,                 -- SHA-256
    from_xid bigint not null,
    from_seq bigint not null,
    to_xid bigint not null,
    to_seq bigint not null,
    made_at timestamptz not null
);

-- The imports that a file holds facts of, each with the place of its first fact there: when that fact is gone from `facts`, the import was undone.
-- room: analytics
create table lake_imports (
    file_id bigint not null references lake_files on delete cascade,
    import_id bigint not null,
    xid bigint not null,
    seq bigint not null,
    primary key (file_id, import_id)
);

-- Identifiers whose erasure the files honour already.
-- room: analytics
create table lake_erasures (
    identifier_id bigint primary key,
    honoured_at timestamptz not null
);

create index identifiers_erased on identifiers (identifier_id) where erased_at is not null;
