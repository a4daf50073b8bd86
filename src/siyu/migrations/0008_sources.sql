-- WHERE FROM: file imports.
create table imports (
    import_id bigint generated always as identity primary key,
    source_id int not null references sources,
    job_id bigint,
    file_name text not null,
    file_digest bytea not null,            -- SHA-256 of the bytes
    stored_at text not null,               -- path of our copy, relative to the data directory
    shape jsonb not null,                  -- format, encoding, delimiter, sheet, header row
    mapping jsonb not null,                -- docs/imports.md
    state text not null default 'previewed'
        check (state in ('previewed', 'running', 'done', 'failed', 'undone')),
    place bigint not null default 0,       -- rows read and committed; where a killed import goes on
    rows_n bigint,                         -- known when the end was reached
    facts_n bigint not null default 0,     -- new
    known_n bigint not null default 0,     -- already there
    rejects_n bigint not null default 0,
    notes jsonb not null default '{}',
    started_by text not null default '',
    created_at timestamptz not null,
    ended_at timestamptz,
    undone_at timestamptz
);
create table import_rejects (
    import_id bigint not null references imports,
    row_no bigint not null,                -- as a person counts them: the header is row 1
    field text not null,
    value_sealed bytea,                    -- what stood there, sealed with the installation's key
    row_sealed bytea not null,             -- the whole row, sealed, to mend and re-submit
    code text not null,                    -- texts.toml: what is wrong and the remedy
    primary key (import_id, row_no)
);
-- A mapping that was accepted for a header, proposed again for the next file with the same header.
create table import_mappings (
    header_digest bytea primary key,
    mapping jsonb not null,
    used_at timestamptz not null
);
