"""Messages of a chat as server-sent events, whose ids are the messages' numbers."""

from __future__ import annotations

import json
from collections.abc import Iterator

from services.chat.schemas import ChatView


def events(view: ChatView) -> Iterator[str]:
    """An event for each message, then where the chat stands. A client that lost some asks again with the last id it has."""
    for message in view.messages:
        yield f"id: {message.seq}\nevent: message\ndata: {message.model_dump_json()}\n\n"
    stands = view.model_dump(mode="json", include={"id", "stage", "reason", "language", "asking"})
    yield f"event: state\ndata: {json.dumps(stands)}\n\n"
