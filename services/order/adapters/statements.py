"""All SQL of the service. A batch is one array per column, so its size never changes a statement."""

from sqlalchemy import text

# One statement for orders and lines: what another call has recorded first leaves no trace, and the ids that
# come back are those of the winner.
ADD_ORDERS = text(
    """
    with recorded as (
        insert into orders (
            order_id, channel, channel_order_id, request_id, digest, kind, state, hold_reasons,
            refusal_reason, customer_id, region, location_id, currency, shipping_micros, tax_micros,
            tax_included, total_micros, paid_micros, paid, accepted, placed_at, channel_version,
            recorded_at, trace_id, document, sourcing
        )
        select
            order_id, channel, channel_order_id, request_id, digest, kind, state,
            hold_reasons::smallint[], refusal_reason, customer_id, region, location_id, currency,
            shipping_micros, tax_micros, tax_included, total_micros, paid_micros, paid, accepted,
            placed_at, channel_version, recorded_at, trace_id, document, sourcing
        from unnest(
            cast(:order_id as uuid[]), cast(:channel as text[]), cast(:channel_order_id as text[]),
            cast(:request_id as text[]), cast(:digest as bytea[]), cast(:kind as smallint[]),
            cast(:state as smallint[]), cast(:hold_reasons as text[]), cast(:refusal_reason as smallint[]),
            cast(:customer_id as text[]), cast(:region as text[]), cast(:location_id as text[]),
            cast(:currency as text[]), cast(:shipping_micros as bigint[]), cast(:tax_micros as bigint[]),
            cast(:tax_included as boolean[]), cast(:total_micros as bigint[]), cast(:paid_micros as bigint[]),
            cast(:paid as boolean[]), cast(:accepted as boolean[]), cast(:placed_at as timestamptz[]),
            cast(:channel_version as timestamptz[]), cast(:recorded_at as timestamptz[]),
            cast(:trace_id as text[]), cast(:document as bytea[]), cast(:sourcing as bytea[])
        ) as batch (
            order_id, channel, channel_order_id, request_id, digest, kind, state, hold_reasons,
            refusal_reason, customer_id, region, location_id, currency, shipping_micros, tax_micros,
            tax_included, total_micros, paid_micros, paid, accepted, placed_at, channel_version,
            recorded_at, trace_id, document, sourcing
        )
        on conflict do nothing
        returning order_id
    ), lines as (
        insert into order_lines (
            order_id, number, line_id, sku, unit, stocked, total_micros, ordered, promised, short, shipped
        )
        select
            order_id, number, line_id, sku, unit, stocked, total_micros, ordered, promised::jsonb, short,
            shipped
        from unnest(
            cast(:line_order_id as uuid[]), cast(:number as smallint[]), cast(:line_id as text[]),
            cast(:sku as text[]), cast(:unit as smallint[]), cast(:stocked as boolean[]),
            cast(:line_total_micros as bigint[]), cast(:ordered as bigint[]), cast(:promised as text[]),
            cast(:short as bigint[]), cast(:shipped as bigint[])
        ) as batch (
            order_id, number, line_id, sku, unit, stocked, total_micros, ordered, promised, short, shipped
        )
        join recorded using (order_id)
    )
    select order_id from recorded
    """
)

# The first answer to a placed order stands in the event that told it.
FIND_PLACINGS = text(
    """
    select
        orders.order_id, orders.request_id, orders.digest,
        (
            select payload from outbox
            where key = orders.order_id::text and type = 'retailmesh.order.v1.OrderPlaced'
            order by position limit 1
        ) as payload
    from orders
    where order_id = any(cast(:order_ids as uuid[])) or request_id = any(cast(:request_ids as text[]))
    """
)

