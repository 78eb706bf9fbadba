"""LangSmith through the real library, every call seen by respx: what leaves, what comes back, and that nothing does unasked."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any
from uuid import UUID, uuid4

import httpx
import pytest
import respx
from pydantic import SecretStr

from evals.records import Split
from evals.reports.langsmith import dataset_cases, upload_run
from kernel.errors import Invalid, Unavailable
from kernel.llm_settings import LangSmithSettings
from tests.evals.reports.runs import a_run

URL = "http://langsmith.test"
SETTINGS = LangSmithSettings(api_key=SecretStr("ls-key"), endpoint=URL)
DATASET = str(uuid4())
RUN = a_run(cases=5, trials=2)
ROW = {"id": DATASET, "name": "kept", "created_at": "2026-01-01T00:00:00Z", "tenant_id": str(uuid4())}


class World:
    """A LangSmith that keeps what it is sent."""

    def __init__(self, router: respx.Router) -> None:
        self.datasets: list[dict[str, Any]] = []
        self.examples: list[dict[str, Any]] = []
        self.sessions: list[dict[str, Any]] = []
        self.runs: list[dict[str, Any]] = []
        self.feedback: list[dict[str, Any]] = []
        router.get("/datasets").mock(side_effect=lambda _: httpx.Response(200, json=self.datasets))
        router.post("/datasets").mock(side_effect=self._dataset)
        router.get("/examples").mock(side_effect=self._page)
        router.post("/examples/bulk").mock(side_effect=self._keep(self.examples))
        router.post("/sessions").mock(side_effect=self._session)
        router.post("/runs/batch").mock(side_effect=self._batch)
        router.post("/feedback").mock(side_effect=self._keep(self.feedback))

    def _dataset(self, request: httpx.Request) -> httpx.Response:
        self.datasets.append(ROW | {"name": json.loads(request.content)["name"]})
        return httpx.Response(200, json=self.datasets[-1])

    def _page(self, request: httpx.Request) -> httpx.Response:
        start = int(request.url.params.get("offset", 0))
        shown = [one | {"dataset_id": DATASET} for one in self.examples[start : start + 100]]
        return httpx.Response(200, json=shown)

    def _session(self, request: httpx.Request) -> httpx.Response:
        body = json.loads(request.content)
        self.sessions.append(body)
        made = body | {"start_time": "2026-01-01T00:00:00Z", "tenant_id": str(uuid4())}
        return httpx.Response(200, json=made)

    def _batch(self, request: httpx.Request) -> httpx.Response:
        self.runs.extend(json.loads(request.content)["post"])
        return httpx.Response(202, json={})

    @staticmethod
    def _keep(into: list[dict[str, Any]]) -> Any:
        def answer(request: httpx.Request) -> httpx.Response:
            body = json.loads(request.content)
            into.extend(body if isinstance(body, list) else [body])
            return httpx.Response(200, json=body)

        return answer


@pytest.fixture
def world() -> Iterator[World]:
    with respx.mock(base_url=URL, assert_all_called=False) as router:
        yield World(router)


def test_upload_puts_every_case_answer_and_score_there(world: World) -> None:
    done = upload_run(RUN, SETTINGS, send_texts=True)
    assert (done.examples, done.runs, done.scores) == (5, 20, len(RUN.scores))
    assert len(world.examples) == 5
    assert len(world.sessions) == 2
    assert {one["reference_dataset_id"] for one in world.sessions} == {DATASET}
    assert len(world.runs) == 20
    ids = {UUID(one["id"]) for one in world.examples}
    for sent in world.runs:
        assert UUID(sent["reference_example_id"]) in ids
        assert sent["trace_id"] == sent["id"]
        assert (sent.get("error") is None) != (sent.get("outputs") is None)
    assert {one["inputs"]["message"] for one in world.examples if "message" in one["inputs"]}
    assert len({one["id"] for one in world.runs}) == 20
    assert len(world.feedback) == len(RUN.scores)
    assert {one["key"] for one in world.feedback} == {one.name for one in RUN.metrics}


def test_cases_that_are_there_already_are_not_sent_again(world: World) -> None:
    upload_run(RUN, SETTINGS, send_texts=True)
    before = [one["id"] for one in world.examples]
    assert upload_run(RUN, SETTINGS, send_texts=True).examples == 0
    assert [one["id"] for one in world.examples] == before


def test_nothing_leaves_without_the_word_or_the_key(world: World) -> None:
    with pytest.raises(Invalid) as caught:
        upload_run(RUN, SETTINGS, send_texts=False)
    assert "--send-texts" in caught.value.fields[0].remedy
    with pytest.raises(Invalid) as caught:
        upload_run(RUN, LangSmithSettings(), send_texts=True)
    assert "API_KEY" in caught.value.fields[0].remedy
    assert respx.calls.call_count == 0


def test_dataset_comes_as_cases_and_an_uploaded_one_comes_back(world: World) -> None:
    upload_run(RUN, SETTINGS, send_texts=True)
    for one in world.examples:  # as the service lays a split down
        one["metadata"] = one["metadata"] | {"dataset_split": [one["split"]]}
    found = dataset_cases("extractor", SETTINGS)
    assert [(one.id, one.input, one.expected, one.split, one.tags, one.why, one.group) for one in found] == [
        (one.id, one.input, one.expected, one.split, one.tags, one.why, one.group) for one in RUN.cases
    ]
    assert {one.split for one in found} == set(Split)


def test_foreign_dataset_is_read_as_it_is(world: World) -> None:
    world.datasets.append(ROW)
    world.examples.extend(
        [
            {"id": str(uuid4()), "inputs": {"input": "hi"}, "outputs": {"output": 3}, "metadata": None},
            {"id": str(uuid4()), "inputs": {"a": 1, "b": 2}, "outputs": None, "metadata": {"dataset_split": ["test"]}},
        ]
    )
    first, second = dataset_cases("kept", SETTINGS)
    assert (first.input, first.expected, first.split) == ("hi", 3, Split.DEV)
    assert (second.input, second.expected, second.split) == ({"a": 1, "b": 2}, None, Split.HOLDOUT)
    assert first.id == world.examples[0]["id"]


def test_empty_dataset_is_said(world: World) -> None:
    world.datasets.append(ROW)
    with pytest.raises(Invalid, match="nothing to import"):
        dataset_cases("kept", SETTINGS)


@pytest.mark.parametrize("status", [401, 404, 500])
def test_service_that_refuses_is_said(status: int) -> None:
    with respx.mock(base_url=URL) as router:
        router.route().mock(return_value=httpx.Response(status, json={"detail": "no"}))
        with pytest.raises(Unavailable, match="LangSmith"):
            dataset_cases("kept", SETTINGS)


def test_service_that_does_not_answer_is_said() -> None:
    with respx.mock(base_url=URL) as router:
        router.route().mock(side_effect=httpx.ConnectError("down"))
        with pytest.raises(Unavailable, match="LangSmith"):
            dataset_cases("kept", SETTINGS)
