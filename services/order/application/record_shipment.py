"""Record goods that were sent."""

from services.order.application._find import lock_order, refuse_other_content, refuse_unknown_location
from services.order.application.carry_out_instructions import settle_at_once
from services.order.application.ports import Call, Catalogue, Stock, Store, Transaction
from services.order.domain.events import OrderShipped
from services.order.domain.shipments import Shipment, ship


async def record_shipment(
    store: Store, catalogue: Catalogue, stock: Stock, call: Call, order_id: str, shipment: Shipment
) -> bytes:
    """The order after it, serialised. A shipment that is recorded already changes nothing.

    That goods left is a fact, so it is recorded first and inventory is told afterwards, however long that
    takes. Raises the refusals of `ship`, `OrderUnknown`, `LocationUnknown`, `DocumentDiffers`.
    """
    await refuse_unknown_location(catalogue, shipment.location_id, "shipment.location_id")

    async def work(transaction: Transaction) -> bytes:
        if (answer := await transaction.recall(call)) is not None:
            return answer
        order = await lock_order(transaction, order_id)
        recorded = await transaction.find_shipment(order_id, shipment.shipment_id)
        if recorded is not None:
            refuse_other_content(recorded, shipment.digest, shipment.shipment_id)
            return await transaction.answer(call, order)
        shipped, instructions = ship(order, shipment)
        await transaction.save_orders([shipped])
        await transaction.add_shipment(order_id, shipment)
        await transaction.instruct(instructions)
        await transaction.record([OrderShipped(shipped, shipment)])
        return await transaction.answer(call, shipped)

    answer = await store.in_transaction(work)
    await settle_at_once(store, stock, [order_id])
    return answer
