"""Try a failed posting again."""

from datetime import datetime
from uuid import UUID

from services.erp_gateway.application.ports import Call, Store
from services.erp_gateway.domain.postings import PostingState, retried
from services.erp_gateway.domain.refusals import PostingNotFailed


async def retry_posting(store: Store, call: Call, posting_id: UUID, now: datetime) -> None:
    """Idempotent by request id. Raises `PostingNotFailed`, `NotFound`, `RequestIdReused`."""
    async with store.begin() as transaction:
        if await transaction.recall(call):
            return
        posting = await transaction.get(posting_id)
        if posting.state is not PostingState.FAILED:
            # The same call, come twice at once, waited here for its twin.
            if await transaction.recall(call):
                return
            state = posting.state.value
            raise PostingNotFailed(f"posting {posting_id} is {state}", field="posting_id", state=state)
        await transaction.put_back(retried(posting), now)
        await transaction.answered(call, posting_id)
