-- Messages that were put off: few, looked through for those whose time is over.

create index sends_deferred on sends (started_at) where state = 'deferred';
