"""Everything that may be asked and done in plain words, whoever understands the words: one table of tools."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from enum import StrEnum

from domain.actor import Actor, Scope
from domain.asking import arguments as given
from domain.asking import network_arguments as net
from domain.asking import policy_arguments as pol
from domain.asking.arguments import Arguments


class Effect(StrEnum):
    """A write needs its person's word each time; a read does not."""

    READ = "read"
    WRITE = "write"


class Area(StrEnum):
    """The field of work that a tool is of. A specialist may have the tools of one field alone."""

    LEADS = "leads"
    NETWORK = "network"
    COMMISSIONS = "commissions"
    POLICIES = "policies"


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
    area: Area = field(default=Area.LEADS, kw_only=True)

    def open_to(self, actor: Actor) -> bool:
        """Whether the actor may use it at all; what it shows is filtered by the actor besides."""
        return self.scopes <= actor.scopes and (actor.sees_all_leads or not self.whole_agency)


_R, _W = Effect.READ, Effect.WRITE
_LEADS, _WORK = frozenset({Scope.LEADS_READ}), frozenset({Scope.LEADS_READ, Scope.LEADS_WRITE})
_PEOPLE, _PAPERS = frozenset({Scope.PRODUCERS_READ}), frozenset({Scope.KNOWLEDGE_READ})
_GIVE = frozenset({Scope.LEADS_READ, Scope.LEADS_WRITE, Scope.ROUTING_WRITE})

_KNOWN, _LED = frozenset({Scope.PRODUCERS_READ}), frozenset({Scope.PRODUCERS_READ, Scope.LEADS_READ})
_TIES = frozenset({Scope.PRODUCERS_READ, Scope.PRODUCERS_WRITE})
_PASS = _WORK | {Scope.PRODUCERS_READ}
_MONEY = frozenset({Scope.COMMISSIONS_READ})
_INSURED = frozenset({Scope.POLICIES_READ})


def _read(name: str, args: type[Arguments], scopes: frozenset[Scope], description: str, *, names: bool = True) -> Entry:
    """A question on the network. ``names``: people, teams or notes are named in its results."""
    return Entry(name, args, _R, scopes, description, untrusted=names, area=Area.NETWORK)


def _write(name: str, args: type[Arguments], scopes: frozenset[Scope], description: str) -> Entry:
    return Entry(name, args, _W, scopes, description, area=Area.NETWORK)


_NETWORK = (
    _read("my_connections", net.ConnectionsOf, _KNOWN, "Who a producer is connected with, and what waits for an answer."),
    _read("connections_known", net.KnownAt, _KNOWN, "Who was connected at an instant, as it was known at another."),
    _read("network_reach", net.ReachOf, _KNOWN, "How many people are within one to three steps.", names=False),
    _read("network_standing", net.OfBroker, _KNOWN, "Network score and tier, what they consist of, what is missing."),
    _read("raise_score", net.OfBroker, _KNOWN, "What would raise the network score, with whom, and by how much."),
    _read("network_value", net.OfBroker, _KNOWN, "What the network brought and could bring, in premiums.", names=False),
    _read("network_growth", net.OfBroker, _KNOWN, "Referrals and connections month by month, and ahead.", names=False),
    _read("leaderboard", net.OfBroker, _KNOWN, "A producer's place among all by network score, and the first ten."),
    _read("network_advice", net.OfBroker, _KNOWN, "With whom to do what, and the expected effect."),
    _read("list_referrals", net.ListReferrals, _LED, "Referrals sent and received: open, ending soon, and how they ended."),
    _read("referral_counts", net.OfBroker, _LED, "How many referrals are in each state, sent and received.", names=False),
    _read("find_partners", net.FindPartners, _LED, "Who in the network might have a lead, best first, with reasons."),
    _read("draft_referral", net.DraftReferral, _LED, "Words to go with a referral; sends nothing."),
    _read("show_team", net.TeamOf, _KNOWN, "A team with its members and open invitations."),
    _write("make_referral", net.MakeReferral, _PASS, "Pass a lead on to a producer, or to the best match."),
    _write("accept_referral", net.AcceptReferral, _PASS, "Take a lead that was referred."),
    _write("decline_referral", net.DeclineReferral, _PASS, "Turn down a lead that was referred."),
    _write("withdraw_referral", net.WithdrawReferral, _PASS, "Take back an open referral."),
    _write("remind_receiver", net.RemindReceiver, _PASS, "Remind the receiver of an open referral."),
    _write("request_connection", net.RequestConnection, _TIES, "Ask a producer for a connection."),
    _write("accept_connection", net.AcceptConnection, _TIES, "Accept a connection that was asked for."),
    _write("decline_connection", net.DeclineConnection, _TIES, "Decline a connection that was asked for."),
    _write("end_connection", net.EndConnection, _TIES, "End a connection, or take back the asking for one."),
    _write("invite_to_team", net.InviteToTeam, _TIES, "Invite a producer to a team."),
    _write("accept_invitation", net.AcceptInvitation, _TIES, "Join a team that one was invited to."),
    _write("decline_invitation", net.DeclineInvitation, _TIES, "Decline an invitation to a team."),
)  # fmt: skip


