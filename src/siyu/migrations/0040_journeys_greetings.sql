-- Rules that speak when somebody comes: follows an official account, or enters a desk of 微信客服.
alter table answers add column occasion text not null default 'words' check (occasion in ('words', 'coming'));

alter table answer_hits
    add column occasion text not null default 'words',  -- what the fact was: something written or pressed, or a coming
    add column first_key uuid;                          -- of a greeting at a desk: the intent that goes by the code of the coming

create index answer_hits_waiting on answer_hits (hit_id) where outcome = 'waiting';
create index answer_hits_first on answer_hits (first_key) where first_key is not null;
