-- Conversations of 微信客服 that a person should take and that nobody handed on yet.
-- name: open_handovers
select h.handover_id, h.account, i.value, i.scope
from answer_handovers h join identifiers i on i.identifier_id = h.subject
where h.channel = 'kf' and h.ended_at is null and h.asked_at <= %(before)s and i.value is not null
  and not exists (select 1 from desk_moves m where m.handover_id = h.handover_id)
order by h.handover_id limit %(limit)s;

-- name: note_move
insert into desk_moves (handover_id, state, code, tried_at) values (%(handover_id)s, %(state)s, %(code)s, %(at)s)
on conflict (handover_id) do update set state = excluded.state, code = excluded.code, tried_at = excluded.tried_at;

-- name: moves
select handover_id, state, code, tried_at from desk_moves where handover_id = any(%(ids)s::bigint[]);

-- It was definitely not done: the next round tries again.
-- name: forget_move
delete from desk_moves where handover_id = %(handover_id)s;
