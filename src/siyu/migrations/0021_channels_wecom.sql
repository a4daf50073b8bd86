-- Mass sending in WeCom (企业群发): tasks that guides must confirm, who each is for, and what became of each. docs/decisions/0024.

-- One task = one guide, one text. planned -> calling -> made -> ended; a call whose outcome nobody knows is looked up before it is repeated.
create table mass_tasks (
    task_id bigint generated always as identity primary key,
    channel text not null,
    account_id bigint not null,
    corp text not null,
    guide text not null,                     -- userid
    origin text not null,
    origin_id bigint not null,
    purpose text not null,
    content_id bigint not null,
    content_version int not null,
    body text not null,                      -- what is sent: the same for everybody in the task
    state text not null check (state in ('planned', 'calling', 'made', 'ended')),
    msgid text not null default '',          -- WeCom's number of the task
    tries int not null default 0,
    code text not null default '',           -- why it is late or ended without being sent
    why text not null default '',
    planned_at timestamptz not null,
    expires_at timestamptz not null,         -- after it the guide need not confirm any more
    next_at timestamptz not null,            -- when to call, or to ask what became of it
    next_stop_at timestamptz not null default '-infinity',  -- when to try again to stop it
    called_at timestamptz,                   -- of the last call
    call_until timestamptz,                  -- by the database's clock: after it nobody is calling any more
    made_at timestamptz,
    confirmed_at timestamptz,                -- the guide sent it
    cancelled_at timestamptz,
    ended_at timestamptz,
    reminded_at timestamptz[] not null default '{}'
);
create index mass_tasks_due on mass_tasks (channel, next_at) where state <> 'ended';
create index mass_tasks_origin on mass_tasks (origin, origin_id);
create unique index mass_tasks_msgid on mass_tasks (account_id, msgid) where msgid <> '';

-- Who a task is for. An intent stands in one task that is under way or has reached them, never in two: this index is the law.
create table mass_recipients (
    task_id bigint not null references mass_tasks,
    intent_id bigint not null,
    token bigint not null,                   -- of the permit's claim
    person_id bigint not null,               -- as of the planning
    subject bigint not null,                 -- the customer's identifier in that corp
    state text not null default 'open'
        check (state in ('open', 'sent', 'not_friend', 'quota', 'unconfirmed', 'cancelled', 'refused')),
    settled_at timestamptz,
    primary key (task_id, intent_id)
);
create unique index mass_recipients_once on mass_recipients (intent_id) where state in ('open', 'sent');

-- Files as WeCom knows them: a media_id lives three days.
create table mass_media (
    account_id bigint not null,
    use text not null,                       -- message, moment
    digest bytea not null,
    media_id text not null,
    expires_at timestamptz not null,
    primary key (account_id, use, digest)
);

-- Posts to Moments (朋友圈): asynchronous at the vendor, published by each guide.
create table moment_tasks (
    moment_task_id bigint generated always as identity primary key,
    account_id bigint not null,
    content_id bigint not null,
    content_version int not null,
    guides text[] not null,
    state text not null check (state in ('planned', 'calling', 'making', 'made', 'ended', 'failed', 'unknown', 'cancelled')),
    jobid text not null default '',
    moment_id text not null default '',
    code text not null default '',
    why text not null default '',
    made_by text not null default '',
    tries int not null default 0,
    created_at timestamptz not null,
    next_at timestamptz not null,
    called_at timestamptz,
    call_until timestamptz,
    made_at timestamptz,
    cancelled_at timestamptz,
    ended_at timestamptz
);
create index moment_tasks_due on moment_tasks (next_at) where state in ('planned', 'calling', 'making', 'made');

create table moment_guides (
    moment_task_id bigint not null references moment_tasks,
    guide text not null,                     -- userid
    is_published boolean not null default false,
    likes int not null default 0,
    comments int not null default 0,
    seen_at timestamptz not null,
    primary key (moment_task_id, guide)
);

-- Files that hang on messages: pictures of cards, documents, videos. Named by their SHA-256.
-- room: content
create table content_files (
    digest bytea primary key,
    name text not null,
    kind text not null check (kind in ('image', 'video', 'file')),
    body bytea not null,
    kept_at timestamptz not null
);
alter table content_versions add column attachments jsonb not null default '[]';

-- Somebody's allowance on a platform that is used up until a moment, as the platform told us.
-- room: gate
create table spent_allowances (
    subject bigint not null,                 -- identifier_id
    channel text not null,
    spent_until timestamptz not null,
    noted_at timestamptz not null,
    primary key (subject, channel)
);
