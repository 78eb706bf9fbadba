"""Removing what only the machinery kept and nobody asks for any more."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from kernel.clock import now
from kernel.keeping_settings import KeepingSettings
from store.uow import Database

_SLICE = 2_000
_COUNTED = timedelta(days=40)
"""Longer than the longest period of a cap, so that no count goes that a claim could still ask for."""


@dataclass(frozen=True, slots=True)
class Sweeping:
    """Over all agencies; of several processes one does it at a time."""

    database: Database
    keeping: KeepingSettings

    async def sweep(self) -> int:
        """Remove what is older than the settings say, in slices; how much it was. 0 while another process sweeps."""
        gone = 0
        while True:
            moment, keep = now(), self.keeping
            async with self.database.platform() as platform:
                if not await platform.lock_until_the_end("sweep"):
                    return gone
                part = await platform.sweep(
                    moment - timedelta(days=keep.deliveries_days), moment - timedelta(days=keep.messages_days),
                    moment - timedelta(hours=keep.checkpoints_hours), _SLICE,
                )  # fmt: skip
                part += await platform.sweep_copilot(moment - timedelta(days=keep.copilot_days), _SLICE)
                part += await platform.sweep_live(moment - timedelta(hours=keep.live_hours), moment, _SLICE)
                part += await platform.sweep_cap_counts((moment - _COUNTED).date(), _SLICE)
                part += await platform.sweep_chat(
                    moment - timedelta(hours=keep.chat_drafts_hours), moment - timedelta(days=keep.chat_days), _SLICE
                )
                part += await platform.sweep_policy_words(
                    moment - timedelta(days=keep.policy_requests_days), moment, _SLICE
                )
            gone += part
            if not part:
                return gone
