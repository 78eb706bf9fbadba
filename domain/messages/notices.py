"""Which events of leads producers are told of, and who."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

# Kind of event -> kind of message. The trigger of the migration writes a notice for these kinds alone.
TOLD_OF: Mapping[str, str] = MappingProxyType(
    {
        "offered": "lead_offered",
        "offer_expiring": "offer_expiring",
        "assigned": "lead_assigned",
        "escalated": "lead_escalated",
    }
)
