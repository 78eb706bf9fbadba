"""What routes are handed: the services, and the actor with the scope that the route needs."""

from __future__ import annotations

from typing import Annotated

from fastapi import Depends, Request, Security
from fastapi.security import APIKeyHeader, HTTPBearer, SecurityScopes

from api.auth import API_KEY
from domain.actor import Actor, Scope
from services.container import Services

# Only for the OpenAPI file and its sign-in button: GuardedRoute has verified the token before this is asked.
_bearer = HTTPBearer(
    auto_error=False, bearerFormat="JWT", scheme_name="token",
    description="From `/api/v1/auth/token`, or from `leadwright token`; an API key does as well.",
)  # fmt: skip
_key = APIKeyHeader(
    name=API_KEY, auto_error=False, scheme_name="key", description="An API key, where Authorization is taken."
)


# Coroutines, although they wait for nothing: FastAPI sends a plain function to a thread, once for each request.
async def _services(request: Request) -> Services:
    services: Services = request.app.state.services
    return services


async def _actor(
    request: Request,
    needed: SecurityScopes,
    _: Annotated[object, Depends(_bearer)],
    __: Annotated[object, Depends(_key)],
) -> Actor:
    """The services check the scope again; here it is refused before the body is validated."""
    actor: Actor = request.state.actor
    for scope in needed.scopes:
        actor.require(Scope(scope))
    return actor


Provided = Annotated[Services, Depends(_services)]
LeadReader = Annotated[Actor, Security(_actor, scopes=[Scope.LEADS_READ.value])]
SignedIn = Annotated[Actor, Security(_actor, scopes=[])]
LeadSender = Annotated[Actor, Security(_actor, scopes=[Scope.LEADS_SEND.value])]
LeadWriter = Annotated[Actor, Security(_actor, scopes=[Scope.LEADS_WRITE.value])]
KnowledgeReader = Annotated[Actor, Security(_actor, scopes=[Scope.KNOWLEDGE_READ.value])]
RoutingReader = Annotated[Actor, Security(_actor, scopes=[Scope.ROUTING_READ.value])]
RoutingWriter = Annotated[Actor, Security(_actor, scopes=[Scope.ROUTING_WRITE.value])]
ProducerReader = Annotated[Actor, Security(_actor, scopes=[Scope.PRODUCERS_READ.value])]
ProducerWriter = Annotated[Actor, Security(_actor, scopes=[Scope.PRODUCERS_WRITE.value])]
CommissionReader = Annotated[Actor, Security(_actor, scopes=[Scope.COMMISSIONS_READ.value])]
CommissionWriter = Annotated[Actor, Security(_actor, scopes=[Scope.COMMISSIONS_WRITE.value])]
PolicyReader = Annotated[Actor, Security(_actor, scopes=[Scope.POLICIES_READ.value])]
PolicyWriter = Annotated[Actor, Security(_actor, scopes=[Scope.POLICIES_WRITE.value])]
AuditReader = Annotated[Actor, Security(_actor, scopes=[Scope.AUDIT_READ.value])]
AgencyAdmin = Annotated[Actor, Security(_actor, scopes=[Scope.AGENCY_ADMIN.value])]
