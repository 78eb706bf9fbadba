"""What the bus holds, read as a consumer would."""

from __future__ import annotations

import nats
from nats.errors import TimeoutError as NatsTimeoutError
from nats.js.api import AckPolicy, ConsumerConfig, DeliverPolicy, Header

from kernel.settings import BusSettings
from services.reach import secret_of

_BATCH = 200


async def message_ids(settings: BusSettings) -> list[str]:
    """The id of every message of the stream, in order."""
    client = await nats.connect(secret_of(settings.url))
    try:
        stream = client.jetstream()
        everything = ConsumerConfig(deliver_policy=DeliverPolicy.ALL, ack_policy=AckPolicy.NONE)
        reading = await stream.pull_subscribe("", stream=settings.stream, config=everything)
        left = (await stream.stream_info(settings.stream)).state.messages
        found: list[str] = []
        while len(found) < left:
            try:
                batch = await reading.fetch(min(_BATCH, left - len(found)), timeout=5)
            except NatsTimeoutError:
                break
            found += [(message.headers or {}).get(Header.MSG_ID.value, "") for message in batch]
        return found
    finally:
        await client.close()
