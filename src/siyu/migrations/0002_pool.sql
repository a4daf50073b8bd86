-- WHO: facts, identifiers, the links between them, and what is folded from facts.

create table sources (
    source_id int generated always as identity primary key,
    name text not null unique,
    kind text not null check (kind in ('system', 'file', 'http', 'channel')),
    class text not null default 'first-party trade',  -- product.md P2: which kind of data this is
    owner text not null default '',
    purpose text not null default '',
    currency text not null default '',                -- of amounts that do not say; empty = the brand's
    write_key_digest bytea unique,                    -- SHA-256 of an HTTP source's key
    created_at timestamptz not null default now(),
    last_fact_at timestamptz,                         -- when the last one reached us: freshness
    facts_n bigint not null default 0,                -- folded so far
    identified_n bigint not null default 0,           -- of these, with a subject
    closed_at timestamptz
);

-- An identifier is one name under which somebody is known: a phone, an e-mail, a shop's buyer id, a browser's anonymous id.
-- A person is a set of identifiers; person_id is the smallest identifier_id of the set, so that undoing a merge restores old ids.
-- Any person_id that was ever handed out is an identifier_id: today's person of an old one is identifiers[old].person_id.
create table identifiers (
    identifier_id bigint generated always as identity primary key,
    kind text not null,
    scope text not null default '',        -- which shop, app or corp the id belongs to; empty for phone, e-mail, unionid
    lookup bytea not null,                 -- keyed hash of kind, scope and normal form
    value text,                            -- the normal form of kinds that are not personal data by themselves
    sealed bytea,                          -- the normal form of personal kinds, sealed with this identifier's key
    key_wrapped bytea,                     -- this identifier's key; destroying it erases what it sealed
    mask text not null,                    -- what pages show: 138****1234
    person_id bigint not null,
    created_at timestamptz not null default now(),
    is_shared boolean not null default false,  -- linked to so many others that it says nothing about who somebody is
    unreachable_at timestamptz,            -- a hard bounce, a number that does not exist
    unreachable_why text,
    erased_at timestamptz,                 -- its key, value and lookup are gone; the number stays so that sums stay true
    unique (kind, scope, lookup)
);
create index identifiers_person on identifiers (person_id);

-- Why two identifiers are taken for one person: seen together in a fact of a source. One row per pair and source (and import).
create table links (
    link_id bigint generated always as identity primary key,
    a bigint not null references identifiers,
    b bigint not null references identifiers,
    strength text not null check (strength in ('strong', 'weak')),
    source_id int not null,
    import_id bigint not null default 0,
    fact_key uuid not null,                -- the earliest fact that carried both
    seen_at timestamptz not null,
    check (a < b),
    unique (a, b, source_id, import_id)
);
create index links_b on links (b);

-- What people decided about identity; they overrule the guard and are themselves revocable.
create table identity_decisions (
    decision_id bigint generated always as identity primary key,
    kind text not null check (kind in ('cut', 'confirm')),
    a bigint not null references identifiers,
    b bigint not null references identifiers,
    decided_by text not null,
    why text not null default '',
    decided_at timestamptz not null,
    revoked_at timestamptz,
    check (a < b)
);
create index identity_decisions_ab on identity_decisions (a, b);
create index identity_decisions_b on identity_decisions (b);

-- Links that the guard refused: two different strong identifiers of one kind would have met. Shown to people, never merged silently.
create table identity_conflicts (
    a bigint not null references identifiers,
    b bigint not null references identifiers,
    kind text not null,                    -- the kind that would stand twice
    left_person bigint not null,
    right_person bigint not null,
    noticed_at timestamptz not null,
    primary key (a, b)
);
create index identity_conflicts_b on identity_conflicts (b);

create table identity_log (
    log_id bigint generated always as identity primary key,
    what text not null,                    -- linked, merged, split, conflict, cut, confirmed, revoked, import undone
    person_id bigint not null,             -- the person as it stood after
    other_id bigint,                       -- the person that was merged in, or split off
    a bigint,
    b bigint,
    reason jsonb not null default '{}',
    logged_at timestamptz not null
);
create index identity_log_person on identity_log (person_id);
create index identity_log_other on identity_log (other_id) where other_id is not null;

