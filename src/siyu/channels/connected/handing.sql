-- Conversations that a person should take: not yet handed on, or nobody was there the last time.
-- name: open_handovers
select h.handover_id, h.channel, h.account, i.value, i.scope, h.asked_at
from answer_handovers h join identifiers i on i.identifier_id = h.subject
left join desk_moves m on m.handover_id = h.handover_id
where h.ended_at is null and h.asked_at <= %(before)s and i.value is not null
  and (m.handover_id is null or (m.state = 'waiting' and m.tried_at <= %(again)s))
order by h.handover_id limit %(limit)s;

-- Conversations that WeChat gives back by itself: an agent took them long ago and did not close them.
-- name: given_back
select h.handover_id from answer_handovers h join desk_moves m on m.handover_id = h.handover_id
where h.channel = 'official' and h.ended_at is null and m.state = 'moved' and m.tried_at <= %(before)s;

-- name: note_move
insert into desk_moves (handover_id, state, code, tried_at) values (%(handover_id)s, %(state)s, %(code)s, %(at)s)
on conflict (handover_id) do update set state = excluded.state, code = excluded.code, tried_at = excluded.tried_at;

-- name: moves
select handover_id, state, code, tried_at from desk_moves where handover_id = any(%(ids)s::bigint[]);

-- It was definitely not done: the next round tries again.
-- name: forget_move
delete from desk_moves where handover_id = %(handover_id)s;
