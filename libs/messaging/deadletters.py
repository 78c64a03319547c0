"""What a person does with events that a consumer gave up: list, look, redrive, discard."""

from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass
from datetime import datetime

from nats.aio.client import Client
from nats.js.api import RawStreamMsg
from nats.js.errors import NotFoundError

from libs.messaging import burial
from libs.messaging.cloudevents import ID, MESSAGE_ID, TYPE, key_of
from libs.messaging.streams import DEADLETTER_STREAM, durable_of, jetstream


@dataclass(frozen=True, slots=True)
class DeadLetter:
    """An event that a consumer could not handle, as it was, and why."""

    sequence: int
    """Its number among all dead letters, by which commands name it."""
    service: str
    consumer: str
    category: str
    """``transient``, ``invalid``, ``refused`` or ``bug``."""
    reason: str
    attempts: int
    time: datetime
    """When the consumer gave it up."""
    subject: str
    """Where it was published and will be again."""
    event_id: str
    type: str
    key: str
    headers: Mapping[str, str]
    payload: bytes


@dataclass(frozen=True, slots=True)
class Filter:
    """Dead letters that agree with each field given; an empty field agrees with all."""

    service: str = ""
    consumer: str = ""
    category: str = ""
    type: str = ""
    key: str = ""
    before: datetime | None = None
    after: datetime | None = None

    def accepts(self, letter: DeadLetter) -> bool:
        asked = (self.service, self.consumer, self.category, self.type, self.key)
        found = (letter.service, letter.consumer, letter.category, letter.type, letter.key)
        same = all(not ask or ask == have for ask, have in zip(asked, found, strict=True))
        early = self.before is None or letter.time < self.before
        late = self.after is None or letter.time >= self.after
        return same and early and late

    @property
    def subject(self) -> str:
        return f"{burial.SUBJECT_PREFIX}.{self.service or '*'}.{self.consumer or '*'}"


EVERYTHING = Filter()


async def find(nats: Client, wanted: Filter = EVERYTHING, *, limit: int = 100) -> list[DeadLetter]:
    """The oldest dead letters that agree with the filter, at most ``limit``."""
    found: list[DeadLetter] = []
    async for letter in letters_of(nats, wanted):
        if len(found) == limit:
            break
        found.append(letter)
    return found


async def show(nats: Client, sequence: int) -> DeadLetter | None:
    """One dead letter; None when it was redriven or discarded."""
    try:
        return dead_letter_of(await jetstream(nats).get_msg(DEADLETTER_STREAM, sequence))
    except NotFoundError:
        return None


async def redrive(nats: Client, letter: DeadLetter) -> None:
    """Publish the original again, for the consumer that gave it up, and drop the dead letter.

    The event keeps its id but not its place: it comes after later events of its key. Interrupted half-way,
    redriving it again does no harm.
    """
    js = jetstream(nats)
    headers = {name: value for name, value in letter.headers.items() if not is_ours(name)}
    headers[MESSAGE_ID] = f"redrive.{letter.sequence}"
    headers[burial.REDRIVEN_FOR] = durable_of(letter.service, letter.consumer)
    await js.publish(letter.subject, letter.payload, headers=headers)
    await js.delete_msg(DEADLETTER_STREAM, letter.sequence)


async def redrive_all(nats: Client, wanted: Filter, *, limit: int = 1_000_000) -> int:
    """Redrive the dead letters that agree with the filter, oldest first, and give their number."""
    redriven = 0
    async for letter in letters_of(nats, wanted):
        if redriven == limit:
            break
        await redrive(nats, letter)
        redriven += 1
    return redriven


async def discard(nats: Client, letter: DeadLetter) -> None:
    """Drop a dead letter; its event never takes effect in that consumer."""
    await jetstream(nats).delete_msg(DEADLETTER_STREAM, letter.sequence)


async def letters_of(nats: Client, wanted: Filter) -> AsyncIterator[DeadLetter]:
    """Those there are now, oldest first; what is buried meanwhile is left for the next time."""
    js = jetstream(nats)
    try:
        last = (await js.stream_info(DEADLETTER_STREAM)).state.last_seq
    except NotFoundError:
        return
    sequence = 1
    while sequence <= last:
        try:
            found = await js.get_msg(DEADLETTER_STREAM, sequence, wanted.subject, next=True)
        except NotFoundError:
            return
        letter = dead_letter_of(found)
        sequence = letter.sequence + 1
        if letter.sequence <= last and wanted.accepts(letter):
            yield letter


def dead_letter_of(message: RawStreamMsg) -> DeadLetter:
    headers = message.headers or {}
    return DeadLetter(
        sequence=message.seq or 0,
        service=headers[burial.SERVICE],
        consumer=headers[burial.CONSUMER],
        category=headers[burial.CLASS],
        reason=headers[burial.REASON],
        attempts=int(headers[burial.ATTEMPTS]),
        time=datetime.fromisoformat(headers[burial.TIME]),
        subject=headers[burial.SUBJECT],
        event_id=headers.get(ID, ""),
        type=headers.get(TYPE, ""),
        key=key_of(headers),
        headers={name: value for name, value in headers.items() if not is_ours(name)},
        payload=message.data or b"",
    )


def is_ours(name: str) -> bool:
    return name.startswith((burial.OWN_PREFIX, burial.BROKER_HEADER))
