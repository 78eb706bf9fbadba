"""People spoken to: who may be, and what is sent to them."""

from __future__ import annotations

from functools import cached_property

from services.contact.contact import Contact
from services.messages.messages import Messages
from services.permission import Permission
from services.policies.policies import Policies
from services.wiring.doors import DoorServices


class PeopleServices(DoorServices):
    """What is said to people."""

    @cached_property
    def contact(self) -> Contact:
        """Who may be contacted, and who does not wish it."""
        return Contact.on(self.database, self.geography, self.settings.intake.region or None)

    @cached_property
    def _permission(self) -> Permission:
        return Permission(self.contact)

    @cached_property
    def messages(self) -> Messages:
        """Messages to people."""
        words = {"opt_in": self.opt_ins.words}
        may = self._permission
        shared = (self.database, self.messengers, self.sealer, self.settings)
        return Messages.on(*shared, asked=words, contact=may.to_write, revoke=may.withdrawn)

    @cached_property
    def policies(self) -> Policies:
        """Insurance policies."""
        return Policies.on(self.database, self.geography, self._blobs, self.settings.policies)
