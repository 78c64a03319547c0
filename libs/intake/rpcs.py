"""The five RPCs about raw messages that every gateway serves alike."""

from collections.abc import Callable
from datetime import datetime
from types import ModuleType
from typing import Any
from uuid import UUID

from google.protobuf.message import Message as ProtobufMessage

from libs.idempotency import digest_of
from libs.intake.desk import Call, Desk, Filter
from libs.intake.protos import BY_NUMBER, STATES, record_to_proto
from libs.paging import DEFAULT_PAGE_SIZE
from retailmesh.type.v1 import intake_pb2, page_pb2


class IntakeRpcs:
    """A servicer inherits this; ``contract`` is the module of its requests and answers."""

    def __init__(self, desk: Desk, contract: ModuleType, now: Callable[[], datetime]) -> None:
        self._desk = desk
        self._contract = contract
        self._now = now

    async def ListMessages(self, request: Any, context: object) -> Any:
        asked = request.filter
        wanted = Filter([BY_NUMBER[state] for state in asked.states], asked.business_key, asked.order_id)
        size = request.page.page_size or DEFAULT_PAGE_SIZE
        page = await self._desk.list(wanted, size, request.page.page_token)
        return self._contract.ListMessagesResponse(
            messages=map(record_to_proto, page.rows),
            page=page_pb2.PageResponse(next_page_token=page.next_token),
        )

    async def GetMessage(self, request: Any, context: object) -> Any:
        record = await self._desk.get(UUID(request.message_id))
        return self._contract.GetMessageResponse(message=record_to_proto(record))

    async def ResubmitMessage(self, request: Any, context: object) -> Any:
        record = await self._desk.resubmit(
            call_of(request), UUID(request.message_id), request.corrected_body, self._now()
        )
        return self._contract.ResubmitMessageResponse(message=record_to_proto(record))

    async def DismissMessage(self, request: Any, context: object) -> Any:
        record = await self._desk.dismiss(
            call_of(request), UUID(request.message_id), request.reason, self._now()
        )
        return self._contract.DismissMessageResponse(message=record_to_proto(record))

    async def SummarizeMessages(self, request: Any, context: object) -> Any:
        counts, refused = await self._desk.summarize()
        return self._contract.SummarizeMessagesResponse(
            counts=[
                intake_pb2.IntakeCount(
                    topic=count.topic,
                    state=STATES[count.state],
                    reason=count.reason,
                    messages=count.messages,
                )
                for count in counts
            ],
            refused_unread=refused,
        )


def call_of(request: ProtobufMessage) -> Call:
    rpc = request.DESCRIPTOR.name.removesuffix("Request")
    return Call(rpc, request.request_id, digest_of(request))  # type: ignore[attr-defined]  # both have one
