"""Under an experiment a lead is asked about with its own version, and that is kept whether or not the model was of use."""

from __future__ import annotations

import shutil
from pathlib import Path

import httpx
import pytest
import respx

import prompts.registry
from agents.cascade import Cascade
from agents.classifier import Classifier
from agents.classifier_model import ClassifierModel
from domain.decision import Decision, Source
from domain.experiments import Chosen
from kernel.clock import now
from kernel.ids import new_id
from prompts.registry import Library
from prompts.release import new_version, release
from tests.agents.models import CLASSIFIED, a_case, models, tool
from tests.integrations.llm.world import URL, world

EXPERIMENT = new_id()


@pytest.fixture
def two_versions(tmp_path: Path) -> Library:
    """The shipped prompts, and a second version of the classifier's, released."""
    folder = tmp_path / "prompts"
    shutil.copytree(
        Path(prompts.registry.__file__).parent, folder, ignore=shutil.ignore_patterns("*.py", "__pycache__")
    )
    file = new_version(Library(folder), "classifier", why="says please", changed=now().date())
    file.write_text(file.read_text(encoding="utf-8").rstrip() + "\n\nPlease.\n", encoding="utf-8")
    release(Library(folder), "classifier", 2)
    return Library(folder)


@respx.mock
@pytest.mark.parametrize(
    "answer", [tool("final_result", CLASSIFIED), httpx.Response(400, json={"error": {"message": "no"}})]
)
async def test_the_chosen_version_is_asked_with_and_kept(two_versions: Library, answer: httpx.Response) -> None:
    respx.post(URL).mock(return_value=answer)
    async with world() as at:
        asked = models(at)
        specialist = Cascade(Classifier(), ClassifierModel(asked, two_versions), asked)
        decision = await specialist.decide(a_case(chosen={"classifier": Chosen(EXPERIMENT, 2)}), {})
        assert (decision.experiment, decision.version_asked) == (str(EXPERIMENT), 2)
        assert (decision.source is Source.LLM) is (answer.status_code == 200)
        assert {call.prompt_hash for call in at.rows.calls} == {two_versions.load("classifier", 2).hash}
        assert Decision.from_dict(decision.as_dict()).version_asked == 2


@respx.mock
async def test_a_lead_of_no_experiment_is_asked_about_as_ever(two_versions: Library) -> None:
    respx.post(URL).mock(return_value=tool("final_result", CLASSIFIED))
    async with world() as at:
        asked = models(at)
        decision = await Cascade(Classifier(), ClassifierModel(asked, two_versions), asked).decide(a_case(), {})
        assert (decision.experiment, decision.version_asked) == (None, None)
        assert "experiment" not in decision.as_dict()


async def test_a_lead_that_the_local_model_is_sure_of_is_in_no_experiment(two_versions: Library) -> None:
    async with world() as at:
        asked = models(at)
        case = a_case("I need car insurance for my 2020 Honda Civic", chosen={"classifier": Chosen(EXPERIMENT, 2)})
        decision = await Cascade(Classifier(), ClassifierModel(asked, two_versions), asked).decide(case, {})
        assert decision.source is Source.LOCAL
        assert decision.experiment is None
