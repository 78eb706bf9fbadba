"""The copilot: leads, work, figures, documents, the network and commissions, for whoever is at work."""

from __future__ import annotations

from agents.conversing import Conversant


class Copilot(Conversant):
    """Has every tool that its person's scopes open."""

    name = "copilot"
