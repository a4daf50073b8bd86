-- Welcomes with pictures and cards, contacts that are half added, welcomes by person.

-- Somebody who adds a guide may come in two facts: half added (the guide has not confirmed), then added. They are one adding: the fact that
-- was read later carries the key of the other one and is not counted.
alter table live_code_scans add column is_half boolean not null default false;
alter table live_code_scans add column twin_key uuid;
alter table live_code_scans add column decide_at timestamptz;  -- of a welcome that waits to learn who somebody is: no longer than this
alter table live_code_scans drop constraint live_code_scans_welcome_check;
alter table live_code_scans add constraint live_code_scans_welcome_check
    check (welcome in ('asked', 'no_code', 'no_content', 'no_match', 'waiting', 'greeted'));
create index live_code_scans_twin on live_code_scans (twin_key) where twin_key is not null;
create index live_code_scans_waiting on live_code_scans (decide_at) where welcome = 'waiting';

-- Uploads that failed, and when to try again. Without a media_id nothing is there.
alter table mass_media add column tries int not null default 0;
alter table mass_media add column again_at timestamptz;
alter table mass_media add column error text not null default '';

-- Who joined by a code of a group.
create index group_members_state on group_members (corp, state) where state <> '';