def _of_policies(name: str, args: type[Arguments], description: str, *, names: bool = True) -> Entry:
    return Entry(name, args, _R, _INSURED, description, untrusted=names, area=Area.POLICIES)


_POLICIES = (
    _of_policies("show_policy", pol.ShowPolicy, "One policy: status, term, cover, premium, next payment, notices."),
    _of_policies("find_policies", pol.FindPolicies, "Policies that fit, newest first."),
    _of_policies("policies_in_force", pol.PoliciesInForce, "How many policies are in force, by line.", names=False),
    _of_policies("policies_at_risk", pol.PoliciesAtRisk, "Policies that may be lost, and why."),
    _of_policies("book_premium", pol.BookPremium, "Premium earned, unearned and in force, of all policies."),
    _of_policies("explain_bill", pol.ExplainBill, "Why a policy's bill changed, event by event."),
    _of_policies("policy_on_day", pol.PolicyOnDay, "Whether a policy is in force on a day, past or ahead."),
    _of_policies(
        "quote_cancellation", pol.QuoteCancellation, "What ending a policy on a day would return; ends nothing."
    ),
    _of_policies(
        "policy_documents", pol.PolicyDocuments, "Which documents a policy has, and what each is worth.", names=False
    ),
    _of_policies("read_policy_document", pol.ReadPolicyDocument, "What a document of a policy states, with pages."),
)
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
    Entry(
        "explain_commission", net.ExplainCommission, _R, _MONEY, "Why a commission is what it is, to the cent.",
        area=Area.COMMISSIONS,
    ),
    *_POLICIES,
    Entry("change_status", given.ChangeStatus, _W, _WORK, "Record what became of a lead."),
    Entry("schedule_follow_up", given.ScheduleFollowUp, _W, _WORK, "Be reminded of a lead at an instant."),
    Entry("accept_offer", given.AcceptOffer, _W, _WORK, "Take an offered lead."),
    Entry("decline_offer", given.DeclineOffer, _W, _WORK, "Turn an offered lead down, with a reason."),
    Entry("reassign_lead", given.ReassignLead, _W, _GIVE, "Give a lead to another producer.", whole_agency=True),
    Entry("send_message", given.SendMessage, _W, _WORK, "Write to the lead's person."),
    *_NETWORK,
)  # fmt: skip
CATALOGUE: dict[str, Entry] = {entry.name: entry for entry in _ALL}
"""Every tool by name, in the order in which they are shown."""
BROKER = frozenset(entry.name for entry in _NETWORK) | {"find_leads"}
"""The referral broker's tools: those of the network, and finding the lead that a name means."""


def open_to(actor: Actor, *, tainted: bool = False) -> list[Entry]:
    """The actor's tools. ``tainted``: words from outside were read since the person's own message; nothing may be written."""
    return [entry for entry in _ALL if entry.open_to(actor) and not (tainted and entry.effect is Effect.WRITE)]


def writes(names: Iterable[str]) -> list[str]:
    """Those of the names that are writes; a name that nobody knows counts as one."""
    return [name for name in names if name not in CATALOGUE or CATALOGUE[name].effect is Effect.WRITE]
