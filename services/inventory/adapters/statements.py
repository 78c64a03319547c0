"""All SQL of the service, built once. A batch is one array per column: its size never changes a statement."""

from sqlalchemy import text

# ---- locking
# Every writer takes the rows of levels first and in this order, so two batches never wait for each other in
# a circle. Whoever holds a level also holds the reservations at it.

LOCK_CANDIDATES = text(
    """
    select sku, location_id, unit, on_hand, reserved, safety_stock, version, counted_at
    from levels
    where sku = any(cast(:skus as text[])) and location_id = any(cast(:location_ids as text[]))
    order by sku, location_id
    for no key update
    """
)

# Named levels, and all at which these orders have or had promises.
LOCK_LEVELS = text(
    """
    select sku, location_id, unit, on_hand, reserved, safety_stock, version, counted_at
    from levels
    join (
        select * from unnest(cast(:skus as text[]), cast(:location_ids as text[]))
        union
        select sku, location_id from reservations
        where order_id = any(cast(:order_ids as uuid[])) and state in (1, 5)
    ) as wanted (sku, location_id) using (sku, location_id)
    order by sku, location_id
    for no key update of levels
    """
)

FIND_CANDIDATES = text(
    """
    select sku, location_id, unit, on_hand, reserved, safety_stock, version, counted_at
    from levels
    where sku = any(cast(:skus as text[])) and location_id = any(cast(:location_ids as text[]))
    """
)

RESERVATIONS_OF_ORDERS = text(
    """
    select cast(order_id as text), line_id, sku, location_id, quantity, state, reserved_at
    from reservations
    where order_id = any(cast(:order_ids as uuid[])) and state in (1, 5)
    """
)

# The newest promises at each level that together reach a quantity.
NEWEST_RESERVATIONS = text(
    """
    select newest.*
    from unnest(cast(:skus as text[]), cast(:location_ids as text[]), cast(:quantities as bigint[]))
        as wanted (sku, location_id, quantity)
    cross join lateral (
        select cast(order_id as text), line_id, sku, location_id, quantity, state, reserved_at
        from (
            select *, sum(quantity) over (
                order by reserved_at desc, order_id desc, line_id desc
                rows between unbounded preceding and current row
            ) - quantity as newer
            from reservations
            where sku = wanted.sku and location_id = wanted.location_id and state = 1
        ) as ranked
        where newer < wanted.quantity
    ) as newest
    """
)

# Effects on shelves of what happened after an instant; corrections of the ledger alone are left out.
MOVED_SINCE = text(
    """
    select sku, location_id, sum(case when to_bucket = 1 then quantity else -quantity end) as quantity
    from movements
    join unnest(cast(:skus as text[]), cast(:location_ids as text[])) as wanted (sku, location_id)
        using (sku, location_id)
    where occurred_at > :instant and cause = any(cast(:causes as smallint[]))
    group by sku, location_id
    """
)

# ---- writing

# A second process may have given the product its unit meanwhile: the level takes that one.
CREATE_UNITS = text(
    """
    insert into sku_units (sku, unit)
    select distinct on (sku) sku, unit
    from unnest(cast(:skus as text[]), cast(:units as smallint[])) as given (sku, unit)
    order by sku
    on conflict do nothing
    """
)
CREATE_LEVELS = text(
    """
    insert into levels (sku, location_id, unit, on_hand, reserved, safety_stock, version)
    select sku, location_id, unit, 0, 0, 0, 0
    from unnest(cast(:skus as text[]), cast(:location_ids as text[])) as given (sku, location_id)
    join sku_units using (sku)
    order by sku, location_id
    on conflict do nothing
    """
)

# What promises change of a level; the columns not sent are what encoding a bulk of orders mostly costs.
SAVE_RESERVED = text(
    """
    update levels
    set reserved = new.reserved, version = new.version
    from unnest(
        cast(:skus as text[]), cast(:location_ids as text[]), cast(:reserved as bigint[]),
        cast(:versions as bigint[])
    ) as new (sku, location_id, reserved, version)
    where levels.sku = new.sku and levels.location_id = new.location_id
    """
)

SAVE_LEVELS = text(
    """
    update levels
    set on_hand = new.on_hand, reserved = new.reserved, safety_stock = new.safety_stock,
        version = new.version, counted_at = new.counted_at
    from unnest(
        cast(:skus as text[]), cast(:location_ids as text[]), cast(:on_hand as bigint[]),
        cast(:reserved as bigint[]), cast(:safety_stock as bigint[]), cast(:versions as bigint[]),
        cast(:counted_at as timestamptz[])
    ) as new (sku, location_id, on_hand, reserved, safety_stock, version, counted_at)
    where levels.sku = new.sku and levels.location_id = new.location_id
    """
)

