"""What a person does with what could not be handled."""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import asdict, dataclass
from uuid import uuid4

from libs.messaging import deadletters
from libs.stack import StackError
from retailmesh.type.v1 import intake_pb2
from services.cli.asking import Services
from services.cli.letters.letter import EVENT, LetterId
from services.cli.letters.reading import CONTRACTS, event_of
from services.cli.words import word

# What a message that was handed in again may be without being in the way.
SETTLED = (
    intake_pb2.INTAKE_STATE_APPLIED,
    intake_pb2.INTAKE_STATE_IGNORED,
    intake_pb2.INTAKE_STATE_WAITING,
    intake_pb2.INTAKE_STATE_RECEIVED,
    intake_pb2.INTAKE_STATE_DISMISSED,
)


@dataclass(frozen=True, slots=True)
class Result:
    """``outcome`` says what became of the letter; ``well`` is false where it lies where it lay."""

    id: str
    outcome: str
    well: bool

    def described(self) -> dict[str, object]:
        return asdict(self)


async def for_each(ids: Sequence[LetterId], act: Callable[[LetterId], Awaitable[Result]]) -> list[Result]:
    """One after the other, in their order; what cannot be done to one does not keep the others from it."""
    results = []
    for letter_id in ids:
        try:
            results.append(await act(letter_id))
        except StackError as error:
            results.append(Result(str(letter_id), str(error), False))
    return results


async def redrive(services: Services, letter_id: LetterId, corrected_body: bytes = b"") -> Result:
    """Publish an event again, or have a gateway apply a message again, perhaps with a corrected body."""
    if letter_id.kind == EVENT:
        await deadletters.redrive(await services.broker(), await event_of(services, letter_id))
        return Result(str(letter_id), "published again", True)
    request = CONTRACTS[letter_id.kind].ResubmitMessageRequest(
        request_id=str(uuid4()), message_id=letter_id.number, corrected_body=corrected_body
    )
    message = (await services.ask(letter_id.gateway, "ResubmitMessage", request)).message
    return Result(str(letter_id), outcome_of(message), message.state in SETTLED)


async def dismiss(services: Services, letter_id: LetterId, reason: str) -> Result:
    """Drop a letter. A message stays stored with the reason; an event's dead letter is deleted."""
    if letter_id.kind == EVENT:
        await deadletters.discard(await services.broker(), await event_of(services, letter_id))
        return Result(str(letter_id), "dismissed", True)
    request = CONTRACTS[letter_id.kind].DismissMessageRequest(
        request_id=str(uuid4()), message_id=letter_id.number, reason=reason
    )
    await services.ask(letter_id.gateway, "DismissMessage", request)
    return Result(str(letter_id), "dismissed", True)


def outcome_of(message: intake_pb2.IntakeMessage) -> str:
    state = word(intake_pb2.IntakeState, message.state)
    why = f" ({message.reason.replace('_', ' ')})" if message.reason else ""
    rules = "".join(f"\n  {problem.field}: {problem.rule}" for problem in message.problems)
    order = f", order {message.order_id}" if message.order_id else ""
    return f"{state}{why}{order}{rules}"
