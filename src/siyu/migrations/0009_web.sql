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
-- The people that a filter of the customers page lets through; null = no such condition. Inlined, so that the index of each order is used.
create function web_people(
    the_stage text, the_tag text, known boolean, reach text, least_spent bigint,
    ordered_since timestamptz, ordered_before timestamptz, has_order boolean
) returns setof profiles language sql stable as $$
    select p.* from profiles p
    where (the_stage is null or p.stage = the_stage)
        and (the_tag is null or p.tags @> array[the_tag])
        and (known is null or p.is_known = known)
        and (least_spent is null or p.spent_minor >= least_spent)
        and (ordered_since is null or p.last_order_at >= ordered_since)
        and (ordered_before is null or p.last_order_at < ordered_before)
        and (has_order is null or (p.orders_n > 0) = has_order)
        and (reach is null or exists (
            select from identifiers i where i.person_id = p.person_id and i.kind = reach and i.unreachable_at is null
        ))
$$;
