"""A conversation without services: the real reader, fixed terms, a fixed day."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime

from domain.chat.conversation import Turn, begin, take
from domain.chat.questions import Terms
from domain.chat.second import Second
from domain.chat.state import State
from integrations.geography import Geography
from services.chat.reader import LeadReader

AT = datetime(2026, 11, 26, 15, tzinfo=UTC)
READER = LeadReader(Geography(), "US", AT.date())
TERMS = Terms("Acme Agency", ("Acme Agency",))
AUTO = ("auto", "78701", "2", "2019 Honda Civic", "Geico")


@dataclass
class Talk:
    """A person at the chat; ``turns`` are all that were taken."""

    language: str = "en"
    terms: Terms = TERMS
    turns: list[Turn] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.turns.append(begin(self.language, READER, self.terms, AT))

    @property
    def state(self) -> State:
        return self.turns[-1].state

    def say(self, *words: str, second: Second | None = None) -> Turn:
        for one in words:
            self.turns.append(take(self.state, one, READER, self.terms, AT, second))
        return self.turns[-1]
