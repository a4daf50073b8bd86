-- The network of relations: whose customer somebody is, and in which chats. Folded from contact.* and group.* facts by a reader of its own.

alter table sources drop constraint sources_kind_check;
alter table sources add constraint sources_kind_check
    check (kind in ('system', 'file', 'http', 'channel', 'analytics', 'wecom', 'wechat', 'sms'));

-- The people of the brand who look after customers (导购), as the corp knows them.
create table guides (
    corp text not null,                      -- the corp's id; a guide's userid means something only in it
    guide text not null,                     -- userid
    name text not null default '',
    store text not null default '',          -- the department or shop
    position text not null default '',
    may_serve boolean not null default true, -- has 客户联系: may have customers
    left_at timestamptz,                     -- when we learned that they had gone
    kept_at timestamptz not null,
    primary key (corp, guide)
);

-- One row per guide and customer who are or were in contact. `subject` is the customer's identifier of that corp, not the person: merging
-- and undoing never rewrite it. Active while the newest adding is younger than the newest ending.
create table contacts (
    corp text not null,
    guide text not null,
    subject bigint not null,
    added_at timestamptz,
    added_key uuid,
    add_way int,                             -- the vendor's: 1 code, 16 acquisition link ...
    state text not null default '',          -- the code or link they came by
    ended_at timestamptz,
    ended_key uuid,
    ended_by text,                           -- guide, customer, transfer
    tags text[] not null default '{}',       -- the corp's tag ids on this relation
    tagged_at timestamptz,
    tagged_key uuid,
    is_active boolean not null generated always as (added_at is not null and (ended_at is null or added_at > ended_at)) stored,
    primary key (subject, corp, guide)
);
create index contacts_guide on contacts (corp, guide) where is_active;
create index contacts_state on contacts (state, added_at) where state <> '';

create table chat_groups (
    corp text not null,
    chat_id text not null,
    name text not null default '',
    owner text not null default '',          -- the guide who owns it
    made_at timestamptz,
    dismissed_at timestamptz,
    kept_at timestamptz not null,
    primary key (corp, chat_id)
);

create table group_members (
    corp text not null,
    chat_id text not null,
    subject bigint not null,
    joined_at timestamptz,
    joined_key uuid,
    join_scene int,
    inviter text not null default '',
    state text not null default '',          -- the code they came by
    left_at timestamptz,
    left_key uuid,
    is_in boolean not null generated always as (joined_at is not null and (left_at is null or joined_at > left_at)) stored,
    primary key (subject, corp, chat_id)
);
create index group_members_chat on group_members (corp, chat_id) where is_in;

-- The corp's tags, and what the brand says of them: who answers for a tag, what it means, how long it is true.
create table corp_tags (
    corp text not null,
    tag_id text not null,
    name text not null,
    group_id text not null,
    group_name text not null,
    position bigint not null default 0,
    deleted_at timestamptz,
    kept_at timestamptz not null,
    owner text not null default '',
    meaning text not null default '',
    lasts_for interval,
    primary key (corp, tag_id)
);
