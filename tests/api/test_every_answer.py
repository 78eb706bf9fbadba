"""Whatever is sent, the answer is one that the API's description names, and never a fault of ours."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import httpx
import pytest
import requests
import schemathesis
from fastapi import FastAPI
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from schemathesis import GenerationMode
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from api.app import Door, create_app
from services.container import Services

pytestmark = [pytest.mark.slow, pytest.mark.timeout(300)]

EXAMPLES = 10
"""For each operation. Two seconds of generating each, which is most of the time."""
CHECKS = [not_a_server_error, status_code_conformance, content_type_conformance, response_schema_conformance]
SCHEMA = schemathesis.openapi.from_dict(Door().openapi())
OPERATIONS = {operation.label: operation for operation in (found.ok() for found in SCHEMA.get_all_operations())}
STEADY = settings(
    max_examples=EXAMPLES, phases=[Phase.explicit, Phase.generate], deadline=None, derandomize=True, database=None,
    suppress_health_check=list(HealthCheck),
)  # fmt: skip


@pytest.fixture(scope="module")
def app(services: Services) -> FastAPI:
    """One for all, since nothing here changes it."""
    return create_app(services)


def test_every_described_operation_is_tried() -> None:
    described = {f"{method.upper()} {path}" for path, ways in Door().openapi()["paths"].items() for method in ways}
    assert set(OPERATIONS) == described


@pytest.mark.parametrize("label", OPERATIONS)
@STEADY
@given(data=st.data())
async def test_every_answer_is_described(
    client: httpx.AsyncClient,
    signed: dict[str, str],
    record: Callable[[str], Awaitable[dict[str, str]]],
    label: str,
    data: st.DataObject,
) -> None:
    operation = OPERATIONS[label]
    case = data.draw(operation.as_strategy(generation_mode=data.draw(st.sampled_from(list(GenerationMode)))))
    if case.path_parameters and data.draw(st.booleans()):
        case.path_parameters = await record(operation.path)
    if operation.path.endswith("/live/events"):
        case.query = {**(case.query or {}), "follow": "false"}  # a stream does not end by itself
    prepared = requests.Request(**_transport(case, signed)).prepare()
    assert prepared.url is not None
    body: Any = prepared.body or b""
    content = body.encode() if isinstance(body, str) else body
    answer = await client.request(
        case.method, prepared.url, content=content, headers=[(k, _text(v)) for k, v in prepared.headers.items()]
    )
    await asyncio.to_thread(case.validate_response, answer, checks=CHECKS)


def _transport(case: Any, signed: dict[str, str]) -> dict[str, Any]:
    sent = case.as_transport_kwargs(base_url="http://testserver", headers=signed)
    wanted = ("method", "url", "headers", "params", "data", "json", "files", "cookies")
    return {name: sent[name] for name in wanted if name in sent}


def _text(value: str | bytes) -> str:
    return value if isinstance(value, str) else value.decode("latin-1")
