-- Each query must return no row, at any time. Run them with `retailmesh invariants`.

-- name: on hand is the sum of the ledger
select sku, location_id, levels.on_hand, coalesce(ledger.on_hand, 0) as of_ledger
from levels
full join (
    select sku, location_id,
        sum(case when to_bucket = 1 then quantity when from_bucket = 1 then -quantity else 0 end) as on_hand
    from movements
    group by sku, location_id
) as ledger using (sku, location_id)
where levels.on_hand is distinct from coalesce(ledger.on_hand, 0)

-- name: reserved is the sum of the open reservations
select sku, location_id, levels.reserved, coalesce(promised.reserved, 0) as of_reservations
from levels
full join (
    select sku, location_id, sum(quantity) as reserved
    from reservations
    where state = 1
    group by sku, location_id
) as promised using (sku, location_id)
where levels.reserved is distinct from coalesce(promised.reserved, 0)

-- name: nothing is promised that is not there
select sku, location_id, on_hand, reserved from levels where reserved > on_hand

-- name: no level is negative
select sku, location_id, on_hand, reserved, safety_stock
from levels
where on_hand < 0 or reserved < 0 or safety_stock < 0

-- name: a product has one unit everywhere
select levels.sku, levels.location_id, levels.unit, sku_units.unit as of_product
from levels left join sku_units using (sku)
where levels.unit is distinct from sku_units.unit

-- name: every movement goes from one bucket to another, one of them at the location
select position, sku, location_id, from_bucket, to_bucket, quantity
from movements
where quantity <= 0 or (from_bucket = 1) = (to_bucket = 1)

-- name: no promise outlives its expiry by more than a minute
select holds.order_id, expires_at
from holds
where expires_at < now() - interval '1 minute'

-- name: every order with a promise is tentative or recorded
select distinct order_id
from reservations left join holds using (order_id)
where state = 1 and holds.order_id is null

-- name: there is a rule for channels without one
select 'no rule *' as problem
where not exists (select from sourcing_rules where channel = '*')

-- name: every event is published within five minutes
select position, type, key, time
from outbox
where published_at is null and time < now() - interval '5 minutes'