ORDER_COLUMNS = """
    select
        orders.*,
        array(
            select document from shipments where shipments.order_id = orders.order_id
            order by recorded_at, shipment_id
        ) as shipments,
        array(
            select document from returns where returns.order_id = orders.order_id
            order by recorded_at, return_id
        ) as returns
    from orders
    where order_id = any(cast(:order_ids as uuid[]))
    order by order_id
"""
FIND_ORDERS = text(ORDER_COLUMNS)
LOCK_ORDERS = text(f"{ORDER_COLUMNS} for update of orders")
FIND_LINES = text(
    """
    select * from order_lines where order_id = any(cast(:order_ids as uuid[])) order by order_id, number
    """
)

SAVE_ORDERS = text(
    """
    update orders set
        state = batch.state,
        hold_reasons = batch.hold_reasons::smallint[],
        overruled = batch.overruled::smallint[],
        paid_micros = batch.paid_micros,
        refunded_micros = batch.refunded_micros,
        paid = batch.paid,
        accepted = batch.accepted,
        channel_version = batch.channel_version,
        version = batch.version,
        document = batch.document,
        sourcing = batch.sourcing,
        shipped_from = array(select jsonb_array_elements_text(batch.shipped_from::jsonb))
    from unnest(
        cast(:order_id as uuid[]), cast(:state as smallint[]), cast(:hold_reasons as text[]),
        cast(:overruled as text[]), cast(:paid_micros as bigint[]), cast(:refunded_micros as bigint[]),
        cast(:paid as boolean[]), cast(:accepted as boolean[]), cast(:channel_version as timestamptz[]),
        cast(:version as integer[]), cast(:document as bytea[]), cast(:sourcing as bytea[]),
        cast(:shipped_from as text[])
    ) as batch (
        order_id, state, hold_reasons, overruled, paid_micros, refunded_micros, paid, accepted,
        channel_version, version, document, sourcing, shipped_from
    )
    where orders.order_id = batch.order_id
    """
)
SAVE_LINES = text(
    """
    update order_lines set
        sku = batch.sku,
        stocked = batch.stocked,
        promised = batch.promised::jsonb,
        short = batch.short,
        shipped = batch.shipped,
        cancelled = batch.cancelled,
        returned = batch.returned
    from unnest(
        cast(:order_id as uuid[]), cast(:number as smallint[]), cast(:sku as text[]),
        cast(:stocked as boolean[]), cast(:promised as text[]), cast(:short as bigint[]),
        cast(:shipped as bigint[]), cast(:cancelled as bigint[]), cast(:returned as bigint[])
    ) as batch (order_id, number, sku, stocked, promised, short, shipped, cancelled, returned)
    where order_lines.order_id = batch.order_id and order_lines.number = batch.number
    """
)

FIND_SHIPMENT = text(
    "select digest from shipments where order_id = cast(:order_id as uuid) and shipment_id = :shipment_id"
)
ADD_SHIPMENT = text(
    """
    insert into shipments (order_id, shipment_id, digest, document)
    values (cast(:order_id as uuid), :shipment_id, :digest, :document)
    """
)
FIND_RETURN = text("select order_id, digest from returns where channel = :channel and return_id = :return_id")
ADD_RETURN = text(
    """
    insert into returns (
        channel, return_id, order_id, digest, currency, amount_micros, returned_at, document
    ) values (
        :channel, :return_id, cast(:order_id as uuid), :digest, :currency, :amount_micros, :returned_at,
        :document
    )
    on conflict do nothing
    returning return_id
    """
)

