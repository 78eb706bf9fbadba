"""Conversations: of people who ask for insurance, and of those who work for them."""

from __future__ import annotations

from functools import cached_property

from services.assistance import Assistance
from services.chat.conversations import Conversations
from services.wiring.people import PeopleServices


class ConversationServices(PeopleServices):
    """What answers, and what it answers from."""

    @cached_property
    def assistance(self) -> Assistance:
        """What the copilot works with."""
        return Assistance.on(self.database, self.geography, self.settings.copilot, self.messages.outgoing)

    @cached_property
    def chats(self) -> Conversations:
        """Conversations that take leads."""
        doors = (self.doors, self.inbound, self._permission.withdrawn_in, self.documents.add)
        return Conversations(self.database, *doors, self.geography, self.settings)
