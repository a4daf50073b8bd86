-- Group mass sends (群群发): what guides send to the chats they own. Their tasks stand in mass_tasks with channel 'wecom_group'.

create table group_sends (
    group_send_id bigint generated always as identity primary key,
    name text not null,
    account_id bigint not null,
    corp text not null,
    content_id bigint not null,
    content_version int not null,
    state text not null check (state in ('draft', 'scheduled', 'running', 'done', 'cancelled')),
    confirm_for interval not null,           -- how long the owners may take to confirm, from the start
    made_by text not null default '',
    made_at timestamptz not null,
    start_at timestamptz,                    -- when it is to begin
    started_at timestamptz,                  -- when its groups were first given to their owners
    expires_at timestamptz,                  -- after it nobody need confirm any more
    next_at timestamptz not null default '-infinity',  -- when chats that wait are looked at again
    cancelled_at timestamptz,
    ended_at timestamptz
);
create index group_sends_live on group_sends (start_at) where state in ('scheduled', 'running');

-- A chat stands once in a send, and in one task at most: this key is the law against writing to it twice.
create table mass_groups (
    group_send_id bigint not null references group_sends,
    chat_id text not null,
    guide text not null default '',          -- its owner when it was chosen, then the one whose task it is in
    size int not null default 0,             -- customers in it then
    task_id bigint references mass_tasks,
    state text not null default 'planned'
        check (state in ('planned', 'open', 'sent', 'quota', 'capped', 'unconfirmed', 'cancelled', 'refused')),
    code text not null default '',           -- why it waits, or did not get it
    why text not null default '',
    settled_at timestamptz,
    primary key (group_send_id, chat_id)
);
create index mass_groups_task on mass_groups (task_id);
create index mass_groups_open on mass_groups (chat_id) where state = 'open';

-- A lost answer is looked up by the text: so of one guide and one text only one call may be in doubt.
create unique index mass_tasks_one_doubt on mass_tasks (account_id, guide, md5(body)) where channel = 'wecom_group' and state = 'calling';

-- All messages to chats that WeCom lists, the corp's and the guides' own, read for what chats have had.
create table group_messages (
    account_id bigint not null,
    msgid text not null,
    made_at timestamptz not null,
    read_at timestamptz not null,
    is_settled boolean not null default false,  -- nothing changes any more
    primary key (account_id, msgid)
);

-- Which chat got which of them, and when.
create table group_receipts (
    account_id bigint not null,
    msgid text not null,
    chat_id text not null,
    corp text not null,
    sent_at timestamptz not null,
    primary key (account_id, msgid, chat_id)
);
create index group_receipts_chat on group_receipts (corp, chat_id, sent_at);

-- When an account's list was last read to its end, and when to try again where that failed.
create table group_looks (
    account_id bigint primary key,
    looked_at timestamptz,
    next_at timestamptz not null
);
