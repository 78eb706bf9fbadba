"""What is read from requests and answers: a vendor's numbers are believed only where they are counts."""

from __future__ import annotations

import json
from itertools import pairwise
from typing import Any

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from integrations.llm.calls import Usage
from integrations.llm.wire import Asked, StreamTally, read_answer, read_request, usage_of, vendor_request_id
from tests.integrations.llm.world import events

CHAT = "/v1/chat/completions"
ASKED = Asked("m", streamed=True, input_tokens=100, output_tokens=50)


@pytest.mark.parametrize(
    ("said", "usage"),
    [
        ({"prompt_tokens": 10, "completion_tokens": 2}, Usage(10, 0, 2)),
        (
            {"prompt_tokens": 10, "completion_tokens": 2, "prompt_tokens_details": {"cached_tokens": 8}},
            Usage(2, 8, 2),
        ),
        ({"input_tokens": 10, "output_tokens": 2, "input_tokens_details": {"cached_tokens": 4}}, Usage(6, 4, 2)),
        ({"prompt_tokens": 10, "total_tokens": 10}, Usage(10, 0, 0)),
        ({"prompt_tokens": 3, "completion_tokens": 1, "prompt_tokens_details": {"cached_tokens": 9}}, Usage(0, 3, 1)),
        ({"prompt_tokens": 10, "completion_tokens": 2, "prompt_tokens_details": None}, Usage(10, 0, 2)),
        ({"prompt_tokens": -1, "completion_tokens": 2}, None),
        ({"prompt_tokens": True}, None),
        ({"prompt_tokens": 10**12}, None),
        ({"prompt_tokens": "10"}, None),
        ({}, None),
        (None, None),
        ([1], None),
    ],
)
def test_tokens_of_every_api(said: object, usage: Usage | None) -> None:
    assert usage_of(said) == usage


@pytest.mark.parametrize("content", [b"", b"no json", b"[1]", b'{"usage": {"prompt_tokens": -5}}', b"\xff\xfe"])
def test_an_answer_that_does_not_say_is_estimated_from_its_size(content: bytes) -> None:
    usage = read_answer(content, ASKED)
    assert usage.estimated
    assert usage.input == 100
    assert usage.output == -(-len(content) // 3)


def test_a_request_says_model_stream_and_limits() -> None:
    body = {"model": "m", "stream": True, "max_completion_tokens": 7, "n": 3}
    asked = read_request(CHAT, json.dumps(body).encode(), 800)
    assert (asked.model, asked.streamed, asked.output_tokens) == ("m", True, 21)
    assert asked.input_tokens == -(-len(json.dumps(body)) // 3)


@pytest.mark.parametrize("content", [b"", b"[]", b"\x80", b'{"model": 3}', b'{"model": ""}'])
def test_a_request_that_cannot_be_read_has_an_unknown_model(content: bytes) -> None:
    asked = read_request(CHAT, content, 800)
    assert (asked.model, asked.streamed, asked.output_tokens) == ("unknown", False, 800)


def test_embeddings_have_no_output() -> None:
    assert read_request("/v1/embeddings", b'{"model": "e", "max_tokens": 9}', 800).output_tokens == 0


@given(
    st.lists(st.text(min_size=1, max_size=20), max_size=6), st.lists(st.integers(0, 2000), max_size=12), st.booleans()
)
def test_a_stream_is_counted_the_same_wherever_it_is_cut(words: list[str], cuts: list[int], done: bool) -> None:
    body = events(*words, usage={"prompt_tokens": 30, "completion_tokens": 4}, done=done)
    whole, parts = StreamTally(ASKED), StreamTally(ASKED)
    whole.feed(body)
    places = sorted({0, len(body), *(cut % len(body) for cut in cuts)})
    for start, end in pairwise(places):
        parts.feed(body[start:end])
    for tally in (whole, parts):
        tally.close()
        assert tally.usage == Usage(30, 0, 4)
        assert tally.complete
        assert tally.ended is done


def test_the_responses_api_says_its_tokens_in_the_last_event() -> None:
    tally = StreamTally(ASKED)
    for event in (
        {"type": "response.output_text.delta", "delta": "hello"},
        {"type": "response.completed", "response": {"usage": {"input_tokens": 9, "output_tokens": 3}}},
    ):
        tally.feed(b"event: x\r\ndata: " + json.dumps(event).encode() + b"\r\n\r\n")
    assert tally.usage == Usage(9, 0, 3)


@pytest.mark.parametrize("line", [b"data: {", b"data: []", b"data: 3", b": ping", b"", b"data:", b"garbage"])
def test_lines_that_are_no_events_are_passed_over(line: bytes) -> None:
    tally = StreamTally(ASKED)
    tally.feed(line + b"\n")
    tally.close()
    assert tally.usage == Usage(100, 0, 0, estimated=True)
    assert not tally.complete


def test_words_and_tool_arguments_count_towards_an_estimate() -> None:
    def of(delta: dict[str, Any]) -> int:
        tally = StreamTally(ASKED)
        tally.feed(b"data: " + json.dumps({"choices": [{"delta": delta}]}).encode() + b"\n")
        return tally.usage.output

    assert of({"content": "x" * 30}) == 10
    assert of({"tool_calls": [{"id": "call_1", "type": "function", "function": {"arguments": "y" * 30}}]}) == 10


def test_the_vendors_name_for_a_request_is_cut_and_printable() -> None:
    assert vendor_request_id(httpx.Response(200)) is None
    said = vendor_request_id(httpx.Response(200, headers={"x-request-id": "req_" + "a" * 500}))
    assert said is not None
    assert len(said) == 120
