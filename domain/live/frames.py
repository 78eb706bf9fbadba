"""What clients may say on a socket."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from domain.live.channels import LONGEST
from kernel.errors import FieldError, Invalid

_LONGEST_OP = 64
_BEYOND = 2**63


class Ask(StrEnum):
    """The types of frames that clients send."""

    SUBSCRIBE = "subscribe"
    UNSUBSCRIBE = "unsubscribe"
    PING = "ping"
    PONG = "pong"


@dataclass(frozen=True, slots=True)
class Frame:
    """A frame. ``op`` is the client's own id of the operation: the same one with the same content is answered the same and done
    once. ``digest`` is of the content.
    """

    ask: Ask
    channel: str
    after: int | None
    op: str | None
    digest: str


def read_frame(text: str) -> Frame:
    """The frame that the text holds. Raises Invalid, naming what is wrong."""
    try:
        said = json.loads(text)
    except (ValueError, RecursionError):
        raise _wrong("frame", "malformed", "is not JSON", "send one JSON object a frame") from None
    if not isinstance(said, dict):
        raise _wrong("frame", "malformed", "is not an object", "send one JSON object a frame")
    unknown = sorted(set(said) - {"type", "channel", "after", "op"})
    if unknown:
        raise _wrong(unknown[0][:80], "unknown", "is no field of a frame", "send type, channel, after, op")
    if not isinstance(said.get("type"), str) or said["type"] not in set(Ask):
        raise _wrong("type", "unknown", "is no type of frame", f"use {', '.join(Ask)}", said.get("type"))
    ask, op, after, channel = Ask(said["type"]), said.get("op"), said.get("after"), said.get("channel", "")
    if op is not None and not (isinstance(op, str) and 0 < len(op) <= _LONGEST_OP):
        raise _wrong("op", "malformed", "is no id of an operation", f"send text of 1 to {_LONGEST_OP} characters", op)
    if after is not None and (type(after) is not int or not 0 <= after < _BEYOND):
        raise _wrong(
            "after", "malformed", "is no id of an event", "send the whole number that a message carried", after
        )
    if ask in {Ask.SUBSCRIBE, Ask.UNSUBSCRIBE} and not (isinstance(channel, str) and 0 < len(channel) <= LONGEST):
        raise _wrong("channel", "missing", "names no channel", "send the name of a channel", channel)
    content = json.dumps([ask, channel, after], sort_keys=True)
    return Frame(ask, str(channel), after, op, hashlib.sha256(content.encode()).hexdigest())


def _wrong(field: str, code: str, words: str, remedy: str, value: Any = None) -> Invalid:
    shown = None if value is None or isinstance(value, dict | list) else str(value)[:80]
    return Invalid("the frame cannot be read", fields=(FieldError(field, code, words, remedy, shown),))
