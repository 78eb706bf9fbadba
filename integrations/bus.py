"""Events for other systems: NATS JetStream, or silence where no bus is configured."""

from __future__ import annotations

import asyncio
import json
import logging
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from typing import Any, NamedTuple, Protocol

from nats.aio.client import Client
from nats.errors import BadSubjectError, MaxPayloadError
from nats.errors import Error as NatsError
from nats.js import JetStreamContext
from nats.js.api import Header, StorageType, StreamConfig
from nats.js.errors import NoStreamResponseError, NotFoundError

from kernel.errors import Invalid, Unavailable
from kernel.settings import BusSettings

logger = logging.getLogger("leadwright.integrations.bus")

SUBJECTS = ("leads.>", "policies.>")
_CONNECT_SECONDS = 3.0
_ANSWER_SECONDS = 3.0
_CALL_SECONDS = 10.0  # one publish at most, connecting and creating the stream included
_DUPLICATE_SECONDS = 600.0  # how long JetStream recognises a message id
_DAY_SECONDS = 86_400


class BusFacts(NamedTuple):
    """What the server says of itself and of the stream; ``limit_bytes`` is below zero where the account has no limit."""

    version: str
    messages: int
    bytes: int
    on_disk: bool
    used_bytes: int
    limit_bytes: int
    replicas: int


class Bus(Protocol):
    """Where committed events go. A message may arrive twice, never half; its id tells."""

    async def publish(self, subject: str, payload: Mapping[str, Any], message_id: str) -> None:
        """Hand over one event of JSON types; kept by the bus when this returns.

        Raises Unavailable when it is not, and the caller sends it again with the same id; Invalid when no repetition could
        help (a subject that is none, a payload that is too large or no JSON).
        """
        ...

    async def ping(self) -> None:
        """Raises Unavailable when the bus does not answer."""
        ...

    async def close(self) -> None: ...


class SilentBus:
    """The bus of an installation without one: events stay in the history and nobody else is told."""

    async def publish(self, subject: str, payload: Mapping[str, Any], message_id: str) -> None:
        """Tells nobody."""

    async def ping(self) -> None:
        """Always answers."""

    async def close(self) -> None:
        """Nothing is open."""


class NatsBus:
    """JetStream. Connects at the first call and reconnects for ever; creates its stream where missing.

    A message id is recognised for ten minutes: a repetition within them is stored once. Later ones are stored again, so
    consumers compare ids. The stream's subjects are added to, never taken from; its retention follows the settings.
    """

    def __init__(self, settings: BusSettings, subjects: Sequence[str] = SUBJECTS) -> None:
        if settings.url is None:
            raise Invalid(
                "the bus has no address; set LEADWRIGHT_BUS__URL to a nats:// URL, or publish nowhere (SilentBus)"
            )
        self._url = settings.url
        self._stream = settings.stream
        self._subjects = tuple(subjects)
        self._max_age = float(settings.retain_days * _DAY_SECONDS)
        self._client: Client | None = None
        self._ready: JetStreamContext | None = None
        self._opening = asyncio.Lock()

    async def publish(self, subject: str, payload: Mapping[str, Any], message_id: str) -> None:
        """See :class:`Bus`."""
        try:
            body = json.dumps(payload, ensure_ascii=False, separators=(",", ":"), allow_nan=False).encode()
        except (TypeError, ValueError) as problem:
            raise Invalid(f"the payload of message {message_id} is no JSON; use JSON types only") from problem
        headers = {Header.MSG_ID.value: message_id}
        async with self._answers():
            stream = await self._opened()
            try:
                await stream.publish(subject, body, timeout=_ANSWER_SECONDS, headers=headers)
            except NoStreamResponseError:
                # The server lost its stream (new disk, other cluster): make it again and repeat, once.
                self._ready = None
                stream = await self._opened()
                await stream.publish(subject, body, timeout=_ANSWER_SECONDS, headers=headers)

    async def ping(self) -> None:
        """See :class:`Bus`; asks for the stream."""
        async with self._answers():
            await (await self._opened()).stream_info(self._stream)

    async def facts(self) -> BusFacts:
        """Version of the server, the stream and its room. Raises Unavailable when the bus does not answer."""
        async with self._answers():
            stream = await self._opened()
            account = await stream.account_info()
            about = await stream.stream_info(self._stream)
            assert self._client is not None
            return BusFacts(
                version=str(self._client.connected_server_version), messages=about.state.messages,
                bytes=about.state.bytes, on_disk=about.config.storage == StorageType.FILE,
                used_bytes=account.storage, limit_bytes=account.limits.max_storage, replicas=about.config.num_replicas or 1,
            )  # fmt: skip

    async def close(self) -> None:
        """Close the connection; the next call would open it again."""
        client, self._client, self._ready = self._client, None, None
        if client is not None:
            await client.close()

    async def _opened(self) -> JetStreamContext:
        async with self._opening:
            if self._client is None or self._client.is_closed:
                self._client, self._ready = await self._connected(), None
            if self._ready is None:
                stream = self._client.jetstream(timeout=_ANSWER_SECONDS)
                await self._ensure(stream)
                self._ready = stream
            return self._ready

    async def _connected(self) -> Client:
        client = Client()
        try:
            async with asyncio.timeout(_CONNECT_SECONDS):
                await client.connect(
                    self._url.get_secret_value(), name="leadwright", connect_timeout=2, reconnect_time_wait=1,
                    max_reconnect_attempts=-1, error_cb=_note, disconnected_cb=self._note_lost, reconnected_cb=self._note_back,
                )  # fmt: skip
        except BaseException:
            await client.close()
            raise
        return client

    async def _ensure(self, stream: JetStreamContext) -> None:
        wanted = StreamConfig(
            name=self._stream, subjects=list(self._subjects), max_age=self._max_age, storage=StorageType.FILE,
            duplicate_window=min(_DUPLICATE_SECONDS, self._max_age),
        )  # fmt: skip
        try:
            present = (await stream.stream_info(self._stream)).config
        except NotFoundError:
            await stream.add_stream(wanted)  # asking twice for the same one is no error, so two processes may race
            return
        missing = [subject for subject in self._subjects if subject not in (present.subjects or [])]
        if missing or present.max_age != self._max_age:
            subjects = [*(present.subjects or []), *missing]
            await stream.update_stream(present.evolve(subjects=subjects, max_age=self._max_age))

    async def _note_lost(self) -> None:
        if self._client is not None:  # not by our own close
            logger.warning("the connection to the bus is lost")

    async def _note_back(self) -> None:
        logger.warning("the bus is connected again")

    @asynccontextmanager
    async def _answers(self) -> AsyncIterator[None]:
        try:
            async with asyncio.timeout(_CALL_SECONDS):
                yield
        except (BadSubjectError, MaxPayloadError) as problem:
            raise Invalid(
                f"the bus cannot carry this event ({type(problem).__name__}); shorten it or mend its subject"
            ) from problem
        except NoStreamResponseError as problem:
            raise Unavailable(f"stream {self._stream} does not take this subject; add the subject to it") from problem
        except (NatsError, OSError, TimeoutError, ValueError) as problem:
            raise Unavailable(f"the bus does not answer ({type(problem).__name__}); try again shortly") from problem


async def _note(problem: Exception) -> None:
    logger.warning("the bus reports %s", type(problem).__name__)
