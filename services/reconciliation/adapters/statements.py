"""All SQL of the service, built once."""

from sqlalchemy import BigInteger, bindparam, insert, select

from services.reconciliation.adapters.tables import found_break, run

INSERT_RUN = insert(run)

INSERT_BREAKS = insert(found_break)

FIND_RUN = select(run.c.message).where(run.c.run_id == bindparam("run_id"))

LIST_BREAKS = (
    select(found_break.c.position, found_break.c.message)
    .where(
        found_break.c.run_id == bindparam("run_id"),
        found_break.c.position > bindparam("after", type_=BigInteger),
    )
    .order_by(found_break.c.position)
    .limit(bindparam("limit", type_=BigInteger))
)
