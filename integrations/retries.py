"""When to try again and how long to wait first."""

from __future__ import annotations

import email.utils
import json
import math
from collections.abc import Callable
from datetime import UTC, datetime

import httpx

_BASE_SECONDS = 0.5
_CAP_SECONDS = 8.0
_SPENT = "insufficient_quota"  # OpenAI's 429 for an account without credit: waiting does not fill it
_RETRIED = frozenset({408, 429})


def worth_retrying(response: httpx.Response) -> bool:
    """Whether the same request may succeed later: 408, 429 and 5xx, unless the vendor says that it will not.

    The response must have been read. ``x-should-retry`` is OpenAI's header for the same question.
    """
    if response.is_success:
        return False
    said = response.headers.get("x-should-retry")
    if said in {"true", "false"}:
        return bool(said == "true")
    if response.status_code >= httpx.codes.INTERNAL_SERVER_ERROR:
        return True
    return response.status_code in _RETRIED and _error_code(response) != _SPENT


def worth_retrying_error(problem: BaseException) -> bool:
    """Whether a failure of the connection may pass: refused, reset, cut off or slow, and nothing that we did wrong."""
    return isinstance(problem, httpx.TimeoutException | httpx.NetworkError | httpx.RemoteProtocolError)


def retry_after(headers: httpx.Headers, now: datetime) -> float | None:
    """Seconds that the vendor asks to wait (RFC 9110, section 10.2.3: seconds or a date; ``retry-after-ms`` is OpenAI's).

    None where it asks nothing that can be read; never negative.
    """
    exact = _number(headers.get("retry-after-ms"))
    if exact is not None:
        return max(0.0, exact / 1000)
    said = headers.get("retry-after")
    seconds = _number(said)
    if seconds is not None:
        return max(0.0, seconds)
    if not said:
        return None
    try:
        moment: datetime = email.utils.parsedate_to_datetime(said)
    except ValueError:
        return None
    return max(0.0, (moment.replace(tzinfo=moment.tzinfo or UTC) - now).total_seconds())


def backoff(
    attempt: int, asked: float | None, chance: Callable[[], float], *, base: float = _BASE_SECONDS,
    cap: float = _CAP_SECONDS,
) -> float:  # fmt: skip
    """Seconds before the attempt after number ``attempt``: full jitter over a doubling limit, and never less than asked.

    The limit is ``base`` seconds after the first attempt and ``cap`` at most.

    Full jitter: https://aws.amazon.com/blogs/architecture/exponential-backoff-and-jitter/. ``chance`` is uniform in [0, 1).
    """
    limit = min(cap, base * 2.0 ** (attempt - 1))
    return max(asked or 0.0, chance() * limit)


def _number(text: str | None) -> float | None:
    try:
        value = float(text or "")
    except ValueError:
        return None
    return value if math.isfinite(value) else None


def _error_code(response: httpx.Response) -> object:
    try:
        error = json.loads(response.content)["error"]
        return error.get("code")
    except (ValueError, KeyError, TypeError, AttributeError):
        return None
