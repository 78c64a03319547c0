"""Create or replace promotions."""

from collections.abc import Sequence
from datetime import datetime

from services.master_data.application.ports import Call, Store
from services.master_data.domain.catalogue import Promotion
from services.master_data.domain.events import PromotionChanged
from services.master_data.domain.recorded import Upserted, refuse_duplicates


async def upsert_promotions(
    store: Store, call: Call, promotions: Sequence[Promotion], now: datetime
) -> Upserted:
    """All of the batch or nothing; a promotion that is the same already makes no event.

    Raises `DuplicateInBatch`.
    """
    refuse_duplicates("promotion", (promotion.promotion_id for promotion in promotions))
    async with store.begin() as transaction:
        if answered := await transaction.recall(call):
            return answered
        versions = await transaction.save_promotions(promotions, now)
        changed = [promotion for promotion in promotions if promotion.promotion_id in versions]
        await transaction.record([PromotionChanged(promotion) for promotion in changed], now)
        return await transaction.answer(call, Upserted.counted(versions.values(), len(promotions)))
