"""One use case, one transaction: leaving the block commits, an exception undoes all of it."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Collection
from contextlib import asynccontextmanager
from typing import Generic, TypeVar
from uuid import UUID

from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, AsyncSession, async_sessionmaker

from domain.actor import Actor
from kernel.errors import Unavailable
from store.sql.acting import ActingConnection
from store.sql.repositories.agencies import Agencies
from store.sql.repositories.answers import Answers
from store.sql.repositories.api_keys import ApiKeys
from store.sql.repositories.asking import Asking
from store.sql.repositories.audit import Audit
from store.sql.repositories.books import Books
from store.sql.repositories.chat import Chats
from store.sql.repositories.commissions import Commissions
from store.sql.repositories.connections import Connections
from store.sql.repositories.contact import Contact
from store.sql.repositories.copilot import Copilot
from store.sql.repositories.credits import Credits
from store.sql.repositories.distribution import Distribution
from store.sql.repositories.documents import Documents
from store.sql.repositories.earnings import Earnings
from store.sql.repositories.experiments import Experiments
from store.sql.repositories.follow_ups import FollowUps
from store.sql.repositories.history import History
from store.sql.repositories.imports import Imports
from store.sql.repositories.inbound import Inbound
from store.sql.repositories.knowledge import Knowledge
from store.sql.repositories.leads import Leads
from store.sql.repositories.ledger import Ledger
from store.sql.repositories.live import Live
from store.sql.repositories.llm_calls import LlmCalls
from store.sql.repositories.messages import Messages
from store.sql.repositories.offers import Offers
from store.sql.repositories.people import People
from store.sql.repositories.platform import Platform
from store.sql.repositories.policies import Policies
from store.sql.repositories.policy_cover import PolicyCover
from store.sql.repositories.policy_figures import PolicyFigures
from store.sql.repositories.policy_group import PolicyGroup
from store.sql.repositories.policy_premium import PolicyPremium
from store.sql.repositories.policy_requests import PolicyRequests
from store.sql.repositories.producers import Producers
from store.sql.repositories.promotions import Promotions
from store.sql.repositories.rechecks import Rechecks
from store.sql.repositories.referrals import Referrals
from store.sql.repositories.remittances import Remittances
from store.sql.repositories.retention import Retention
from store.sql.repositories.routing import Routing
from store.sql.repositories.runs import Runs
from store.sql.repositories.sharing import Sharing
from store.sql.repositories.sources import Sources
from store.sql.repositories.standing import Effects
from store.sql.repositories.support import Support
from store.sql.repositories.teams import Teams
from store.sql.repositories.trials import Trials
from store.sql.repositories.webhooks import Webhooks

# Classes of state codes: connection, rollback for others' sake, lack of resources, an operator or a timeout stepping in.
_PASSING = ("08", "40", "53", "57")


RepositoryT = TypeVar("RepositoryT")


class _Made(Generic[RepositoryT]):
    """A repository of a unit of work, made when first asked for: most transactions need two or three of them."""

    def __init__(self, kind: Callable[[AsyncSession, Actor], RepositoryT]) -> None:
        self._kind = kind

    def __set_name__(self, owner: type[UnitOfWork], name: str) -> None:
        self._name = name

    def __get__(self, uow: UnitOfWork, owner: type[UnitOfWork]) -> RepositoryT:
        made = self._kind(uow.session, uow.actor)
        uow.__dict__[self._name] = made
        return made


class UnitOfWork:
    """The repositories of one transaction, each filtered by ``actor``'s agency; row security is the second wall."""

    agencies = _Made(Agencies)
    leads = _Made(Leads)
    asking = _Made(Asking)
    chats = _Made(Chats)
    contact = _Made(Contact)
    copilot = _Made(Copilot)
    follow_ups = _Made(FollowUps)
    documents = _Made(Documents)
    distribution = _Made(Distribution)
    experiments = _Made(Experiments)
    history = _Made(History)
    imports = _Made(Imports)
    routing = _Made(Routing)
    producers = _Made(Producers)
    runs = _Made(Runs)
    offers = _Made(Offers)
    books = _Made(Books)
    answers = _Made(Answers)
    live = _Made(Live)
    llm_calls = _Made(LlmCalls)
    knowledge = _Made(Knowledge)
    sources = _Made(Sources)
    inbound = _Made(Inbound)
    messages = _Made(Messages)
    people = _Made(People)
    policies = _Made(Policies)
    policy_cover = _Made(PolicyCover)
    policy_figures = _Made(PolicyFigures)
    policy_premium = _Made(PolicyPremium)
    policy_requests = _Made(PolicyRequests)
    rechecks = _Made(Rechecks)
    retention = _Made(Retention)
    api_keys = _Made(ApiKeys)
    audit = _Made(Audit)
    trials = _Made(Trials)
    webhooks = _Made(Webhooks)
    commissions = _Made(Commissions)
    remittances = _Made(Remittances)
    ledger = _Made(Ledger)
    earnings = _Made(Earnings)
    promotions = _Made(Promotions)
    sharing = _Made(Sharing)
    connections = _Made(Connections)
    credits = _Made(Credits)
    effects = _Made(Effects)
    referrals = _Made(Referrals)
    support = _Made(Support)
    teams = _Made(Teams)

    def __init__(self, session: AsyncSession, actor: Actor) -> None:
        self.session = session
        self.actor = actor

    async def take_policies(self, timers: Collection[UUID], policies: Collection[UUID]) -> PolicyGroup:
        """Policies of due timers as a group: from here on ``policies`` and ``audit`` keep what they are told until it is sent."""
        group = PolicyGroup(self.session, self.actor)
        await group.take(timers, policies)
        self.__dict__ |= {"policies": group, "audit": group.audit}
        return group


