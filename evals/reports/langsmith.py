"""LangSmith, for those who use it: a run as experiments on a dataset, and a dataset as cases. Nothing here is needed.

Uploading sends inputs, expected values and outputs to another company, so it is asked for in words each time. All calls go
through an httpx client of ours.
"""

from __future__ import annotations

import io
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from uuid import UUID

import httpx
import requests
from langsmith import Client
from langsmith.schemas import Dataset, Example
from langsmith.utils import LangSmithError
from requests.adapters import HTTPAdapter
from requests.structures import CaseInsensitiveDict
from urllib3 import HTTPResponse

from evals.records import Answer, Case, Split, Variant
from evals.runs.result import RunResult
from kernel.errors import FieldError, Invalid, Unavailable
from kernel.ids import derived_id
from kernel.llm_settings import LangSmithSettings

_DEFAULT_URL = "https://api.smith.langchain.com"
_SLICE = 100


@dataclass(frozen=True, slots=True)
class Uploaded:
    """What stands at LangSmith now."""

    dataset: str
    experiments: tuple[str, ...]
    examples: int
    runs: int
    scores: int


def upload_run(result: RunResult, settings: LangSmithSettings, *, send_texts: bool) -> Uploaded:
    """One dataset for the suite as it was, one experiment per variant, one run per answer, one feedback per score.

    Ids follow from the run: examples that are there already are not sent again, and an upload that is repeated carries the ids
    and names of the first. Raises Invalid without ``send_texts`` or a key, Unavailable where LangSmith does not take it.
    """
    if not send_texts:
        fault = FieldError(
            "send_texts", "consent", "was not given: an upload sends inputs, expected values and outputs to LangSmith",
            "say --send-texts if none of them is personal or LangSmith may have it",
        )  # fmt: skip
        raise Invalid("nothing was uploaded", fields=(fault,))
    with langsmith_client(settings) as client:
        dataset = _dataset(client, result)
        examples = _examples(client, dataset, result)
        names = tuple(_experiment(client, dataset, result, variant) for variant in result.variants)
        return Uploaded(dataset.name, names, examples, len(result.answers), len(result.scores))


def dataset_cases(name: str, settings: LangSmithSettings) -> tuple[Case, ...]:
    """The examples of a LangSmith dataset as cases. An example whose split is ``holdout`` or ``test`` is in the holdout.

    Inputs and outputs of one key ``input`` or ``output`` are taken out of their object. Raises Invalid without a key and where
    the dataset has no examples, Unavailable where LangSmith does not answer or has no such dataset.
    """
    with langsmith_client(settings) as client:
        found = tuple(_case(one) for one in client.list_examples(dataset_name=name))
    if not found:
        raise Invalid(
            "nothing to import", fields=(FieldError("dataset", "empty", "has no examples", "name another", name),)
        )
    return found


@contextmanager
def langsmith_client(settings: LangSmithSettings) -> Iterator[Client]:
    """A client that traces nothing, hides nothing of what it is told to send, and asks no other host than the settings'."""
    if settings.api_key is None:
        remedy = "set LEADWRIGHT_LLM__LANGSMITH__API_KEY"
        raise Invalid(
            "LangSmith is off", fields=(FieldError("llm.langsmith.api_key", "missing", "is not set", remedy),)
        )
    session = requests.Session()
    with httpx.Client(timeout=60.0, follow_redirects=False) as http:
        client = Client(
            settings.endpoint or _DEFAULT_URL, api_key=settings.api_key.get_secret_value(), session=session,
            auto_batch_tracing=False, hide_inputs=False, hide_outputs=False, hide_metadata=False, info={},
            tracing_sampling_rate=1.0, omit_traced_runtime_info=True, disable_prompt_cache=True,
        )  # fmt: skip
        for scheme in ("https://", "http://"):
            session.mount(scheme, _ThroughHttpx(http))  # after the library has mounted its own
        try:
            yield client
        except (LangSmithError, requests.RequestException, httpx.HTTPError) as problem:
            raise Unavailable(f"LangSmith did not take it: {type(problem).__name__}: {str(problem)[:200]}") from None


class _ThroughHttpx(HTTPAdapter):
    """Requests of the langsmith library sent by httpx."""

    def __init__(self, http: httpx.Client) -> None:
        super().__init__()
        self._http = http

    def send(self, request: requests.PreparedRequest, *_args: Any, **_more: Any) -> requests.Response:
        body = request.body
        assert body is None or isinstance(body, str | bytes), (
            "the library sends whole bodies, or multipart ones as bytes"
        )
        headers = [(key, value if isinstance(value, str) else value.decode()) for key, value in request.headers.items()]
        sent = self._http.request(request.method or "GET", request.url or "", headers=headers, content=body)
        made = requests.Response()
        made.status_code = sent.status_code
        made.headers = CaseInsensitiveDict(
            {key: value for key, value in sent.headers.items() if key != "content-encoding"}
        )
        made.url = str(sent.url)
        made.reason = sent.reason_phrase
        made.request = request
        made.encoding = sent.encoding
        made.raw = HTTPResponse(io.BytesIO(sent.content), status=sent.status_code, preload_content=False)
        return made


