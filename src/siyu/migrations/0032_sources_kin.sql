-- Since when somebody is waited for by a pending id: asked for every customer who is kept.

create index sync_strangers_waiting on sync_strangers (corp, asked_at) where state = 'pending';
