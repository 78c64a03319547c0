-- Each query must return no row, at any time. Run them with `retailmesh invariants`.

-- name: every identifier names an existing product
select identifier.scheme, identifier.key, identifier.sku
from identifier left join product using (sku)
where product.sku is null

-- name: every product has its own SKU as a name
select product.sku
from product
left join identifier on identifier.scheme = 'sku' and identifier.key = product.sku
where identifier.sku is distinct from product.sku

-- name: every identifier is in the normal form of its scheme
select scheme, key, value, sku
from identifier
where key <> case scheme
    when 'gtin' then ltrim(translate(btrim(value), ' -', ''), '0')
    else btrim(value)
end

-- name: no two products share an identifier
select scheme, key, count(distinct sku) as products
from identifier
group by scheme, key
having count(distinct sku) > 1

-- name: every price names an existing product
select price.sku, price.price_list, price.valid_from
from price left join product using (sku)
where product.sku is null

-- name: no price is negative
select sku, price_list, valid_from, amount_micros
from price
where amount_micros < 0

-- name: every version counts from one
select 'product' as resource, sku as id, version from product where version < 1
union all
select 'location', location_id, version from location where version < 1
union all
select 'customer', customer_id, version from customer where version < 1

-- name: every event is published within five minutes
select position, type, key, time
from outbox
where published_at is null and time < now() - interval '5 minutes'
