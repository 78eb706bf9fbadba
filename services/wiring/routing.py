"""Producers, and who of them gets a lead."""

from __future__ import annotations

from functools import cached_property

from services.agencies.load import AgencyLoading
from services.agencies.projection import NetworkProjection
from services.explanations import Explanations
from services.network.network import BrokerNetwork
from services.network.webs import Webs
from services.passing import PassingOn
from services.producers.producers import Producers
from services.routing.assign import Assignments
from services.routing.offers import Offers
from services.routing.policies import Policies
from services.routing.ranking import Ranking
from services.routing.receipts import Receipts
from services.routing.roster import Rosters
from services.routing.weighing import Weighing
from services.ties import TiesInWeb
from services.wiring.people import PeopleServices
from store.graph.network import Network
from store.graph.referrals import ReferralGraph


class RoutingServices(PeopleServices):
    """What routing knows and does."""

    @cached_property
    def agencies(self) -> AgencyLoading:
        """Loading agencies from files."""
        return AgencyLoading(self.database, self.geography)

    @cached_property
    def network(self) -> Network:
        """The graph's queries."""
        return Network(self.graph)

    @cached_property
    def referral_graph(self) -> ReferralGraph:
        """The graph's queries of referrals."""
        return ReferralGraph(self.graph)

    @cached_property
    def projection(self) -> NetworkProjection:
        """The graph as a projection of Postgres."""
        return NetworkProjection(self.database, self.network, self.referral_graph)

    @cached_property
    def brokers(self) -> BrokerNetwork:
        """The broker network."""
        giving = self.assignments.giving
        passing = PassingOn(self.ranking, self.rosters, giving, self.contact, self.geography)
        return BrokerNetwork.on(
            self.database, self.network, self.webs, self.referral_graph, self.projection.refresh, passing,
            self.messages.outgoing,
        )  # fmt: skip

    @cached_property
    def webs(self) -> Webs:
        """Networks as arrays."""
        return Webs()

    @cached_property
    def producers(self) -> Producers:
        """Producers' records, licences and numbers."""
        return Producers.on(self.database, self.geography)

    @cached_property
    def rosters(self) -> Rosters:
        """Producers as routing weighs them."""
        return Rosters()

    @cached_property
    def ranking(self) -> Ranking:
        """Producers in order for a lead."""
        return Ranking(self.database, self.rosters, self.geography, TiesInWeb(self.webs), self._permission)

    @cached_property
    def assignments(self) -> Assignments:
        """Who gets the lead."""
        return Assignments(self.database, self.ranking, self.rosters, self._permission)

    @cached_property
    def offers(self) -> Offers:
        """Leads offered to producers, and what becomes of the offers."""
        return Offers.on(self.database, self.assignments, self.ranking, self.rosters)

    @cached_property
    def distribution(self) -> Policies:
        """How leads are distributed."""
        return Policies(self.database, self.rosters)

    @cached_property
    def weighing(self) -> Weighing:
        """What other weights would do, and which ones outcomes speak for."""
        return Weighing.on(self.database, self.rosters)

    @cached_property
    def receipts(self) -> Receipts:
        """Why."""
        return Receipts(self.database)

    @cached_property
    def explanations(self) -> Explanations:
        """Why, in plain words."""
        return Explanations(self.database)
