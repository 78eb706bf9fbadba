"""Everything that may be asked and done in plain words, whoever understands the words: one table of tools."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from enum import StrEnum

from domain.actor import Actor, Scope
from domain.asking import arguments as given
from domain.asking.arguments import Arguments


class Effect(StrEnum):
    """A write needs its person's word each time; a read does not."""

    READ = "read"
    WRITE = "write"


@dataclass(frozen=True, slots=True)
class Entry:
    """One tool. ``untrusted``: its results hold words of leads, documents or profiles, which are data and nobody's instruction.
    ``whole_agency``: only for who sees every lead of the agency.
    """

    name: str
    args: type[Arguments]
    effect: Effect
    scopes: frozenset[Scope]
    description: str
    untrusted: bool = field(default=False, kw_only=True)
    whole_agency: bool = field(default=False, kw_only=True)

    def open_to(self, actor: Actor) -> bool:
        """Whether the actor may use it at all; what it shows is filtered by the actor besides."""
        return self.scopes <= actor.scopes and (actor.sees_all_leads or not self.whole_agency)


_R, _W = Effect.READ, Effect.WRITE
_LEADS, _WORK = frozenset({Scope.LEADS_READ}), frozenset({Scope.LEADS_READ, Scope.LEADS_WRITE})
_PEOPLE, _PAPERS = frozenset({Scope.PRODUCERS_READ}), frozenset({Scope.KNOWLEDGE_READ})
_GIVE = frozenset({Scope.LEADS_READ, Scope.LEADS_WRITE, Scope.ROUTING_WRITE})

_ALL = (
    Entry("find_leads", given.FindLeads, _R, _LEADS, "Leads that fit, in order.", untrusted=True),
    Entry("count_leads", given.CountLeads, _R, _LEADS, "How many leads fit, in all or by something."),
    Entry("show_lead", given.OneLead, _R, _LEADS, "Everything known of one lead.", untrusted=True),
    Entry("explain_score", given.OneLead, _R, _LEADS, "Why a lead has its score.", untrusted=True),
    Entry("explain_route", given.OneLead, _R, _LEADS, "Why a lead went to its producer, from the receipt."),
    Entry("similar_leads", given.OneLead, _R, _LEADS, "Leads with like words, and how they ended.", untrusted=True),
    Entry("next_best_action", given.NextBest, _R, _LEADS, "What to do next, with one lead or among one's own."),
    Entry("draft_message", given.DraftMessage, _R, _LEADS, "A draft of an e-mail or SMS; sends nothing.", untrusted=True),
    Entry("open_offers", given.OpenOffers, _R, _LEADS, "Offers that wait for an answer.", untrusted=True),
    Entry("my_numbers", given.MyNumbers, _R, _LEADS, "A producer's numbers over a time."),
    Entry("find_producers", given.FindProducers, _R, _PEOPLE, "Producers by line, state, room, language.", untrusted=True),
    Entry("ask_documents", given.AskDocuments, _R, _PAPERS, "What the agency's documents say, quoted.", untrusted=True),
    Entry("measure", given.Measure, _R, _LEADS, "A figure over a time, in all or by something."),
    Entry("lookup", given.Lookup, _R, _LEADS, "What is kept of the network, referrals, policies, commissions."),
    Entry("change_status", given.ChangeStatus, _W, _WORK, "Record what became of a lead."),
    Entry("schedule_follow_up", given.ScheduleFollowUp, _W, _WORK, "Be reminded of a lead at an instant."),
    Entry("accept_offer", given.AcceptOffer, _W, _WORK, "Take an offered lead."),
    Entry("decline_offer", given.DeclineOffer, _W, _WORK, "Turn an offered lead down, with a reason."),
    Entry("reassign_lead", given.ReassignLead, _W, _GIVE, "Give a lead to another producer.", whole_agency=True),
    Entry("send_message", given.SendMessage, _W, _WORK, "Write to the lead's person."),
)  # fmt: skip
CATALOGUE: dict[str, Entry] = {entry.name: entry for entry in _ALL}
"""Every tool by name, in the order in which they are shown."""


def open_to(actor: Actor, *, tainted: bool = False) -> list[Entry]:
    """The actor's tools. ``tainted``: words from outside were read since the person's own message; nothing may be written."""
    return [entry for entry in _ALL if entry.open_to(actor) and not (tainted and entry.effect is Effect.WRITE)]


def writes(names: Iterable[str]) -> list[str]:
    """Those of the names that are writes; a name that nobody knows counts as one."""
    return [name for name in names if name not in CATALOGUE or CATALOGUE[name].effect is Effect.WRITE]
