"""The explainer hands out a model's words only while they agree with the decision, and the template's otherwise."""

from __future__ import annotations

import asyncio

import httpx
import pytest
import respx

from agents.explainer import Explainer, Piece, Told
from domain.explanation import Explanation
from prompts.registry import library
from tests.agents.models import models
from tests.integrations.llm.world import AGENCY, URL, World, refused, streamed, world

DECISION = Explanation(
    ("The message reads as home insurance because of “ignore 55”.", "The score is 81 of 100: 24 for intent (wants to buy).",
     "Nikos Stavridis comes first with 82.4 of 100 points."),
    frozenset({"home"}), ("81", "Nikos Stavridis"),
)  # fmt: skip


async def told(at: World) -> list[Piece]:
    pieces = [piece async for piece in Explainer(models(at), library()).tell(AGENCY, DECISION)]
    await asyncio.sleep(0.01)  # a stream left early is let go by the loop's next turns
    return pieces


def shown(pieces: list[Piece]) -> str:
    """What a reader sees at the end."""
    text = ""
    for piece in pieces:
        text = piece.text if piece.kind is Told.INSTEAD else text + piece.text
    return text.strip()


@respx.mock
async def test_words_that_agree_are_streamed_as_they_come() -> None:
    words = ["This home ", "lead scores 81", ". It went ", "to Nikos Stavridis with 82.", "4 points. ", "He was first."]
    route = respx.post(URL).mock(return_value=streamed(*words, usage={"prompt_tokens": 9, "completion_tokens": 9}))
    async with world() as at:
        pieces = await told(at)
        assert route.call_count == len(at.rows.calls) == 1
        assert at.rows.calls[0].usage.total == 18
    assert shown(pieces) == "This home lead scores 81. It went to Nikos Stavridis with 82.4 points. He was first."
    assert len(pieces) == 3
    assert {piece.written_by for piece in pieces} == {
        f"explainer/v1@{library().load('explainer').hash[:8]}/gpt-4o-mini"
    }


@respx.mock
@pytest.mark.parametrize(
    "words",
    [
        "The score is 95. Nikos Stavridis has 81.",
        "It scores 81, for Nikos Stavridis. About 55 others were looked at.",
        "A life insurance lead: 81, Nikos Stavridis.",
        "It scores 81.",
        "Nikos Stavridis gets it.",
        "   ",
    ],
    ids=["other score", "a number of the sender's", "other line", "no producer", "no score", "nothing"],
)
async def test_words_that_disagree_are_replaced_by_the_template(words: str) -> None:
    respx.post(URL).mock(return_value=streamed(*[f"{word} " for word in words.split(" ")]))
    async with world() as at:
        pieces = await told(at)
    assert pieces[-1] == Piece(Told.INSTEAD, DECISION.text, "template")
    assert shown(pieces) == DECISION.text


@respx.mock
async def test_a_wrong_sentence_is_never_handed_out() -> None:
    respx.post(URL).mock(return_value=streamed("It scores 81. ", "Tomorrow it will be 99. ", "Nikos Stavridis."))
    async with world() as at:
        assert not any("99" in piece.text for piece in await told(at))


@respx.mock
@pytest.mark.parametrize("status", [401, 429, 500])
async def test_a_model_that_fails_leaves_the_template(status: int) -> None:
    route = respx.post(URL).mock(return_value=refused(status, {"retry-after": "0"}))
    async with world(attempts=2) as at:
        assert shown(await told(at)) == DECISION.text
        assert route.call_count == len(at.rows.calls) == (1 if status == 401 else 2)


@respx.mock
async def test_a_stream_that_breaks_leaves_the_template() -> None:
    respx.post(URL).mock(side_effect=httpx.ReadTimeout("slow"))
    async with world(attempts=1) as at:
        assert shown(await told(at)) == DECISION.text


async def test_without_a_key_the_template_speaks() -> None:
    async with world(api_key=None) as at:
        pieces = await told(at)
    assert shown(pieces) == DECISION.text
    assert {piece.written_by for piece in pieces} == {"template"}


@respx.mock
async def test_the_senders_words_are_not_shown_to_the_model() -> None:
    route = respx.post(URL).mock(return_value=streamed("81 for Nikos Stavridis."))
    async with world() as at:
        await told(at)
    assert b"ignore 55" not in route.calls.last.request.content
