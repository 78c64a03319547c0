"""Finding what could not be handled, wherever it lies."""

from collections.abc import AsyncIterator
from dataclasses import dataclass, field

from libs.messaging import deadletters
from libs.stack import StackError
from retailmesh.channel.v1 import channel_service_pb2
from retailmesh.pos.v1 import pos_service_pb2
from retailmesh.type.v1 import intake_pb2
from services.cli.asking import Services
from services.cli.letters.letter import (
    EVENT,
    GATEWAYS,
    Letter,
    LetterId,
    Wanted,
    letter_of_event,
    letter_of_message,
)

CONTRACTS = {"channel": channel_service_pb2, "pos": pos_service_pb2}
MOST_EVENTS = 100_000


@dataclass(slots=True)
class Found:
    """Letters, oldest first; ``unreadable`` names the places that could not be looked into, and why."""

    letters: list[Letter] = field(default_factory=list)
    unreadable: dict[str, str] = field(default_factory=dict)


async def find(services: Services, wanted: Wanted) -> Found:
    found = Found()
    places = {"nats": events(services), **{GATEWAYS[kind]: messages(services, kind) for kind in GATEWAYS}}
    for place, letters in places.items():
        try:
            found.letters += [letter async for letter in letters if wanted.accepts(letter)]
        except StackError as error:
            found.unreadable[place] = str(error)
    found.letters.sort(key=lambda letter: letter.time)
    return found


async def events(services: Services) -> AsyncIterator[Letter]:
    for event in await deadletters.find(await services.broker(), limit=MOST_EVENTS):
        yield letter_of_event(event)


async def messages(services: Services, kind: str) -> AsyncIterator[Letter]:
    quarantined = intake_pb2.IntakeFilter(states=[intake_pb2.INTAKE_STATE_QUARANTINED])
    request = CONTRACTS[kind].ListMessagesRequest(filter=quarantined)
    async for page in services.ask_all(GATEWAYS[kind], "ListMessages", request):
        for message in page.messages:
            yield letter_of_message(kind, message)


async def get(services: Services, letter_id: LetterId) -> Letter:
    """One letter with its body. Raises StackError where there is none."""
    if letter_id.kind == EVENT:
        return letter_of_event(await event_of(services, letter_id))
    request = CONTRACTS[letter_id.kind].GetMessageRequest(message_id=letter_id.number)
    answer = await services.ask(letter_id.gateway, "GetMessage", request)
    if answer.message.state != intake_pb2.INTAKE_STATE_QUARANTINED:
        state = intake_pb2.IntakeState.Name(answer.message.state).removeprefix("INTAKE_STATE_").lower()
        raise StackError(f"{letter_id} is in quarantine no longer: {state}")
    return letter_of_message(letter_id.kind, answer.message)


async def event_of(services: Services, letter_id: LetterId) -> deadletters.DeadLetter:
    event = await deadletters.show(await services.broker(), int(letter_id.number))
    if event is None:
        raise StackError(f"there is no dead letter {letter_id}: it was redriven or dismissed")
    return event
