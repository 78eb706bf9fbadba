"""The examination: every part at once, each within a time limit, and none able to stop the others."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable

from kernel.errors import AppError, Unavailable
from services.doctor import local, stores
from services.doctor.findings import Finding, Report, fail, without_secrets
from services.reach import Reached, secret_of
from store.migrate import upgrade_async

_SECONDS = 20.0
_AWAY = "see that it runs, that this machine reaches it, and that the address and login in the settings are right"


async def examine(reached: Reached) -> Report:
    """Ask every part. Stores that this process has just started are migrated first, as every command does that starts them."""
    if reached.owner:
        await upgrade_async(secret_of(reached.settings.postgres.owner_url), reached.app_password)
    asked = {
        "postgres": stores.postgres(reached), "graph": stores.graph(reached), "cache": stores.cache(reached),
        "bus": stores.bus(reached), "vectors": stores.vectors(reached), "blobs": stores.blobs(reached),
        "prompts": local.prompts(), "models": local.models(reached.settings),
    }  # fmt: skip
    found = await asyncio.gather(*(_within_time(part, work) for part, work in asked.items()))
    findings = [one for part in found for one in part] + local.settings_of(reached.settings)
    return Report(findings=without_secrets(findings, reached.settings))


async def _within_time(part: str, work: Awaitable[list[Finding]]) -> list[Finding]:
    try:
        async with asyncio.timeout(_SECONDS):
            return await work
    except TimeoutError:
        return [fail(part, "answer", f"none within {_SECONDS:g} s", _AWAY)]
    except Unavailable as problem:
        return [fail(part, "answer", problem.detail, _AWAY)]
    except AppError as problem:  # of ours: it says itself what to do
        words, _, remedy = problem.detail.partition("; ")
        return [fail(part, "answer", words, remedy or _AWAY)]
    except Exception as problem:  # noqa: BLE001 - a part that breaks is a finding, whatever it breaks with
        return [fail(part, "answer", f"broke with {type(problem).__name__}", _AWAY)]
