-- Claimed permits that nobody has said no to since: what a channel looks at last before it calls its vendor.

create view wanted_permits as
select p.intent_id, p.token, p.channel, p.person_id, p.lease_until
from permits p
where p.state = 'claimed'
  and not exists (
      select 1 from identifiers i join withdrawals w on w.subject = i.identifier_id
      where i.person_id = (select x.person_id from identifiers x where x.identifier_id = p.person_id)
        and w.channel in (p.channel, '*') and w.purpose in (p.purpose, '*') and w.withdrawn_at >= p.claimed_at)
  and not exists (select 1 from taken_back t where t.origin = p.origin and t.origin_id = p.origin_id and p.intent_id <= t.up_to)
  and not exists (select 1 from held_origins h where h.origin = p.origin and h.origin_id = p.origin_id);
