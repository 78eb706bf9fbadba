"""Writing down every call of a model, beside the work and not in its way."""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import Sequence
from contextlib import suppress
from typing import Any
from uuid import UUID

import structlog

from domain.actor import system_actor
from integrations.llm.calls import Call
from kernel.errors import Unavailable
from kernel.telemetry.metrics import LLM_ROWS_LOST
from store.uow import Database

_log = structlog.get_logger("leadwright.services.llm.ledger")
_BATCH = 200


class LedgerWriter:
    """Rows of ``llm_call`` from a bounded queue. ``writer`` names this process in them.

    A database that is away is waited for; a row that can never be written, does not fit the queue, or is left when closing
    takes longer than ``close_seconds`` goes to the log whole (it holds nothing personal) and is counted. A row written twice
    is one row.
    """

    def __init__(
        self, database: Database, writer: UUID, *, capacity: int = 10_000, pause: float = 1.0, close_seconds: float = 10.0
    ) -> None:  # fmt: skip
        self._database = database
        self._writer = writer
        self._queue: asyncio.Queue[Call] = asyncio.Queue(capacity)
        self._writing: list[Call] = []
        self._pause = pause
        self._close_seconds = close_seconds
        self._task: asyncio.Task[None] | None = None
        self._closed = False

    def start(self) -> None:
        """Begin to write; needs a running loop."""
        self._task = asyncio.create_task(self._run())

    def record(self, call: Call) -> None:
        """Keep ``call``: it is written within moments. Never raises."""
        if self._closed:
            _lost(call, "closed")
            return
        try:
            self._queue.put_nowait(call)
        except asyncio.QueueFull:
            _lost(call, "full")

    async def flush(self) -> None:
        """Wait until everything recorded so far is written, or given up."""
        await self._queue.join()

    async def close(self) -> None:
        """Take nothing more, write what is left, and stop."""
        self._closed = True
        if self._task is None:
            return
        with suppress(TimeoutError):
            async with asyncio.timeout(self._close_seconds):
                await self.flush()
        self._task.cancel()
        await asyncio.gather(self._task, return_exceptions=True)
        left = [*self._writing, *(self._queue.get_nowait() for _ in range(self._queue.qsize()))]
        for call in left:
            _lost(call, "closing")

    async def _run(self) -> None:
        while True:
            self._writing = [await self._queue.get()]
            while len(self._writing) < _BATCH and not self._queue.empty():
                self._writing.append(self._queue.get_nowait())
            count = len(self._writing)
            by_agency: dict[UUID, list[Call]] = defaultdict(list)
            for call in self._writing:
                by_agency[call.agency_id].append(call)
            for agency_id, calls in by_agency.items():
                await self._write(agency_id, calls)
            for _ in range(count):
                self._queue.task_done()

    async def _write(self, agency_id: UUID, calls: Sequence[Call]) -> None:
        """Write rows of one agency; when the database refuses them together, each by itself."""
        while True:
            try:
                async with self._database.begin(system_actor(agency_id, "llm")) as uow:
                    await uow.llm_calls.add([self._row(call) for call in calls])
            except Unavailable:
                _log.warning("database away, calls of models wait", waiting=self._queue.qsize() + len(self._writing))
                await asyncio.sleep(self._pause)
                continue
            except Exception as problem:  # noqa: BLE001 - one bad row must not stop the ledger
                if len(calls) > 1:
                    for call in calls:
                        await self._write(agency_id, [call])
                    return
                _lost(calls[0], type(problem).__name__)
            done = {call.id for call in calls}
            self._writing = [call for call in self._writing if call.id not in done]
            return

    def _row(self, call: Call) -> dict[str, Any]:
        return {
            "id": call.id, "writer": self._writer, "agent": call.agent, "run_id": call.run_id,
            "prompt_hash": call.prompt_hash, "model": call.model, "request_id": call.request_id, "attempt": call.attempt,
            "outcome": call.outcome.value, "sent": call.outcome.sent, "status": call.status,
            "input_tokens": call.usage.input, "cached_tokens": call.usage.cached, "output_tokens": call.usage.output,
            "estimated": call.usage.estimated, "cost_usd": call.cost_usd, "priced": call.priced,
            "duration_ms": call.duration_ms, "vendor_request_id": call.vendor_request_id, "at": call.at,
        }  # fmt: skip


def _lost(call: Call, reason: str) -> None:
    LLM_ROWS_LOST.labels(reason).inc()
    _log.error(
        "call of a model not kept in the ledger", reason=reason, id=str(call.id), agency=str(call.agency_id),
        agent=call.agent, model=call.model, outcome=call.outcome.value, attempt=call.attempt, input=call.usage.input,
        cached=call.usage.cached, output=call.usage.output, cost_usd=str(call.cost_usd), at=call.at.isoformat(),
    )  # fmt: skip
