"""What machines see: health, measurements by operation, spans without paths."""

from collections.abc import Awaitable, Callable, Iterator
from dataclasses import replace
from uuid import uuid4

import httpx
import pytest
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

from api import middleware
from api.app import create_app
from services.container import Services
from services.health import HealthService


@pytest.fixture
def spans(monkeypatch: pytest.MonkeyPatch) -> Iterator[InMemorySpanExporter]:
    exporter, provider = InMemorySpanExporter(), TracerProvider()
    provider.add_span_processor(SimpleSpanProcessor(exporter))
    monkeypatch.setattr(middleware, "tracer", provider.get_tracer("test"))
    yield exporter
    provider.shutdown()


async def test_a_live_process_says_so(client: httpx.AsyncClient) -> None:
    assert (await client.get("/health/live")).json() == {"status": "ok"}


async def test_ready_names_every_part(client: httpx.AsyncClient) -> None:
    answer = await client.get("/health/ready")
    assert answer.status_code == 200, answer.text
    assert {"name", "ok", "needed", "detail"} == set(answer.json()["parts"][0])


async def test_not_ready_is_503(services: Services) -> None:
    async def silent() -> None:
        raise ConnectionError

    class Broken(Services):
        @property
        def health(self) -> HealthService:
            return HealthService({"postgres": (True, silent)})

    broken = Broken(**{name: getattr(services, name) for name in Services.__dataclass_fields__})
    transport = httpx.ASGITransport(create_app(replace(broken)))
    async with httpx.AsyncClient(transport=transport, base_url="http://testserver") as client:
        answer = await client.get("/health/ready")
    assert answer.status_code == 503
    assert answer.json()["parts"] == [
        {"name": "postgres", "ok": False, "needed": True, "detail": "ConnectionError"},
    ]


async def test_requests_are_measured_by_operation_and_never_by_path(
    client: httpx.AsyncClient, signed: dict[str, str], send_lead: Callable[..., Awaitable[str]]
) -> None:
    lead_id = await send_lead()
    await client.get(f"/api/v1/leads/{lead_id}", headers=signed)
    await client.get(f"/api/v1/{lead_id}")
    text = (await client.get("/metrics")).text
    assert 'leadwright_http_seconds_count{operation="get_lead",status="200"}' in text
    assert 'leadwright_http_seconds_count{operation="unmatched",status="404"}' in text
    assert lead_id not in text


async def test_a_span_carries_the_operation_the_status_and_the_callers_trace(
    client: httpx.AsyncClient, signed: dict[str, str], spans: InMemorySpanExporter
) -> None:
    trace = uuid4().hex
    headers = signed | {"traceparent": f"00-{trace}-{uuid4().hex[:16]}-01"}
    lead_id = uuid4()
    await client.get(f"/api/v1/leads/{lead_id}?x=1", headers=headers)
    (span,) = spans.get_finished_spans()
    assert span.name == "get_lead"
    assert span.context is not None
    assert format(span.context.trace_id, "032x") == trace
    assert dict(span.attributes or {}) == {"http.request.method": "GET", "http.response.status_code": 404}
    assert not span.events