ADD_MOVEMENTS = text(
    """
    insert into movements (
        sku, location_id, from_bucket, to_bucket, quantity, cause, source_reference, occurred_at, reason
    )
    select * from unnest(
        cast(:skus as text[]), cast(:location_ids as text[]), cast(:from_buckets as smallint[]),
        cast(:to_buckets as smallint[]), cast(:quantities as bigint[]), cast(:causes as smallint[]),
        cast(:source_references as text[]), cast(:occurred_at as timestamptz[]), cast(:reasons as text[])
    )
    """
)

# What is still open there was not read, and the new promise comes on top of it.
ADD_RESERVATIONS = text(
    """
    insert into reservations as known (order_id, line_id, sku, location_id, quantity, state, reserved_at)
    select new.*, cast(:now as timestamptz)
    from unnest(
        cast(:order_ids as uuid[]), cast(:line_ids as text[]), cast(:skus as text[]),
        cast(:location_ids as text[]), cast(:quantities as bigint[]), cast(:states as smallint[])
    ) as new
    on conflict (order_id, line_id, sku, location_id) do update
    set quantity = excluded.quantity + case when known.state = 1 then known.quantity else 0 end,
        state = excluded.state,
        reserved_at = excluded.reserved_at
    """
)

SAVE_RESERVATIONS = text(
    """
    update reservations
    set quantity = new.quantity, state = new.state, reserved_at = new.reserved_at
    from unnest(
        cast(:order_ids as uuid[]), cast(:line_ids as text[]), cast(:skus as text[]),
        cast(:location_ids as text[]), cast(:quantities as bigint[]), cast(:states as smallint[]),
        cast(:reserved_at as timestamptz[])
    ) as new (order_id, line_id, sku, location_id, quantity, state, reserved_at)
    where reservations.order_id = new.order_id and reservations.line_id = new.line_id
        and reservations.sku = new.sku and reservations.location_id = new.location_id
    """
)

# ---- holds

# A recorded order stays recorded: what is promised to it later does not lapse either.
SAVE_HOLDS = text(
    """
    insert into holds as known (order_id, expires_at)
    select * from unnest(cast(:order_ids as uuid[]), cast(:expires_at as timestamptz[]))
    on conflict (order_id) do update
    set expires_at = greatest(known.expires_at, excluded.expires_at)
    where known.expires_at is not null
    """
)

# Those that a writer holds are being extended or recorded right now, and can wait for the next sweep.
TAKE_EXPIRED_HOLDS = text(
    """
    delete from holds
    where order_id in (
        select order_id from holds where expires_at <= :now
        order by expires_at limit :limit
        for update skip locked
    )
    returning cast(order_id as text)
    """
)

RECORD_ORDERS = text(
    """
    update holds set expires_at = null
    where order_id = any(cast(:order_ids as uuid[])) and expires_at is not null
    returning cast(order_id as text)
    """
)

# Orders that had nothing promised, or nothing any more.
RECORD_OTHER_ORDERS = text(
    """
    insert into holds (order_id)
    select unnest(cast(:order_ids as uuid[]))
    on conflict (order_id) do update set expires_at = null where holds.expires_at is not null
    """
)

# ---- sourcing

ALL_LOCATIONS = text("select location_id, kind, region, ships, version from locations")
ALL_RULES = text(
    """
    select channel, name, use_warehouses, use_stores, prefer_region, region_only, max_split, version
    from sourcing_rules
    """
)
SAVE_LOCATIONS = text(
    """
    insert into locations as known (location_id, kind, region, ships, version)
    select * from unnest(
        cast(:location_ids as text[]), cast(:kinds as smallint[]), cast(:regions as text[]),
        cast(:ships as boolean[]), cast(:versions as bigint[])
    ) as new (location_id, kind, region, ships, version)
    order by location_id
    on conflict (location_id) do update
    set kind = excluded.kind, region = excluded.region, ships = excluded.ships, version = excluded.version
    where known.version < excluded.version
    """
)
SAVE_RULE = text(
    """
    insert into sourcing_rules as known (
        channel, name, use_warehouses, use_stores, prefer_region, region_only, max_split, version
    )
    values (
        :channel, :name, :use_warehouses, :use_stores, :prefer_region, :region_only, :max_split, 1
    )
    on conflict (channel) do update
    set name = excluded.name, use_warehouses = excluded.use_warehouses, use_stores = excluded.use_stores,
        prefer_region = excluded.prefer_region, region_only = excluded.region_only,
        max_split = excluded.max_split, version = known.version + 1
    returning version
    """
)

# ---- reading

FIND_LEVELS = text(
    """
    select sku, location_id, unit, on_hand, reserved, safety_stock, version
    from levels
    where sku = any(cast(:skus as text[]))
        and (cardinality(cast(:location_ids as text[])) = 0
            or location_id = any(cast(:location_ids as text[])))
    order by sku, location_id
    limit :limit
    """
)
LIST_RESERVATIONS = text(
    """
    select cast(order_id as text), line_id, sku, location_id, quantity, unit, state, expires_at
    from reservations
    join sku_units using (sku)
    left join holds using (order_id)
    where order_id = cast(:order_id as uuid)
    order by line_id, sku, location_id
    """
)
