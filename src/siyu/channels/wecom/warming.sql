-- What hangs on welcomes, in WeCom's store ahead of time.

-- name: ready_media
select digest, media_id from mass_media
where account_id = %(account_id)s and use = 'message' and digest = any(%(digests)s::bytea[]) and expires_at > %(now)s::timestamptz + interval '1 minute';

-- name: forget_media
update mass_media set expires_at = 'epoch', again_at = null
where account_id = %(account_id)s and use = 'message' and digest = any(%(digests)s::bytea[]);

-- Files of contents in use that WeCom does not have for long, ours to upload for a while.
-- name: claim_cold
insert into mass_media (account_id, use, digest, media_id, expires_at, again_at)
select a.account_id, 'message', x.digest, '', 'epoch', %(held)s
from (
    select distinct decode(hung->>'file', 'hex') as digest
    from contents c join content_versions v using (content_id, version), jsonb_array_elements(v.attachments) as hung
    where c.channel = %(channel)s and c.archived_at is null and hung->>'file' ~ '^[0-9a-f]{64}$'
) x cross join unnest(%(accounts)s::bigint[]) as a(account_id)
left join mass_media m on m.account_id = a.account_id and m.use = 'message' and m.digest = x.digest
where m.digest is null or (m.expires_at <= %(until)s and (m.again_at is null or m.again_at <= %(now)s))
order by m.expires_at nulls first limit %(limit)s
on conflict (account_id, use, digest) do update set again_at = excluded.again_at
    where mass_media.again_at is null or mass_media.again_at <= %(now)s
returning account_id, digest, tries;

-- name: media_kept
update mass_media set tries = 0, again_at = null, error = '' where account_id = %(account_id)s and use = 'message' and digest = %(digest)s;

-- name: media_failed
update mass_media set tries = tries + 1, again_at = %(again_at)s, error = %(error)s
where account_id = %(account_id)s and use = 'message' and digest = %(digest)s;

-- name: media_states
select d, bool_and(coalesce(m.expires_at > %(now)s, false)), coalesce(max(m.error), '')
from unnest(%(digests)s::bytea[]) as d cross join unnest(%(accounts)s::bigint[]) as a
left join mass_media m on m.account_id = a and m.use = 'message' and m.digest = d group by d;
