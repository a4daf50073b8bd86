-- IS IT WORTH IT: the ledger. One row is one movement of money from one account to another, so that the sum of both sides is always zero.
-- Append-only: what a fact that was taken back had posted is posted once more with the opposite sign.
create table ledger_entries (
    entry_id bigint generated always as identity primary key,
    what text not null check (what in ('sale', 'refund', 'adjustment', 'goods', 'spend', 'message', 'gift', 'points', 'minutes')),
    debit text not null,
    credit text not null,
    amount_minor bigint not null,          -- from credit to debit; below zero = the other way
    currency text not null,
    facts_n int not null,                  -- facts (lines) it adds up; below zero in a reversal
    subject bigint,                        -- identifier of the facts; the person of today is identifiers[subject].person_id
    source_id int not null,
    order_no text,
    occurred_at timestamptz not null,      -- of the facts; of a spend the midnight of each day that it was for
    channel text,                          -- what a cost says it was for; of an order ledger_touches says it
    campaign text,
    code text,
    guide text,
    store text,
    basis text not null default 'stated',  -- how the amount is known: stated, product, margin, default_margin, price
    fact_key uuid not null,                -- of the first of the facts
    import_id bigint not null default 0,
    reason text not null default '' check (reason in ('', 'undone', 'restated')),
    posted_at timestamptz not null,
    check (debit <> credit)
);
create index ledger_entries_subject on ledger_entries (subject) where subject is not null;
create index ledger_entries_order on ledger_entries (source_id, order_no) where order_no is not null;
create index ledger_entries_import on ledger_entries (import_id) where import_id <> 0;
create index ledger_entries_costs on ledger_entries (occurred_at) where what in ('spend', 'message', 'gift', 'points', 'minutes');

-- Both sides of every movement, as accountants read it.
create view ledger_postings as
select entry_id, debit as account, amount_minor, currency, what, subject, source_id, order_no, occurred_at, fact_key, import_id
from ledger_entries
union all
select entry_id, credit, -amount_minor, currency, what, subject, source_id, order_no, occurred_at, fact_key, import_id
from ledger_entries;

-- Where people and orders came from, as facts say it. Not money: it goes when its fact goes.
create table ledger_touches (
    touch_id bigint generated always as identity primary key,
    fact_key uuid not null,
    type text not null,
    subject bigint,                        -- null: of an order of nobody
    source_id int not null,
    order_no text,                         -- set when an order itself says it
    touched_at timestamptz not null,
    channel text,
    campaign text,
    code text,
    guide text,
    store text,
    import_id bigint not null default 0
);
create index ledger_touches_subject on ledger_touches (subject, touched_at) where subject is not null;
create index ledger_touches_order on ledger_touches (source_id, order_no) where order_no is not null;
create index ledger_touches_import on ledger_touches (import_id) where import_id <> 0;

-- Imports that something was posted of, so that taking one back is seen.
create table ledger_imports (
    import_id bigint primary key,
    reversed_at timestamptz
);

-- What one piece of a product costs, from a day on.
create table ledger_costs (
    sku text not null,
    from_on date not null,
    cost_minor bigint not null check (cost_minor >= 0),
    currency text not null,
    primary key (sku, currency, from_on)
);
