"""What a lead's own words say about line, intent, urgency and scope. Phrase tables in English and Spanish; no model."""

from __future__ import annotations

from domain.leads.classification.intent import intent_hints
from domain.leads.classification.lines import LineHints, line_hints
from domain.leads.classification.scope import scope_hint
from domain.leads.classification.text import Hint, readable
from domain.leads.classification.urgency import urgency_hints

__all__ = ["Hint", "LineHints", "intent_hints", "line_hints", "readable", "scope_hint", "urgency_hints"]
