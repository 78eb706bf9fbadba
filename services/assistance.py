"""What the copilot works with, as one thing: questions to the books, follow-ups, conversations and confirmed actions."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Self

from integrations.geography import Geography
from kernel.copilot_settings import CopilotSettings
from services.asking.finding import Finding
from services.asking.measuring import Measuring
from services.copilot.actions import Actions
from services.copilot.turns import Turns
from services.follow_ups.follow_ups import FollowUps, Tell
from store.uow import Database


@dataclass(frozen=True, slots=True)
class Assistance:
    """Every part works for one person at a time."""

    finding: Finding
    measuring: Measuring
    follow_ups: FollowUps
    turns: Turns
    actions: Actions

    @classmethod
    def on(cls, database: Database, geography: Geography, settings: CopilotSettings, tell: Tell) -> Self:
        """All of it. ``tell`` is how people are written to."""
        finding, actions = Finding(database, geography), Actions(database, settings)
        return cls(
            finding,
            Measuring(database, finding),
            FollowUps(database, tell),
            Turns(database, actions, settings),
            actions,
        )
