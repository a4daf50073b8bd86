-- WHERE FROM: file imports.
create table imports (
    import_id bigint generated always as identity primary key,
    source_id int references sources,      -- chosen when it starts
    job_id bigint,
    file_name text not null,
    file_bytes bigint not null,
    file_digest bytea not null,            -- SHA-256 of the bytes
    stored_at text not null,               -- folder of our copy, relative to the data directory; empty once it is deleted
    shape jsonb not null default '{}',     -- format, encoding, delimiter, sheet, header row, columns, and what else could be chosen
    mapping jsonb not null default '{}',   -- docs/imports.md
    state text not null default 'previewed'
        check (state in ('previewed', 'running', 'done', 'failed', 'undone')),
    place bigint not null default 0,       -- rows read and committed; where a killed import goes on
    rows_n bigint,                         -- known when the end was reached
    facts_n bigint not null default 0,     -- rows whose fact is new
    known_n bigint not null default 0,     -- rows whose fact was already there
    rejects_n bigint not null default 0,
    blank_n bigint not null default 0,     -- rows with nothing in them
    continued_n bigint not null default 0, -- rows that only go on with an order above
    side_n bigint not null default 0,      -- new facts beside the rows' own: traits, tags, consents, refunds
    notes jsonb not null default '{}',     -- code -> rows: short_rows, masked:phone ...
    why text not null default '',          -- of a failure: its code, and values for its text
    started_by text not null default '',
    created_at timestamptz not null,
    ended_at timestamptz,
    undone_at timestamptz
);
create index imports_digest on imports (file_digest);
create index imports_running on imports (import_id) where state = 'running';
create table import_rejects (
    import_id bigint not null references imports,
    row_no bigint not null,                -- as a person counts them: the header is row 1
    field text not null,
    row_sealed bytea not null,             -- the value and the whole row, sealed with the installation's key, to mend and re-submit
    code text not null,                    -- texts.toml: what is wrong and the remedy
    primary key (import_id, row_no)
);
-- A mapping that was accepted for a header, proposed again for the next file with the same header.
create table import_mappings (
    header_digest bytea primary key,
    mapping jsonb not null,
    used_at timestamptz not null
);
