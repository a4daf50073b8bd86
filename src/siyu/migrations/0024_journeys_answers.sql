-- WHAT, by keywords: rules, the messages of an answer, and what was answered.
create table answers (
    answer_id bigint generated always as identity primary key,
    name text not null unique,
    account text not null default '',        -- appid or open_kfid; empty = every one
    channels text[] not null,                -- official, kf
    keywords text[] not null,
    matching text not null check (matching in ('exact', 'contains', 'pattern')),
    priority int not null default 50,        -- the higher one answers where several fit
    from_hour text not null default '',      -- "09:00" by the brand's clock; both empty = always
    to_hour text not null default '',
    content_ids bigint[] not null default '{}',  -- article, product, how-to: in this order
    is_handover boolean not null default false,  -- these words call a person
    cooldown interval not null default '10 minutes',
    is_on boolean not null default true,
    changed_by text not null default '',
    changed_at timestamptz not null
);

-- One row for each message of a customer that was looked at. What they wrote is not here.
create table answer_hits (
    hit_id bigint generated always as identity primary key,
    fact_key uuid not null unique,
    answer_id bigint,                        -- null = no rule fitted
    person_id bigint not null,               -- as of the message
    subject bigint not null,
    channel text not null,
    account text not null,
    outcome text not null,                   -- answered, missed, handed_over, resting, quiet: see journeys/answers/words.py
    asked_n int not null default 0,
    said_at timestamptz not null,
    looked_at timestamptz not null
);
create index answer_hits_subject on answer_hits (subject, said_at desc);
create index answer_hits_rule on answer_hits (answer_id, said_at);

-- Conversations that a person should take. Whoever hands them on at the vendor notes it in desk_moves.
create table answer_handovers (
    handover_id bigint generated always as identity primary key,
    subject bigint not null,
    channel text not null,
    account text not null,
    why text not null,                       -- asked, misses
    asked_at timestamptz not null,
    ended_at timestamptz                     -- closed by staff, or by the desk
);
create index answer_handovers_open on answer_handovers (subject, channel) where ended_at is null;
