-- name: behind
select i.scope, i.value, i.person_id, coalesce(p.name_shown, '')
from identifiers i left join profiles p using (person_id)
where i.kind = 'external_userid' and i.lookup = any(%(lookups)s::bytea[]) and i.value is not null;