class Database:
    """Opens units of work on one engine."""

    def __init__(self, engine: AsyncEngine) -> None:
        self.engine = engine
        self._sessions = async_sessionmaker(engine, expire_on_commit=False, autoflush=False)

    @asynccontextmanager
    async def begin(self, actor: Actor) -> AsyncIterator[UnitOfWork]:
        """A transaction for ``actor``. Raises Unavailable when the database does not answer."""
        async with self._transaction(actor.agency_id) as session:
            yield UnitOfWork(session, actor)

    @asynccontextmanager
    async def platform(self) -> AsyncIterator[Platform]:
        """A transaction without an agency: only the few functions that the owner lent to the application role work in it."""
        async with self._transaction(None) as session:
            yield Platform(session)

    async def close(self) -> None:
        """Close every connection."""
        await self.engine.dispose()

    @asynccontextmanager
    async def _transaction(self, agency_id: UUID | None) -> AsyncIterator[AsyncSession]:
        """It begins with the first statement, and acts for the agency from then on."""
        try:
            async with self._sessions() as session, session.begin():
                _driver(await session.connection()).act_for(agency_id)
                yield session
        except (DBAPIError, PoolTimeoutError, OSError) as problem:
            if not _is_away(problem):
                raise
            raise Unavailable("the database does not answer; try again shortly") from problem


def _driver(connection: AsyncConnection) -> ActingConnection:
    driver = connection.sync_connection and connection.sync_connection.connection.driver_connection
    assert isinstance(driver, ActingConnection), "the engine is one of open_engine"
    return driver


def _is_away(problem: Exception) -> bool:
    """Whether the same could succeed shortly: the server is away, going down, starting or full, and nothing is wrong with us.

    A server that goes down says so by a state code, or by nothing but a dead socket; a missing socket file is an OSError.
    """
    if not isinstance(problem, DBAPIError):
        return True
    state: str | None = getattr(problem.orig, "sqlstate", None)
    # Without a code it is the driver that complains, and of its connection: what we hand it wrongly has a code, too.
    return state is None or state.startswith(_PASSING) or problem.connection_invalidated
