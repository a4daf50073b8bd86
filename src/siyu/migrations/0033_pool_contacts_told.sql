-- By what code or link a relation came is what was last told of it, which need not be the fact that began it: a hand-over begins a relation
-- and says nothing of codes, and the corp's own list may correct an adding of the same minute.

alter table contacts add column told_at timestamptz, add column told_key uuid;
