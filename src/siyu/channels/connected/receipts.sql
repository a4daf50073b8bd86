-- What vendors said about our messages, in the next stretch of the log; and always its last row, which is the new place.
-- name: read_log
with stretch as materialized (
    select f.xid, f.seq, f.key, f.type, f.subject, f.occurred_at, case when f.type = any(%(types)s) then f.data end as data
    from facts f
    where (f.xid, f.seq) > (%(xid)s::xid8, %(seq)s) and f.xid < pg_snapshot_xmin(pg_current_snapshot())
    order by f.xid, f.seq
    limit %(limit)s
)
select s.xid::text, s.seq, s.key::text, s.type, s.subject, s.occurred_at, s.data
from stretch s
where s.data is not null or (s.xid, s.seq) = (select l.xid, l.seq from stretch l order by l.xid desc, l.seq desc limit 1)
order by s.xid, s.seq;

-- Whose number it is. A number of the vendor's is one of its account only, so the receipt's address must be the message's.
-- name: sends_of_receipts
select w.no, s.intent_id
from unnest(%(numbers)s::text[], %(channels)s::text[], %(subjects)s::bigint[]) with ordinality as w(number, channel, subject, no)
join sends s on s.vendor_id = w.number and s.address_id = w.subject and starts_with(s.channel, w.channel);
