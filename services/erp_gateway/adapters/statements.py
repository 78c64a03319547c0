"""All SQL of the service, built once."""

from typing import Any

from sqlalchemy import (
    ARRAY,
    BigInteger,
    DateTime,
    Select,
    Text,
    Uuid,
    bindparam,
    case,
    literal,
    null,
    select,
    text,
)
from sqlalchemy.dialects.postgresql import JSONB, insert

from services.erp_gateway.adapters.tables import customer, erp_call, posting

INSTANT = DateTime(timezone=True)

# A repeat of the event that brought the fact finds the posting there already.
ADD_POSTINGS = insert(posting).on_conflict_do_nothing(index_elements=["posting_id"])

_ORDER_IDS = posting.c.order_id == bindparam("order_ids", type_=ARRAY(Text)).any_()

FIND_OF_ORDERS = select(posting).where(_ORDER_IDS).order_by(posting.c.position)

LOCK_POSTING = (
    select(posting).where(posting.c.posting_id == bindparam("posting_id", type_=Uuid)).with_for_update()
)

# A new position puts them behind the sale that they need.
NEED_POSTINGS = text("""
UPDATE posting
SET state = 'PENDING', failure = '', next_attempt_at = :now, position = DEFAULT
WHERE posting_id = ANY(:posting_ids) AND state = 'SKIPPED'
""").bindparams(bindparam("posting_ids", type_=ARRAY(Uuid)), bindparam("now", type_=INSTANT))

NAMELESS = literal({"customer_name": ""}, JSONB)

_PROGRESS: dict[str, Any] = {
    "state": bindparam("state"),
    "steps": bindparam("steps", type_=JSONB),
    "failure": bindparam("failure"),
    "tries": bindparam("tries", type_=BigInteger),
}

_OF = posting.c.posting_id == bindparam("of", type_=Uuid)

# Whoever saves holds the posting's row from here to the commit, so its calls have one order.
_LATEST_HASH = (
    select(erp_call.c.hash)
    .where(erp_call.c.posting_id == posting.c.posting_id)
    .order_by(erp_call.c.position.desc())
    .limit(1)
    .scalar_subquery()
    .label("latest_hash")
)

_LEASED = posting.c.lease == bindparam("of_lease", type_=Uuid)

RENEW = (
    posting.update()
    .where(_OF, _LEASED)
    .values(**_PROGRESS, leased_until=bindparam("until", type_=INSTANT))
    .returning(_LATEST_HASH)
)

RENEW_LEASES = (
    posting.update()
    .where(posting.c.lease == bindparam("leases", type_=ARRAY(Uuid)).any_())
    .values(leased_until=bindparam("until", type_=INSTANT))
)

RELEASE = (
    posting.update()
    .where(_OF, _LEASED)
    .values(
        **_PROGRESS,
        # The ERP has the customer's name now; here it is needed no longer.
        fact=case(
            (bindparam("ended_at", type_=INSTANT).is_(None), posting.c.fact),
            else_=posting.c.fact.op("||", return_type=JSONB)(NAMELESS),
        ),
        posted_at=bindparam("ended_at", type_=INSTANT),
        next_attempt_at=bindparam("at", type_=INSTANT),
        lease=null(),
        leased_until=null(),
    )
    .returning(posting, _LATEST_HASH)
)

PUT_BACK = posting.update().where(_OF).values(**_PROGRESS, next_attempt_at=bindparam("at", type_=INSTANT))

# The postings of one order go one after the other: a credit note needs its sale.
CLAIM = text("""
UPDATE posting SET lease = gen_random_uuid(), leased_until = :leased_until
FROM (
    SELECT position FROM posting AS due
    WHERE state IN ('PENDING', 'POSTING')
      AND next_attempt_at <= :now
      AND (leased_until IS NULL OR leased_until < :now)
      AND NOT EXISTS (
          SELECT FROM posting AS earlier
          WHERE earlier.order_id = due.order_id
            AND earlier.position < due.position
            AND earlier.state IN ('PENDING', 'POSTING', 'FAILED')
      )
    ORDER BY next_attempt_at
    LIMIT :limit
    FOR UPDATE SKIP LOCKED
) AS taken
WHERE posting.position = taken.position
RETURNING posting.*
""").columns(*posting.c)

NEXT_DUE = text("""
SELECT min(greatest(next_attempt_at, coalesce(leased_until, next_attempt_at)))
FROM posting WHERE state IN ('PENDING', 'POSTING')
""")

GET_CUSTOMER = select(customer.c.document_id, customer.c.owner).where(
    customer.c.customer_key == bindparam("customer_key")
)

# The first that asks has to open the account, and the next one after it gave up.
ASK_CUSTOMER = text("""
INSERT INTO customer (customer_key, owner, document_id) VALUES (:customer_key, :owner, '')
ON CONFLICT (customer_key) DO UPDATE
SET owner = CASE WHEN customer.owner = :nobody THEN :owner ELSE customer.owner END
RETURNING document_id, owner
""").bindparams(bindparam("owner", type_=Uuid), bindparam("nobody", type_=Uuid))

KNOW_CUSTOMER = (
    customer.update()
    .where(customer.c.customer_key == bindparam("key"), customer.c.document_id == "")
    .values(document_id=bindparam("document_id"))
)

GIVE_UP_CUSTOMER = (
    customer.update()
    .where(customer.c.owner == bindparam("of", type_=Uuid), customer.c.document_id == "")
    .values(owner=bindparam("nobody", type_=Uuid))
)

ADD_CALLS = insert(erp_call)

MOST_CALLS = 2_000

LIST_CALLS = (
    select(erp_call)
    .where(erp_call.c.posting_id == bindparam("posting_id", type_=Uuid))
    .order_by(erp_call.c.position)
    .limit(MOST_CALLS)
)


def list_postings(order_id: str, states: list[str]) -> Select[Any]:
    """Postings behind ``after``, oldest first, at most ``limit``."""
    query = select(posting).where(posting.c.position > bindparam("after", type_=BigInteger))
    if order_id:
        query = query.where(posting.c.order_id == bindparam("order_id"))
    if states:
        query = query.where(posting.c.state == bindparam("states", type_=ARRAY(Text)).any_())
    return query.order_by(posting.c.position).limit(bindparam("limit", type_=BigInteger))


GET_POSTING = select(posting).where(posting.c.posting_id == bindparam("posting_id", type_=Uuid))

BACKLOG = text("""
SELECT count(*) FILTER (WHERE state IN ('PENDING', 'POSTING')) AS pending,
       count(*) FILTER (WHERE state = 'POSTED') AS posted,
       count(*) FILTER (WHERE state = 'FAILED') AS failed,
       count(*) FILTER (WHERE state = 'SKIPPED') AS skipped,
       count(*) FILTER (WHERE state = 'POSTED' AND posted_at > :since) AS lately,
       min(posted_at) FILTER (WHERE state = 'POSTED' AND posted_at > :since) AS lately_from,
       max(posted_at) FILTER (WHERE state = 'POSTED' AND posted_at > :since) AS lately_until,
       extract(epoch FROM percentile_disc(0.5) WITHIN GROUP (ORDER BY posted_at - created_at)) AS lag_p50,
       extract(epoch FROM percentile_disc(0.99) WITHIN GROUP (ORDER BY posted_at - created_at)) AS lag_p99
FROM posting
""").bindparams(bindparam("since", type_=INSTANT))

CALLS_SUMMARY = text("""
SELECT count(*) FILTER (WHERE status = 429) AS throttled,
       count(*) FILTER (WHERE outcome = 'UNKNOWN') AS unknown
FROM erp_call
""")
