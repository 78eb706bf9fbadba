"""What vendors' HTTP answers mean, told alike for all of them."""

from __future__ import annotations

from typing import Any

import httpx

from integrations.messages.port import Away, Locked
from integrations.retries import retry_after
from kernel.clock import now

_KEY = frozenset({401, 403})


async def posted(client: httpx.AsyncClient, vendor: str, url: str, **request: Any) -> httpx.Response:
    """POST; a slow, broken or overrun vendor raises Away, one that does not know us Locked. The rest is the caller's to read."""
    try:
        response = await client.post(url, **request)
    except httpx.TimeoutException:
        raise Away(f"{vendor} does not answer in time", code="timeout") from None
    except httpx.HTTPError:
        raise Away(f"{vendor} cannot be reached", code="connect") from None
    status = response.status_code
    if status == httpx.codes.TOO_MANY_REQUESTS or status >= httpx.codes.INTERNAL_SERVER_ERROR:
        raise Away(
            f"{vendor} answers {status}", retry_after=retry_after(response.headers, now()), code=f"http_{status}"
        )
    if status in _KEY:
        raise Locked(f"{vendor} answers {status}: check its key")
    return response


def object_of(response: httpx.Response) -> dict[str, Any]:
    """The JSON object of an answer; an empty one where there is none."""
    try:
        found = response.json()
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}
