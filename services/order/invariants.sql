-- Each query must return no row, at any time. Run them with `retailmesh invariants`.

-- name: no channel order is recorded twice
select channel, channel_order_id, count(*) as orders
from orders
group by channel, channel_order_id
having count(*) > 1

-- name: every accepted order adds up to a minor unit unless a person overruled it
select orders.order_id, total_micros, shipping_micros, tax_micros, lines.micros as line_micros
from orders
join lateral (
    select coalesce(sum(order_lines.total_micros), 0) as micros
    from order_lines where order_lines.order_id = orders.order_id
) as lines on true
where accepted and not 2 = any(overruled)
    and abs(
        lines.micros + shipping_micros + case when tax_included then 0 else tax_micros end - total_micros
    ) > case
        when currency in (
            'BIF', 'CLP', 'DJF', 'GNF', 'ISK', 'JPY', 'KMF', 'KRW', 'PYG', 'RWF', 'UGX', 'VND', 'VUV', 'XAF',
            'XOF', 'XPF'
        ) then 1000000
        when currency in ('BHD', 'IQD', 'JOD', 'KWD', 'LYD', 'OMR', 'TND') then 1000
        else 10000
    end

-- name: what was given back of an order is the sum of its returns and at most what was paid
select orders.order_id, paid_micros, refunded_micros, coalesce(given.micros, 0) as returned_micros
from orders
left join (
    select order_id, sum(amount_micros) as micros from returns where order_id is not null group by order_id
) as given using (order_id)
where refunded_micros <> coalesce(given.micros, 0) or refunded_micros > greatest(paid_micros, 0)

-- name: every return of an order names an order
select returns.channel, returns.return_id, returns.order_id
from returns left join orders using (order_id)
where returns.order_id is not null and orders.order_id is null

-- name: every stocked line of a sourced order is promised, short, sent or called off
select order_id, number, ordered, promised, short, shipped, cancelled
from order_lines join orders using (order_id)
where kind = 1 and state in (1, 3, 5, 6, 7) and stocked
    and ordered <> short + shipped + cancelled
        + coalesce((select sum(value::bigint) from jsonb_each_text(promised)), 0)

-- name: every promise is of a positive quantity
select order_id, number, promised
from order_lines
where promised <> '{}' and exists (select from jsonb_each_text(promised) where value::bigint <= 0)

-- name: every line belongs to an order, and every order that is not refused has a line
select order_lines.order_id, 'line without order' as problem
from order_lines left join orders using (order_id)
where orders.order_id is null
union all
select order_id, 'order without lines'
from orders
where state <> 4 and not exists (select from order_lines where order_lines.order_id = orders.order_id)

-- name: the state of every order agrees with its lines
select orders.order_id, state, lines.*
from orders
join lateral (
    select
        coalesce(bool_or(short > 0), false) as waiting,
        coalesce(bool_or(shipped > 0), false) as sent,
        coalesce(bool_or(promised <> '{}'), false) as promised,
        coalesce(bool_or(stocked and ordered > shipped + cancelled), false) as expected
    from order_lines where order_lines.order_id = orders.order_id
) as lines on true
where kind = 1 and not case state
    when 1 then not waiting and not sent
    when 3 then waiting and not sent
    when 5 then sent and expected
    when 6 then sent and not expected and not promised
    when 7 then not waiting and not promised and not expected
    when 4 then not promised and not sent
    else true
end

-- name: goods of a storefront order are sent if and only if a shipment is recorded
select orders.order_id, state
from orders
where kind = 1 and exists (select from shipments where shipments.order_id = orders.order_id)
    <> exists (select from order_lines where order_lines.order_id = orders.order_id and shipped > 0)

-- name: every order was announced once
select orders.order_id, count(outbox.position) as announcements
from orders
left join outbox on outbox.key = orders.order_id::text and outbox.type = 'retailmesh.order.v1.OrderPlaced'
group by orders.order_id
having count(outbox.position) <> 1

-- name: every event is published within five minutes
select position, type, key, time
from outbox
where published_at is null and time < now() - interval '5 minutes'

-- name: inventory is told within ten minutes
select position, kind, subject, attempts, last_error, recorded_at
from instructions
where recorded_at < now() - interval '10 minutes'
