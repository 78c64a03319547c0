"""All SQL of the service, built once. A batch is one array per column: its size never changes a statement."""

from typing import Any

from sqlalchemy import (
    ARRAY,
    BigInteger,
    BindParameter,
    ColumnElement,
    DateTime,
    Select,
    String,
    Table,
    TableValuedAlias,
    Text,
    any_,
    bindparam,
    column,
    delete,
    func,
    literal,
    or_,
    select,
    text,
    tuple_,
)
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.sql.dml import ReturningInsert

from services.master_data.adapters.tables import customer, identifier, location, price, product, promotion
from services.master_data.domain.identifiers import Scheme

SET_BY_SERVICE = ("version", "changed_at")

NOW = bindparam("now", type_=DateTime(timezone=True))
AFTER = bindparam("after", type_=Text())
LIMIT = bindparam("limit", type_=BigInteger())


def array(name: str, kind: Any = Text) -> BindParameter[Any]:
    """A parameter that holds one column of the batch."""
    return bindparam(name, type_=ARRAY(Text if isinstance(kind, String) else kind))


def batch(*names: str, of: Table) -> TableValuedAlias:
    """The batch as rows, made of the parameters named like these columns of a table."""
    kinds = {name: of.c[name].type for name in names}
    arrays = (array(name, kind) for name, kind in kinds.items())
    columns = (column(name, kind) for name, kind in kinds.items())
    return func.unnest(*arrays).table_valued(*columns).render_derived(name="batch")


def upsert(table: Table, *, only_if_different: bool = True) -> ReturningInsert[Any]:
    """Write the rows of a batch that are new or differ; answer their keys and versions.

    A row that is the same already is locked and left alone, so two concurrent batches agree on who changed
    what. Rows are taken in the order of their keys, so two batches cannot wait for each other in a circle.
    """
    given = [item.name for item in table.c if item.name not in SET_BY_SERVICE]
    keys = [item.name for item in table.primary_key]
    values = [name for name in given if name not in keys]
    rows = batch(*given, of=table)
    new = select(*(rows.c[name] for name in given), literal(1, BigInteger), NOW)
    write = insert(table).from_select(
        [*given, *SET_BY_SERVICE], new.order_by(*(rows.c[name] for name in keys)), include_defaults=False
    )
    differs = or_(*(table.c[name].is_distinct_from(write.excluded[name]) for name in values))
    return write.on_conflict_do_update(
        index_elements=keys,
        set_={name: write.excluded[name] for name in (*values, "changed_at")}
        | {"version": table.c.version + 1},
        where=differs if only_if_different else None,
    ).returning(*(table.c[name] for name in keys), table.c.version)


def other_names() -> ColumnElement[Any]:
    """A product's names as pairs of scheme and value, without its own SKU."""
    pair = func.jsonb_build_array(identifier.c.scheme, identifier.c.value)
    of_product = (identifier.c.sku == product.c.sku) & (identifier.c.scheme != Scheme.SKU.value)
    return select(func.jsonb_agg(pair)).where(of_product).scalar_subquery().label("identifiers")


def after(table: Table, key: ColumnElement[Any], *more: ColumnElement[Any]) -> Select[Any]:
    """A page: rows behind a key, in the order of the keys."""
    return select(table, *more).where(key > AFTER).order_by(key).limit(LIMIT)


# One writer of products at a time. Readers, and prices that refer to products, go on.
LOCK_PRODUCTS = text("select pg_advisory_xact_lock(hashtextextended('master_data.product', 0))")

# Whether a product differs includes its names, which other rows hold: the domain has compared them already.
SAVE_PRODUCTS = upsert(product, only_if_different=False)
SAVE_PRICES = upsert(price)
SAVE_PROMOTIONS = upsert(promotion)
SAVE_LOCATIONS = upsert(location)
SAVE_CUSTOMERS = upsert(customer)

NAME = tuple_(identifier.c.scheme, identifier.c.key)
NAMES = batch("scheme", "key", of=identifier)
CLAIMS = batch("scheme", "key", "value", "sku", of=identifier)

RELEASE_NAMES = delete(identifier).where(NAME.in_(select(NAMES.c.scheme, NAMES.c.key)))
CLAIM_NAMES = insert(identifier).from_select(["scheme", "key", "value", "sku"], select(CLAIMS))
FIND_HOLDERS = select(identifier.c.scheme, identifier.c.key, identifier.c.sku).join(
    NAMES, (identifier.c.scheme == NAMES.c.scheme) & (identifier.c.key == NAMES.c.key)
)

FIND_PRODUCTS = select(product, other_names()).where(product.c.sku == any_(array("sku")))
FIND_PROMOTIONS = select(promotion).where(promotion.c.promotion_id == any_(array("promotion_id")))
FIND_CUSTOMERS = select(customer).where(customer.c.customer_id == any_(array("customer_id")))
LIST_PRODUCTS = after(product, product.c.sku, other_names())
LIST_LOCATIONS = after(location, location.c.location_id)

SKUS = batch("sku", of=product)
UNKNOWN_SKUS = (
    select(SKUS.c.sku)
    .where(~select(product.c.sku).where(product.c.sku == SKUS.c.sku).exists())
    .order_by(SKUS.c.sku)
)
PRICE_AT = (
    select(price)
    .where(
        price.c.sku == SKUS.c.sku,
        price.c.price_list == bindparam("price_list", type_=Text()),
        price.c.valid_from <= bindparam("at", type_=DateTime(timezone=True)),
    )
    .order_by(price.c.valid_from.desc())
    .limit(1)
    .lateral("price_at")
)
FIND_PRICES = select(PRICE_AT).select_from(SKUS.join(PRICE_AT, literal(True)))
