"""The pipeline worker: takes runs, keeps their leases alive, recovers those of silent workers, drains on request."""

from __future__ import annotations

import asyncio
import os
import secrets
import socket
from contextlib import suppress
from datetime import timedelta

import structlog
from langgraph.runtime import RunControl

from graphs.runner import LeadRunner
from kernel.errors import Unavailable
from kernel.telemetry.metrics import RUNS_IN_FLIGHT, RUNS_RECOVERED
from services.container import Services
from services.runs import ClaimedRun

_log = structlog.get_logger("leadwright.workers.pipeline")


class PipelineWorker:
    """One worker process's share of the pipeline. ``await run()`` until :meth:`drain` was called."""

    def __init__(self, services: Services, runner: LeadRunner) -> None:
        self._services = services
        self._runner = runner
        self._settings = services.settings.pipeline
        self.name = f"{socket.gethostname()}:{os.getpid()}:{secrets.token_hex(3)}"
        self._tasks: dict[asyncio.Task[object], RunControl] = {}
        self._wake = asyncio.Event()
        self._draining = asyncio.Event()

    async def run(self) -> None:
        """Work until drained; survives a database that is away for a while."""
        helpers = [
            asyncio.create_task(self._keep_leases()),
            asyncio.create_task(self._services.listener.forward("leadwright_runs", self._wake)),
        ]
        try:
            while not self._draining.is_set():
                try:
                    await self._fill()
                except Exception as problem:  # noqa: BLE001 - a worker that gives up leaves every lead lying
                    _trouble("cannot take runs, trying again", problem)
                    await asyncio.sleep(self._settings.poll_seconds)
                    continue
                await self._pause()
            await self._finish_tasks()
        finally:
            for helper in helpers:
                helper.cancel()
            await asyncio.gather(*helpers, return_exceptions=True)

    def drain(self) -> None:
        """Take nothing new; let steps in flight end, and leave the rest of their runs to the next worker."""
        self._draining.set()
        self._wake.set()
        for control in self._tasks.values():
            control.request_drain("drain")

    async def _fill(self) -> None:
        self._wake.clear()
        free = self._settings.concurrency - len(self._tasks)
        if free <= 0:
            return
        for run in await self._services.runs.claim(self.name, free):
            control = RunControl()
            if self._draining.is_set():  # since we asked for runs: this one goes back as it came
                control.request_drain("drain")
            task: asyncio.Task[object] = asyncio.create_task(self._work(run, control))
            self._tasks[task] = control
            RUNS_IN_FLIGHT.set(len(self._tasks))
            task.add_done_callback(self._ended)

    async def _work(self, run: ClaimedRun, control: RunControl) -> None:
        try:
            await self._runner.execute(run, control)
        except Exception as problem:  # noqa: BLE001 - the row still says "running", and our heartbeat would keep it so
            _trouble("run could not be ended, putting it back", problem, run=str(run.run_id))
            await self._put_back(run, counts=not isinstance(problem, Unavailable))

    async def _put_back(self, run: ClaimedRun, *, counts: bool) -> None:
        """Put a run back that nobody works any more, as soon as the database takes it."""
        pause = timedelta(seconds=self._settings.poll_seconds)
        while True:
            try:
                await self._services.runs.put_back(run, pause, counts=counts)
            except Unavailable:
                await asyncio.sleep(pause.total_seconds())
            else:
                return

    def _ended(self, task: asyncio.Task[object]) -> None:
        self._tasks.pop(task, None)
        RUNS_IN_FLIGHT.set(len(self._tasks))
        self._wake.set()
        if not task.cancelled() and (problem := task.exception()) is not None:
            _log.error("run ended unexpectedly", exc_info=problem)

    async def _pause(self) -> None:
        """Until something ended, something was queued, or the poll interval passed."""
        wait = self._settings.poll_seconds
        if len(self._tasks) < self._settings.concurrency:
            wait = min(wait, 0.15 if self._tasks else wait)
        with suppress(TimeoutError):
            await asyncio.wait_for(self._wake.wait(), wait)

    async def _keep_leases(self) -> None:
        pause = self._settings.lease_seconds / 4
        while True:
            await asyncio.sleep(pause)
            try:
                await self._services.runs.heartbeat(self.name)
                recovered = await self._services.runs.recover()
            except Exception as problem:  # noqa: BLE001 - without a heartbeat others would repeat our work
                _trouble("no heartbeat, trying again", problem)
                continue
            if recovered:
                RUNS_RECOVERED.inc(recovered)
                self._wake.set()

    async def _finish_tasks(self) -> None:
        if self._tasks:
            _, late = await asyncio.wait(self._tasks, timeout=self._settings.node_seconds)
            for task in late:
                task.cancel()
            await asyncio.gather(*late, return_exceptions=True)


def _trouble(what: str, problem: Exception, **about: str) -> None:
    """A database that is away is expected and needs no details; anything else does."""
    if isinstance(problem, Unavailable):
        _log.warning(what, **about, problem="database away")
    else:
        _log.error(what, **about, exc_info=problem)