def _dataset(client: Client, result: RunResult) -> Dataset:
    name = f"{result.suite} {result.suite_hash[:12]}"
    if client.has_dataset(dataset_name=name):
        there: Dataset = client.read_dataset(dataset_name=name)
        return there
    made: Dataset = client.create_dataset(
        name, description=f"Cases of the suite {result.suite}", metadata={"suite_hash": result.suite_hash}
    )
    return made


def _examples(client: Client, dataset: Dataset, result: RunResult) -> int:
    there = {one.id for one in client.list_examples(dataset_id=dataset.id)}
    new = [case for case in result.cases if _example_id(dataset, case) not in there]
    for start in range(0, len(new), _SLICE):
        part = new[start : start + _SLICE]
        client.create_examples(
            dataset_id=dataset.id,
            inputs=[_as_object(case.input, "input") for case in part],
            reference_outputs=[None if case.expected is None else _as_object(case.expected, "output") for case in part],
            metadata=[
                {"case": case.id, "why": case.why, "group": case.group, "tags": list(case.tags)} for case in part
            ],
            splits=[case.split.value for case in part],
            ids=[_example_id(dataset, case) for case in part],
        )
    return len(new)


def _experiment(client: Client, dataset: Dataset, result: RunResult, variant: Variant) -> str:
    name = f"{result.suite} {variant.name} {result.run_id}"
    project = client.create_project(
        name, reference_dataset_id=dataset.id,
        metadata={
            "prompt": variant.prompt, "model": variant.model, "parameters": dict(variant.parameters),
            "suite_hash": result.suite_hash, "run_id": result.run_id, "num_repetitions": result.trials,
        },
    )  # fmt: skip
    answers = [one for one in result.answers if one.variant == variant.name]
    cases = {case.id: case for case in result.cases}
    for start in range(0, len(answers), _SLICE):
        client.batch_ingest_runs(
            create=[_run(result, dataset, name, cases[one.case], one) for one in answers[start : start + _SLICE]]
        )
    for score in result.scores:
        if score.variant != variant.name:
            continue
        run = _run_id(result, score.case, score.variant, score.trial)
        comment = score.reason if score.failure is None else f"{score.failure.kind.value} failure {score.failure.code}"
        client.create_feedback(
            run, score.metric, score=score.value, comment=comment or None, session_id=project.id,
            feedback_id=derived_id("langsmith-feedback", run, score.metric), stop_after_attempt=3,
        )  # fmt: skip
    return name


def _run(result: RunResult, dataset: Dataset, project: str, case: Case, answer: Answer) -> dict[str, Any]:
    run = _run_id(result, answer.case, answer.variant, answer.trial)
    failure = answer.failure
    return {
        "id": str(run), "trace_id": str(run), "dotted_order": f"{result.started_at:%Y%m%dT%H%M%S%fZ}{run}",
        "name": answer.variant, "run_type": "chain", "session_name": project,
        "inputs": _as_object(case.input, "input"), "outputs": None if failure else _as_object(answer.output, "output"),
        "error": None if failure is None else f"{failure.kind.value} failure {failure.code}: {failure.message}",
        "start_time": result.started_at.isoformat(),
        "end_time": (result.started_at + timedelta(seconds=answer.seconds)).isoformat(),
        "reference_example_id": str(_example_id(dataset, case)),
        "extra": {
            "metadata": {
                "trial": answer.trial, "cached": answer.cached, "source": answer.source, "confidence": answer.confidence,
                "cost": str(answer.cost), "tokens_in": answer.tokens_in, "tokens_out": answer.tokens_out,
            }
        },
    }  # fmt: skip


def _case(example: Example) -> Case:
    more: Mapping[str, Any] = example.metadata or {}
    splits = more.get("dataset_split") or []
    expected = None if example.outputs is None else _from_object(example.outputs, "output")
    group = more.get("group")
    return Case(
        id=str(more.get("case") or example.id),
        input=_from_object(example.inputs or {}, "input"),
        expected=expected,
        why=str(more.get("why") or ""),
        group=None if group is None else str(group),
        split=Split.HOLDOUT if {"holdout", "test"} & set(splits) else Split.DEV,
        tags=tuple(str(tag) for tag in more.get("tags") or ()),
    )


def _as_object(value: Any, key: str) -> dict[str, Any]:
    return dict(value) if isinstance(value, Mapping) else {key: value}


def _from_object(value: Mapping[str, Any], key: str) -> Any:
    return value[key] if set(value) == {key} else dict(value)


def _example_id(dataset: Dataset, case: Case) -> UUID:
    return derived_id("langsmith-example", dataset.id, case.id, case.input_hash)


def _run_id(result: RunResult, case: str, variant: str, trial: int) -> UUID:
    return derived_id("langsmith-run", result.run_id, case, variant, trial)
