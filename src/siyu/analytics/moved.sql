-- What was known of a broadcast's people when they were divided: as the persons they are today. Numbers only.
-- Days are whole days before the draw, -1 where there was no order; the stage is its place in the list given.
-- name: copy_past
copy (
    with w as materialized (
        select distinct i.person_id, min(m.person_id) as member
        from broadcast_members m join identifiers i on i.identifier_id = m.person_id
        where m.broadcast_id = %(broadcast_id)s
        group by 1
    ), o as (
        select w.person_id, count(*) as n, sum(o.paid_minor - o.refunded_minor) filter (where o.currency = %(currency)s) as spent,
               min(o.paid_at) as first_at, max(o.paid_at) as last_at
        from w
        join identifiers i on i.person_id = w.person_id
        join orders o on o.subject = i.identifier_id
        where o.paid_minor > 0 and o.paid_at < %(from_at)s
        group by 1
    )
    select w.person_id, coalesce(o.n, 0)::bigint, coalesce(o.spent, 0)::bigint,
           coalesce(floor(extract(epoch from %(from_at)s::timestamptz - o.last_at) / 86400), -1)::bigint,
           coalesce(floor(extract(epoch from %(from_at)s::timestamptz - o.first_at) / 86400), -1)::bigint,
           coalesce(array_position(%(stages)s::text[], split_part(m.stratum, ' ', 1)), 0)::bigint
    from w
    join broadcast_members m on m.broadcast_id = %(broadcast_id)s and m.person_id = w.member
    left join o on o.person_id = w.person_id
    order by w.person_id
) to stdout (format binary);
