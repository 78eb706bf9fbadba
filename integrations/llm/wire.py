"""Reading what passes over the wire: model and size of a request, tokens of an answer, whole or streamed."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import httpx

from integrations.llm.calls import Usage

_BYTES_PER_TOKEN = 3  # English has about four, JSON and other scripts fewer; an estimate may only err high
_MOST_TOKENS = 100_000_000  # beyond any context window: such a number is no count
_MODEL_CHARS = 120
_LINE_BYTES = 4_000_000
_ENVELOPE = frozenset({"id", "object", "model", "system_fingerprint", "service_tier", "finish_reason", "role", "type"})
_LIMITS = ("max_completion_tokens", "max_output_tokens", "max_tokens")


@dataclass(frozen=True, slots=True)
class Asked:
    """What a request asks for. ``input_tokens`` is estimated from its size; ``output_tokens`` is the most it may get."""

    model: str
    streamed: bool
    input_tokens: int
    output_tokens: int

    @property
    def tokens(self) -> int:
        """All that it may use."""
        return self.input_tokens + self.output_tokens

    @property
    def most(self) -> Usage:
        """The most it can cost, for setting money aside."""
        return Usage(self.input_tokens, 0, self.output_tokens, estimated=True)

    @property
    def sent(self) -> Usage:
        """What it costs when it was sent and no answer came: the vendor may have worked on it."""
        return Usage(self.input_tokens, 0, 0, estimated=True)


def read_request(path: str, content: bytes, default_output: int) -> Asked:
    """The parts of a request that matter here; a body that is no JSON has the model ``unknown``."""
    try:
        body = json.loads(content)
    except ValueError:
        body = None
    if not isinstance(body, dict):
        body = {}
    model = body.get("model")
    limits = [count for name in _LIMITS if (count := _count(body.get(name))) is not None]
    output = 0 if path.endswith("/embeddings") else limits[0] if limits else default_output
    wanted = _count(body.get("n"))
    return Asked(
        _plain(model) if isinstance(model, str) and model else "unknown",
        body.get("stream") is True,
        -(-len(content) // _BYTES_PER_TOKEN),
        output * max(1, wanted or 1),
    )


def read_answer(content: bytes, asked: Asked) -> Usage:
    """Tokens of a whole answer; estimated from its size where it does not say."""
    try:
        body = json.loads(content)
    except ValueError:
        body = None
    found = usage_of(body.get("usage")) if isinstance(body, dict) else None
    return found or _estimate(asked, len(content))


def usage_of(said: object) -> Usage | None:
    """Tokens as the Chat Completions, Responses and Embeddings APIs write them; None for anything else."""
    if not isinstance(said, Mapping):
        return None
    prompt = _first(said, "prompt_tokens", "input_tokens")
    if prompt is None:
        return None
    output = _first(said, "completion_tokens", "output_tokens") or 0
    details = said.get("prompt_tokens_details") or said.get("input_tokens_details")
    cached = _count(details.get("cached_tokens")) if isinstance(details, Mapping) else None
    cached = min(cached or 0, prompt)
    return Usage(prompt - cached, cached, output)


class StreamTally:
    """Reads server-sent events as they pass; the tokens stand in the last ones, where the request asked for them."""

    def __init__(self, asked: Asked) -> None:
        self._asked = asked
        self._rest = b""
        self._bytes = 0
        self._found: Usage | None = None
        self.ended = False

    @property
    def complete(self) -> bool:
        """Whether the vendor said everything: its end mark, or the tokens that come last."""
        return self.ended or self._found is not None

    @property
    def usage(self) -> Usage:
        """Tokens so far; estimated from what has passed where the vendor has not said."""
        return self._found or _estimate(self._asked, self._bytes)

    def feed(self, chunk: bytes) -> None:
        """Read on; a line may be cut anywhere."""
        *lines, self._rest = (self._rest + chunk).split(b"\n")
        for line in lines:
            self._read(line.strip())
        if len(self._rest) > _LINE_BYTES:
            self._rest = b""

    def close(self) -> None:
        """The stream has ended: its last line may lack a newline."""
        line, self._rest = self._rest.strip(), b""
        self._read(line)

    def _read(self, line: bytes) -> None:
        if not line.startswith(b"data:"):
            return
        data = line[5:].strip()
        if data == b"[DONE]":
            self.ended = True
            return
        try:
            event: Any = json.loads(data)
        except ValueError:
            return
        if not isinstance(event, dict):
            return
        answer = event.get("response")
        if answer is None:  # the Responses API repeats the whole answer there
            self._bytes += _text_size(event)
        said = event.get("usage") or (answer.get("usage") if isinstance(answer, dict) else None)
        self._found = usage_of(said) or self._found


def vendor_request_id(response: httpx.Response) -> str | None:
    """The vendor's name for the request, cut to what a column takes."""
    said = response.headers.get("x-request-id")
    return _plain(said) if said else None


def _estimate(asked: Asked, answer_bytes: int) -> Usage:
    output = -(-answer_bytes // _BYTES_PER_TOKEN) if asked.output_tokens else 0
    return Usage(asked.input_tokens, 0, output, estimated=True)


def _text_size(part: object) -> int:
    """Bytes of every text within the deltas of an event, tool arguments included."""
    if isinstance(part, str):
        return len(part.encode("utf-8", "replace"))
    if isinstance(part, dict):
        return sum(_text_size(value) for key, value in part.items() if key not in _ENVELOPE)
    if isinstance(part, list):
        return sum(map(_text_size, part))
    return 0


def _first(said: Mapping[str, Any], *names: str) -> int | None:
    return next((count for name in names if (count := _count(said.get(name))) is not None), None)


def _count(value: object) -> int | None:
    if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value <= _MOST_TOKENS:
        return None
    return value


def _plain(text: str) -> str:
    return "".join(letter if letter.isprintable() else "?" for letter in text)[:_MODEL_CHARS]
