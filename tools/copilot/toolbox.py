"""The tools of one turn: open by scope, counted, a few at a time, their records remembered, and writes only proposed."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Collection, Mapping
from typing import Any

import structlog
from pydantic import ValidationError

from domain.actor import Actor
from domain.asking.arguments import Arguments
from domain.asking.catalogue import CATALOGUE, Effect, Entry, open_to
from kernel.copilot_settings import CopilotSettings
from kernel.errors import AppError, FieldError, Forbidden, Invalid
from services.container import Services
from services.copilot.schemas import Citation, Proposed
from tools.copilot import (
    commissions,
    figures,
    guidance,
    leads,
    network,
    policies,
    policy_papers,
    policy_premium,
    referrals,
)
from tools.copilot.proposals import PROPOSE
from tools.copilot.results import AskDeps, Result

_READ: Mapping[str, Callable[[AskDeps, Any], Awaitable[Result]]] = {
    "find_leads": leads.find_leads, "count_leads": leads.count_leads, "show_lead": leads.show_lead,
    "explain_score": leads.explain_score, "explain_route": leads.explain_route, "similar_leads": leads.similar_leads,
    "next_best_action": guidance.next_best_action, "draft_message": guidance.draft_message,
    "open_offers": figures.open_offers, "my_numbers": figures.my_numbers, "find_producers": figures.find_producers,
    "ask_documents": figures.ask_documents, "measure": figures.measure, "lookup": figures.lookup,
    "explain_commission": commissions.explain_commission,
    "show_policy": policies.show_policy, "find_policies": policies.find_policies,
    "policies_in_force": policies.policies_in_force, "policies_at_risk": policies.policies_at_risk,
    "explain_bill": policies.explain_bill, "book_premium": policy_premium.book_premium, "policy_on_day": policies.policy_on_day,
    "quote_cancellation": policies.quote_cancellation, "policy_documents": policy_papers.policy_documents,
    "read_policy_document": policy_papers.read_policy_document,
    "my_connections": network.my_connections, "connections_known": network.connections_known,
    "network_reach": network.network_reach, "network_standing": network.network_standing, "raise_score": network.raise_score,
    "network_value": network.network_value, "network_growth": network.network_growth, "leaderboard": network.leaderboard,
    "network_advice": network.network_advice, "show_team": network.show_team, "list_referrals": referrals.list_referrals,
    "referral_counts": referrals.referral_counts, "find_partners": referrals.find_partners,
    "draft_referral": referrals.draft_referral,
}  # fmt: skip
_MOST_PROPOSALS = 10
_RECORDS = (
    ("lead_id", "lead"), ("offer_id", "offer"), ("referral_id", "referral"), ("connection_id", "connection"),
    ("to_id", "producer"), ("team_id", "team"),
)  # fmt: skip
"""Where a proposal names the records that it is about."""
_log = structlog.get_logger("leadwright.tools.copilot")
Said = Callable[[str, dict[str, Any]], Awaitable[None]]


class TooManyCalls(AppError):
    """The turn has used up its tool calls."""

    status, code, title = 422, "too_many_calls", "Too many steps"


class Toolbox:
    """One turn's tools for one actor.

    ``tainted`` once words from outside were read; then nothing may be proposed by who ``obeys`` what it reads, a language model.
    Rules that take their arguments from the person's own words alone do not. ``only`` are a specialist's tools.
    """

    def __init__(
        self, actor: Actor, services: Services, settings: CopilotSettings, say: Said, *, known: Mapping[str, Citation],
        only: Collection[str] | None = None,
    ) -> None:  # fmt: skip
        self.actor = actor
        self.deps = AskDeps(actor, services)
        self.tainted = False
        self.obeys = False
        self.calls: list[dict[str, Any]] = []
        self.proposed: list[Proposed] = []
        self.cites: dict[str, Citation] = {}
        self._known = dict(known)
        self._settings = settings
        self._say = say
        self._only = only
        self._places = asyncio.Semaphore(settings.at_once)
        self._used = 0

    @property
    def entries(self) -> list[Entry]:
        """What is open now."""
        found = open_to(self.actor, tainted=self.tainted and self.obeys)
        return found if self._only is None else [one for one in found if one.name in self._only]

    def may(self, name: str) -> bool:
        """Whether a tool is open now."""
        return any(one.name == name for one in self.entries)

    def cite(self, record_id: str) -> Citation | None:
        """The record of an id that a tool returned in this turn, or that an earlier answer of the conversation cited."""
        return self.cites.get(record_id) or self._known.get(record_id)

    async def call(self, name: str, arguments: Mapping[str, Any] | Arguments) -> Result:
        """Use a reading tool. What is refused comes back as ``error`` in words for the person.

        Raises Invalid for arguments that do not fit, and TooManyCalls where the turn has used up its calls.
        """
        entry, args = self._entry(name, arguments, Effect.READ)
        self._count()
        note: dict[str, Any] = {
            "tool": name,
            "arguments": args.model_dump(mode="json", exclude_defaults=True),
            "ids": [],
            "error": None,
        }
        self.calls.append(note)
        await self._say("tool", {"tool": name, "arguments": note["arguments"]})
        async with self._places:
            try:
                result = await _READ[entry.name](self.deps, args)
            except AppError as problem:
                note["error"] = problem.code
                return Result({}, error=problem.detail)
        self.cites |= {one.id: one for one in result.cites}
        note["ids"] = [one.id for one in result.cites]
        self.tainted = self.tainted or result.untrusted
        return result

    async def propose(self, name: str, arguments: Mapping[str, Any] | Arguments) -> Proposed:
        """Prepare a write; it waits for its person's word. Nothing is written here.

        Raises Invalid for arguments that do not fit, Forbidden for a tool that is not open, and what stands in the way else.
        """
        entry, args = self._entry(name, arguments, Effect.WRITE)
        self._count()
        if len(self.proposed) >= _MOST_PROPOSALS:
            raise TooManyCalls(f"no more than {_MOST_PROPOSALS} actions are proposed at once")
        note: dict[str, Any] = {
            "tool": name,
            "arguments": args.model_dump(mode="json", exclude_defaults=True),
            "ids": [],
            "error": None,
        }
        self.calls.append(note)
        try:
            async with self._places:
                one = await PROPOSE[entry.name](self.deps, args)
        except AppError as problem:
            note["error"] = problem.code
            raise
        self.proposed.append(one)
        for field, kind in _RECORDS:
            if (record := one.arguments.get(field) or one.pinned.get(field)) is not None:
                self.cites[record] = Citation(kind=kind, id=record)
        return one

    def _entry(self, name: str, arguments: Mapping[str, Any] | Arguments, effect: Effect) -> tuple[Entry, Arguments]:
        entry = CATALOGUE.get(name)
        if entry is None or entry.effect is not effect or not self.may(name):
            why = " after words from outside were read" if entry is not None and self.tainted and self.obeys else ""
            raise Forbidden(f"{name[:40]} is not open to you{why}")
        try:
            given = arguments.model_dump() if isinstance(arguments, Arguments) else dict(arguments)
            return entry, entry.args.model_validate(given)
        except ValidationError as problem:
            faults = tuple(
                FieldError(".".join(map(str, one["loc"])), one["type"], one["msg"], "see the tool's arguments")
                for one in problem.errors(include_url=False, include_input=False)
            )
            told = "; ".join(f"{one.field or name}: {one.message}" for one in faults[:5])
            raise Invalid(f"{name}: {told}", fields=faults) from problem

    def _count(self) -> None:
        self._used += 1
        if self._used > self._settings.tool_calls:
            _log.warning("a turn has used up its tool calls", calls=self._settings.tool_calls)
            raise TooManyCalls(f"this question took more than {self._settings.tool_calls} steps; ask for less at once")
