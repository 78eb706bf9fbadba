"""From an error to a failure of one case, or to the end of the run."""

from __future__ import annotations

from collections.abc import Iterator

import httpx
import openai

from evals.records import Failure, FailureKind
from integrations.llm.errors import BadAnswer, OverBudget
from kernel.errors import AppError, Unavailable

_OF_THE_RUN = frozenset({"llm_key_refused", "llm_not_found", "llm_not_configured"})


def failure_of(problem: AppError, cause: BaseException | None = None) -> Failure:
    """The failure of one case; ``cause`` is what a library raised. Raises ``problem`` itself where every other case would meet it
    too, or the budget is spent.
    """
    if isinstance(problem, OverBudget) or problem.code in _OF_THE_RUN:
        raise problem
    if isinstance(problem, BadAnswer):
        return Failure(FailureKind.MODEL, problem.code, problem.detail)
    if isinstance(problem, Unavailable):
        return Failure(FailureKind.INFRASTRUCTURE, _how(cause or problem) or problem.code, problem.detail)
    kind = FailureKind.MODEL if problem.code == "llm_request_refused" else FailureKind.INFRASTRUCTURE
    return Failure(kind, problem.code, problem.detail)


def _how(problem: BaseException) -> str | None:
    """``http_429``, ``timeout`` or ``no_connection`` where the chain of causes says so."""
    for one in _chain(problem):
        if isinstance(one, openai.APIStatusError):
            return f"http_{one.status_code}"
        if isinstance(one, httpx.TimeoutException | TimeoutError | openai.APITimeoutError):
            return "timeout"
        if isinstance(one, httpx.TransportError):
            return "no_connection"
    return None


def _chain(problem: BaseException) -> Iterator[BaseException]:
    current: BaseException | None = problem
    for _ in range(20):
        if current is None:
            return
        yield current
        current = current.__cause__ or current.__context__