-- What happened. Append-only; a row is never updated. Idempotent by (source, the source's id): see fact_keys.
create table facts (
    seq bigint generated always as identity,
    xid xid8 not null default pg_current_xact_id(),
    key uuid not null,
    source_id int not null,
    import_id bigint not null default 0,
    type text not null,                    -- object first, past tense: order.paid
    subject bigint,                        -- identifier_id of the best identifier it came with; null = nobody is named
    occurred_at timestamptz not null,
    received_at timestamptz not null,
    object text,                           -- what it is about: order number, page, intent id
    amount_minor bigint,
    currency text,
    data jsonb not null default '{}',
    others bigint[],                       -- the other identifiers it came with: evidence that links them to the subject
    sealed jsonb                           -- personal data: name -> [sealed under the subject's key, mask, keyed hash or null]
) partition by range (occurred_at);
create index facts_log on facts (xid, seq);
create index facts_subject on facts (subject, occurred_at) where subject is not null;
create index facts_type on facts (type, occurred_at);
create index facts_import on facts (import_id) where import_id <> 0;

create table fact_keys (key uuid primary key);

-- Folded from facts per identifier: a commutative sum, so that the order of facts and of merges does not matter.
create table folds (
    subject bigint primary key,
    facts_n bigint not null default 0,
    first_at timestamptz,
    last_at timestamptz,
    traits jsonb not null default '{}',    -- name -> [occurred_at, fact key, value]; the latest (then the greater key) wins;
                                           -- personal ones: [occurred_at, fact key, null, [sealed, mask, keyed hash]]
    tags jsonb not null default '{}',      -- tag -> [occurred_at, fact key, true | false]
    seen_types jsonb not null default '{}',-- fact type -> [count, last_at]
    bounced jsonb                          -- [occurred_at, fact key, why] of the first hard bounce or complaint
) with (fillfactor = 80);

-- One row per order number of a shop (source), folded from order.paid and order.refunded facts, whole or line by line.
create table orders (
    source_id int not null,
    order_no text not null,
    subject bigint not null,               -- of its earliest fact (touched_at, then first_key)
    first_key uuid not null,
    paid_at timestamptz,                   -- earliest order.paid
    touched_at timestamptz not null,       -- earliest fact of either kind
    paid_minor bigint not null default 0,
    refunded_minor bigint not null default 0,  -- positive
    lines_n int not null default 0,            -- order.paid facts
    currency text not null,                -- a number that comes in two currencies is two rows: sums stay true
    primary key (source_id, order_no, currency)
);
create index orders_subject on orders (subject, paid_at);
create index orders_no on orders (order_no);

create table consents (
    subject bigint not null,
    channel text not null,                 -- '*' = every channel
    purpose text not null,                 -- '*' = every purpose
    is_given boolean not null,
    decided_at timestamptz not null,
    fact_key uuid not null,
    evidence jsonb not null default '{}',
    primary key (subject, channel, purpose)
);

-- Whether people consent. For one identifier the latest statement that covers the channel and purpose counts; over the identifiers of a
-- person the most restrictive one. Without a row here no consent was given. `people` may be old numbers; they come back as they were asked.
create function consent_state(people bigint[], channel text, purpose text)
returns table (person_id bigint, is_given boolean, decided_at timestamptz, subject bigint) language sql stable as $$
    select distinct on (x.id) x.id, x.is_given, x.decided_at, x.subject
    from (
        select distinct on (w.id, c.subject) w.id, c.subject, c.is_given, c.decided_at
        from (select distinct unnest(people) as id) w
        join identifiers o on o.identifier_id = w.id
        join identifiers i on i.person_id = o.person_id
        join consents c on c.subject = i.identifier_id and c.channel in ($2, '*') and c.purpose in ($3, '*')
        order by w.id, c.subject, c.decided_at desc, c.is_given, c.fact_key desc
    ) x
    order by x.id, x.is_given, x.decided_at desc
$$;

-- What a person looks like today: the sum of the folds, orders and consents of the person's identifiers.
create table profiles (
    person_id bigint primary key,
    is_known boolean not null default false,   -- has an identifier stronger than an anonymous one
    stage text not null default 'visitor',
    stage_at timestamptz,                      -- when it entered this stage
    stage_until timestamptz,                   -- when time alone will move it on; null = never
    name_shown text not null default '',       -- masked
    name_lookup bytea,
    traits jsonb not null default '{}',        -- plain traits; personal ones stand sealed in folds
    tags text[] not null default '{}',
    facts_n bigint not null default 0,
    first_seen_at timestamptz,
    last_seen_at timestamptz,
    orders_n int not null default 0,
    spent_minor bigint not null default 0,     -- paid, in the brand's currency
    refunded_minor bigint not null default 0,
    other_money jsonb not null default '{}',   -- currency -> [paid, refunded] for other currencies
    first_order_at timestamptz,
    last_order_at timestamptz,
    folded_at timestamptz not null default now()
);
create index profiles_spent on profiles (spent_minor desc, person_id, last_order_at);  -- the last for filters on both: read in the index
create index profiles_last_order on profiles (last_order_at, person_id);
create index profiles_last_seen on profiles (last_seen_at desc nulls last, person_id);
create index profiles_stage_seen on profiles (stage, last_seen_at desc nulls last, person_id);
create index profiles_stage_order on profiles (stage, last_order_at, person_id);
create index profiles_due on profiles (stage_until) where stage_until is not null;
create index profiles_name on profiles (name_lookup) where name_lookup is not null;
create index profiles_tags on profiles using gin (tags);

-- Totals of trade per source, day and kind of line, so that the overview never scans facts. Anonymous trade included.
create table trade_days (
    source_id int not null,
    on_date date not null,
    type text not null,                        -- order.paid, order.refunded, order.adjusted
    is_identified boolean not null,
    currency text not null,
    lines_n bigint not null default 0,
    amount_minor bigint not null default 0,    -- signed: refunds are negative
    primary key (source_id, on_date, type, is_identified, currency)
);
