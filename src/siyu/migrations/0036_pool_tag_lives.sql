-- Since when each relation carries the tags that have a life: to end them costs by how many are due, not by how many there are.

create table tag_lives (
    subject bigint not null,
    corp text not null,
    guide text not null,
    tag_id text not null,
    since_at timestamptz not null,           -- when it was put on; where the log does not say, when the relation's tags were last told
    primary key (subject, corp, guide, tag_id)
);
create index tag_lives_since on tag_lives (corp, tag_id, since_at);

-- What is there is taken over; from this place of the log on a reader goes on, also with what the release before this one still folds.
insert into cursors (reader, xid, seq) select 'pool.relations.lives', xid, seq from cursors where reader = 'pool.relations';
insert into tag_lives (subject, corp, guide, tag_id, since_at)
select c.subject, c.corp, c.guide, t.tag_id, greatest(coalesce(f.put_at, c.tagged_at, c.added_at), c.added_at)
from corp_tags t
join contacts c on c.corp = t.corp and t.tag_id = any(c.tags) and c.is_active
left join lateral (
    select max(f.occurred_at) as put_at from facts f
    where f.subject = c.subject and f.type = 'tag.added' and f.object = c.guide and f.data->>'tag_id' = t.tag_id
) f on true
where t.lasts_for is not null;

-- Welcome codes that are still kept: looked for every minute among all who ever came.
create index live_code_scans_tickets on live_code_scans (added_at) where welcome_code <> '';
