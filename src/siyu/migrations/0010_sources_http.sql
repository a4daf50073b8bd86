-- WHERE FROM: what the HTTP source keeps beside the facts.

-- A message that could not be taken, sealed with the installation's key, to be shown and mended. Only the newest of a source are kept.
create table http_rejects (
    reject_id bigint generated always as identity primary key,
    source_id int not null references sources,
    received_at timestamptz not null,
    code text not null,                    -- sources/texts.toml: http_<code>
    field text not null default '',
    message_type text not null default '',
    body_sealed bytea not null
);
create index http_rejects_source on http_rejects (source_id, reject_id desc);

-- How many were put aside, for ever, by day and reason.
create table http_reject_days (
    source_id int not null references sources,
    on_date date not null,
    code text not null,
    rejects_n bigint not null,
    primary key (source_id, on_date, code)
);

-- The first message that completed an order: a thank-you page that is loaded twice does not sell twice.
create table http_orders (
    source_id int not null references sources,
    order_no text not null,
    message_id text not null,
    amount_minor bigint not null,
    currency text not null,
    primary key (source_id, order_no)
);