# The process that records an instruction carries it out at once; only when it does not, another one shall.
INSTRUCT = text(
    """
    insert into instructions (request_id, subject, kind, instruction, traceparent, due_at)
    select
        request_id, subject, kind, instruction::jsonb, traceparent,
        now() + cast(:grace as float8) * interval '1 second'
    from unnest(
        cast(:request_ids as text[]), cast(:subjects as text[]), cast(:kinds as text[]),
        cast(:instructions as text[]), cast(:traceparents as text[])
    ) with ordinality as batch (request_id, subject, kind, instruction, traceparent, number)
    order by number
    on conflict do nothing
    """
)
FIND_INSTRUCTIONS = text(
    """
    select distinct on (subject)
        position, subject, kind, instruction::text as instruction, traceparent
    from instructions
    where subject = any(cast(:subjects as text[]))
    order by subject, position
    """
)
FIND_DUE_INSTRUCTIONS = text(
    """
    select position, subject, kind, instruction::text as instruction, traceparent
    from instructions
    where due_at <= now() and not exists (
        select from instructions as earlier
        where earlier.subject = instructions.subject and earlier.position < instructions.position
    )
    order by position limit :limit
    """
)
FORGET_INSTRUCTIONS = text(
    "delete from instructions where position = any(cast(:positions as bigint[])) returning position"
)
POSTPONE = text(
    """
    update instructions set
        attempts = attempts + 1,
        due_at = now() + least(
            cast(:first as float8) * 2 ^ least(attempts, 20), cast(:longest as float8)
        ) * interval '1 second',
        last_error = batch.error
    from unnest(cast(:positions as bigint[]), cast(:errors as text[])) as batch (position, error)
    where instructions.position = batch.position
    """
)

# An order with waiting instructions is being sourced already.
FIND_SHORT_ORDERS = text(
    """
    select order_id from orders
    where state in (3, 5)
        and order_id in (
            select order_id from order_lines where short > 0 and sku = any(cast(:skus as text[]))
        )
        and not exists (select from instructions where subject = orders.order_id::text)
    order by position limit :limit
    """
)
FIND_SHORT_SKUS = text(
    "select distinct sku from order_lines where short > 0 and sku > :after order by sku limit :limit"
)

AMEND_ANSWER = text(
    "update idempotency set response = :response where rpc = :rpc and request_id = :request_id"
)

# ---- reading

WANTED = """
    (cast(:states as smallint[]) = '{}' or state = any(cast(:states as smallint[])))
    and (cast(:kind as smallint) = 0 or kind = cast(:kind as smallint))
    and (cast(:channel as text) = '' or channel = :channel)
    and (cast(:placed_from as timestamptz) is null or placed_at >= :placed_from)
    and (cast(:placed_before as timestamptz) is null or placed_at < :placed_before)
"""
# Whoever promises now, or has sent; a till's sale is supplied by its store.
PLACES = """
    case when kind = 2 then 1 else (
        select count(*) from (
            select unnest(orders.shipped_from)
            union
            select jsonb_object_keys(promised) from order_lines
            where order_lines.order_id = orders.order_id and promised <> '{}'
        ) as place
    ) end
"""
# An order is cancelled as a whole, or by giving back line after line; only the first is an event of its own.
CALLED_OFF = """
    state = 7 and exists (
        select from outbox
        where key = orders.order_id::text and type = 'retailmesh.order.v1.OrderCancelled'
    )
"""
LIST_ORDERS = text(
    f"""
    select position, order_id::text, channel, channel_order_id, kind, state, hold_reasons, currency,
        total_micros, refunded_micros, {PLACES} as places, placed_at, document, {CALLED_OFF} as called_off
    from orders
    where position > :after and {WANTED}
    order by position limit :limit
    """
)
LIST_UNLINKED_RETURNS = text(
    """
    select channel, return_id, document from returns
    where order_id is null and (channel, return_id) > (:channel_after, :return_after)
        and (cast(:channel as text) = '' or channel = :channel)
    order by channel, return_id limit :limit
    """
)
HISTORY = text(
    """
    select event_id::text, type, time, traceparent, payload, published_at from outbox
    where key = :order_id order by position
    """
)
COUNT_ORDERS = text(
    f"""
    select kind, state, coalesce(hold_reasons[1], 0) as hold_reason,
        coalesce(refusal_reason, 0) as refusal_reason, count(*) as orders
    from orders where {WANTED}
    group by 1, 2, 3, 4 order by 1, 2, 3, 4
    """
)
COUNT_SPLIT_ORDERS = text(f"select count(*) from orders where kind = 1 and {WANTED} and {PLACES} > 1")
COUNT_RETURNS = text(
    """
    select count(*) from returns
    where (cast(:placed_from as timestamptz) is null or returned_at >= :placed_from)
        and (cast(:placed_before as timestamptz) is null or returned_at < :placed_before)
    """
)
