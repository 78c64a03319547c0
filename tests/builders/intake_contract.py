"""The five RPCs about raw messages, tested alike at every gateway that serves them.

A gateway's test module inherits `IntakeContract`; its conftest gives ``store`` (keeps a message that
is ``broken`` or ``whole``, or the first whole one again as ``repeat``), ``intact`` (a body that corrects the
broken one), ``broken_still``, ``desk_settled`` and ``contract`` (the module of requests).
"""

from uuid import uuid4

import grpc
import pytest

from retailmesh.type.v1 import intake_pb2, page_pb2
from tests.builders.polling import poll_until
from tests.builders.refused import refused

QUARANTINED = intake_pb2.INTAKE_STATE_QUARANTINED
APPLIED = intake_pb2.INTAKE_STATE_APPLIED
DISMISSED = intake_pb2.INTAKE_STATE_DISMISSED
IGNORED = intake_pb2.INTAKE_STATE_IGNORED


def a_filter(**fields):
    return intake_pb2.IntakeFilter(**fields)


class IntakeContract:
    async def test_messages_are_listed_newest_first_without_bodies(self, grpc_stub, contract, store):
        events = [await store(kind) for kind in ("broken", "whole", "whole")]
        page = page_pb2.PageRequest(page_size=2)
        first = await grpc_stub.ListMessages(contract.ListMessagesRequest(page=page))
        page.page_token = first.page.next_page_token
        second = await grpc_stub.ListMessages(contract.ListMessagesRequest(page=page))
        assert [one.message_id for one in (*first.messages, *second.messages)] == events[::-1]
        assert not any(one.body for one in first.messages)
        assert second.page.next_page_token == ""

    async def test_a_list_can_be_narrowed_by_state_document_and_order(self, grpc_stub, contract, store):
        broken, whole = await store("broken"), await store("whole")

        async def listed(**fields):
            answer = await grpc_stub.ListMessages(contract.ListMessagesRequest(filter=a_filter(**fields)))
            return [one.message_id for one in answer.messages]

        async def applied():
            return await listed(states=[APPLIED])

        assert await poll_until(applied) == [whole]
        assert await listed(states=[QUARANTINED, DISMISSED]) == [broken]
        assert await listed(order_id="order-1") == [whole]
        message = (await grpc_stub.GetMessage(contract.GetMessageRequest(message_id=whole))).message
        assert await listed(business_key=message.business_key) == [whole]

    async def test_a_token_of_another_list_is_refused(self, grpc_stub, contract):
        with refused("ERROR_REASON_PAGE_TOKEN_INVALID"):
            page = page_pb2.PageRequest(page_token="AAAA")
            await grpc_stub.ListMessages(contract.ListMessagesRequest(page=page))

    async def test_an_unspecified_state_is_refused(self, grpc_stub, contract):
        with refused("ERROR_REASON_INVALID_FIELD") as seen:
            await grpc_stub.ListMessages(contract.ListMessagesRequest(filter=a_filter(states=[0])))
        assert seen.field == "filter.states[0]"

    async def test_a_message_is_answered_with_its_body_and_its_problems(self, grpc_stub, contract, store):
        broken = await store("broken")
        message = (await grpc_stub.GetMessage(contract.GetMessageRequest(message_id=broken))).message
        assert (message.state, message.reason) == (QUARANTINED, "invalid")
        assert message.body
        assert message.problems[0].rule
        assert len(message.trace_id) == 32

    async def test_an_unknown_message_is_not_found(self, grpc_stub, contract):
        with refused("ERROR_REASON_NOT_FOUND") as seen:
            await grpc_stub.GetMessage(contract.GetMessageRequest(message_id=str(uuid4())))
        assert seen.code is grpc.StatusCode.NOT_FOUND

    @pytest.mark.parametrize("message_id", ["", "17", "not-a-uuid"])
    async def test_a_malformed_id_is_refused(self, grpc_stub, contract, message_id):
        with refused("ERROR_REASON_INVALID_FIELD") as seen:
            await grpc_stub.GetMessage(contract.GetMessageRequest(message_id=message_id))
        assert seen.field == "message_id"

    async def test_a_corrected_message_is_applied(self, grpc_stub, contract, store, intact):
        broken = await store("broken")
        request = contract.ResubmitMessageRequest(request_id="r1", message_id=broken, corrected_body=intact)
        message = (await grpc_stub.ResubmitMessage(request)).message
        assert (message.state, message.order_id, message.body) == (APPLIED, "order-1", intact)
        assert message.business_key

    async def test_a_repeated_resubmission_gets_the_first_answer(self, grpc_stub, contract, store, intact):
        request = contract.ResubmitMessageRequest(
            request_id="r1", message_id=await store("broken"), corrected_body=intact
        )
        first = await grpc_stub.ResubmitMessage(request)
        assert await grpc_stub.ResubmitMessage(request) == first

    async def test_a_request_id_reused_with_another_body_is_refused(self, grpc_stub, contract, store, intact):
        request = contract.ResubmitMessageRequest(
            request_id="r1", message_id=await store("broken"), corrected_body=intact
        )
        await grpc_stub.ResubmitMessage(request)
        request.corrected_body = b"another"
        with refused("ERROR_REASON_REQUEST_ID_REUSED") as seen:
            await grpc_stub.ResubmitMessage(request)
        assert seen.code is grpc.StatusCode.ALREADY_EXISTS

    async def test_a_correction_that_breaks_a_rule_names_it(self, grpc_stub, contract, store, broken_still):
        broken = await store("broken")
        body, field = broken_still
        with refused("ERROR_REASON_BODY_INVALID") as seen:
            await grpc_stub.ResubmitMessage(
                contract.ResubmitMessageRequest(request_id="r1", message_id=broken, corrected_body=body)
            )
        assert (seen.code, seen.field) == (grpc.StatusCode.INVALID_ARGUMENT, field)

    async def test_what_is_not_in_quarantine_is_neither_applied_again_nor_dismissed(
        self, grpc_stub, contract, store
    ):
        whole = await store("whole")
        with refused("ERROR_REASON_NOT_QUARANTINED") as seen:
            await grpc_stub.ResubmitMessage(
                contract.ResubmitMessageRequest(request_id="r1", message_id=whole)
            )
        assert seen.code is grpc.StatusCode.FAILED_PRECONDITION
        with refused("ERROR_REASON_NOT_QUARANTINED"):
            await grpc_stub.DismissMessage(
                contract.DismissMessageRequest(request_id="r2", message_id=whole, reason="no")
            )

    async def test_a_mutation_of_an_unknown_message_is_not_found(self, grpc_stub, contract):
        with refused("ERROR_REASON_NOT_FOUND"):
            await grpc_stub.ResubmitMessage(
                contract.ResubmitMessageRequest(request_id="r1", message_id=str(uuid4()))
            )
        with refused("ERROR_REASON_NOT_FOUND"):
            await grpc_stub.DismissMessage(
                contract.DismissMessageRequest(request_id="r1", message_id=str(uuid4()), reason="no")
            )

    async def test_a_dismissed_message_stays_with_the_persons_words(self, grpc_stub, contract, store):
        request = contract.DismissMessageRequest(
            request_id="r1", message_id=await store("broken"), reason="sent by mistake"
        )
        first = await grpc_stub.DismissMessage(request)
        assert (first.message.state, first.message.note) == (DISMISSED, "sent by mistake")
        assert await grpc_stub.DismissMessage(request) == first
        request.reason = "another word"
        with refused("ERROR_REASON_REQUEST_ID_REUSED"):
            await grpc_stub.DismissMessage(request)

    async def test_a_mutation_without_its_required_fields_is_refused(self, grpc_stub, contract):
        with refused("ERROR_REASON_INVALID_FIELD") as seen:
            await grpc_stub.ResubmitMessage(contract.ResubmitMessageRequest(message_id=str(uuid4())))
        assert seen.field == "request_id"
        with refused("ERROR_REASON_INVALID_FIELD") as seen:
            await grpc_stub.DismissMessage(
                contract.DismissMessageRequest(request_id="r1", message_id=str(uuid4()))
            )
        assert seen.field == "reason"

    async def test_a_summary_counts_by_kind_state_and_reason(self, grpc_stub, contract, store, desk_settled):
        for kind in ("broken", "whole", "repeat"):
            await store(kind)
        await desk_settled()
        answer = await grpc_stub.SummarizeMessages(contract.SummarizeMessagesRequest())
        counts = {(one.state, one.reason): one.messages for one in answer.counts}
        assert counts == {(QUARANTINED, "invalid"): 1, (APPLIED, ""): 1, (IGNORED, "duplicate"): 1}
        assert answer.refused_unread == 0

    @pytest.mark.parametrize("workload", ["order", "stranger"])
    async def test_nobody_else_may_ask(self, grpc_create_channel, grpc_stub_cls, contract, workload):
        stub = grpc_stub_cls(grpc_create_channel(workload))
        with refused("ERROR_REASON_CALLER_NOT_ALLOWED"):
            await stub.SummarizeMessages(contract.SummarizeMessagesRequest())
        with refused("ERROR_REASON_CALLER_NOT_ALLOWED"):
            await stub.GetMessage(contract.GetMessageRequest(message_id=str(uuid4())))

    async def test_reconciliation_reads_and_changes_nothing(
        self, grpc_create_channel, grpc_stub_cls, contract
    ):
        stub = grpc_stub_cls(grpc_create_channel("reconciliation"))
        await stub.ListMessages(contract.ListMessagesRequest())
        with refused("ERROR_REASON_CALLER_NOT_ALLOWED"):
            await stub.DismissMessage(
                contract.DismissMessageRequest(request_id="r1", message_id=str(uuid4()), reason="no")
            )
