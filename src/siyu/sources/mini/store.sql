-- name: keep_session
insert into mini_sessions (digest, account_id, source_id, subject, made_at, expires_at)
values (%(digest)s, %(account_id)s, %(source_id)s, %(subject)s, %(now)s, %(expires_at)s);

-- name: forget_old
delete from mini_sessions where session_id in (
    select session_id from mini_sessions where expires_at < %(now)s order by expires_at limit 50 for update skip locked);

-- Only while the account is in use, and its openid not erased.
-- name: session
select s.account_id, s.source_id, o.name, i.value, i.scope
from mini_sessions s
join vendor_accounts a on a.account_id = s.account_id and a.state = 'on'
join identifiers i on i.identifier_id = s.subject
join sources o on o.source_id = s.source_id and o.closed_at is null
where s.digest = %(digest)s and s.expires_at > %(now)s and i.value is not null and i.erased_at is null;

-- name: source
select source_id from sources where name = %(name)s;

-- name: ring
notify siyu;

-- name: subject
select identifier_id from identifiers where kind = 'openid' and scope = %(scope)s and lookup = %(lookup)s;
