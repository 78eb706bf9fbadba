"""How an agency distributes: weights, rules and strategy, each with versions."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Path, Response

from api.dependencies import AgencyAdmin, Provided, RoutingReader
from api.guarded import GuardedRoute
from api.preconditions import Expected, put_etag
from api.problems import problem_answers
from services.routing.schemas import (
    PolicyAsked,
    PolicyChecked,
    PolicyIn,
    PolicyKind,
    PolicyList,
    PolicyRestored,
    PolicyView,
    RulesTried,
    TriedView,
)

router = APIRouter(prefix="/routing", tags=["routing"], route_class=GuardedRoute)

_READ = problem_answers(401, 403, 422, 503)
_SEND = problem_answers(400, 401, 403, 413, 415, 422, 503)
_CHANGE = problem_answers(400, 401, 403, 412, 413, 415, 422, 428, 503)
_RESTORE = problem_answers(400, 401, 403, 404, 412, 413, 415, 422, 428, 503)
Version = Annotated[int, Path(ge=0, le=2**31 - 1, description="The number of the version; 0 is what is shipped.")]


def _routes_of(kind: PolicyKind) -> None:
    """The same five routes for each kind."""
    name = kind.value

    async def in_force(services: Provided, actor: RoutingReader, response: Response) -> PolicyView:
        found = await services.distribution.in_force(actor, kind)
        if found.version:
            put_etag(response, found.version)
        return found

    async def versions(services: Provided, actor: RoutingReader) -> PolicyList:
        return await services.distribution.versions(actor, kind)

    async def put(
        services: Provided, actor: AgencyAdmin, body: PolicyIn, expected: Expected, response: Response
    ) -> PolicyView:
        saved = await services.distribution.put(actor, kind, body.body, body.why, expected=expected)
        put_etag(response, saved.version)
        return saved

    async def restore(
        services: Provided,
        actor: AgencyAdmin,
        version: Version,
        body: PolicyRestored,
        expected: Expected,
        response: Response,
    ) -> PolicyView:
        saved = await services.distribution.restore(actor, kind, version, body.why, expected=expected)
        put_etag(response, saved.version)
        return saved

    async def check(services: Provided, actor: RoutingReader, body: PolicyAsked) -> PolicyChecked:
        return await services.distribution.check(actor, kind, body.body)

    router.add_api_route(
        f"/{name}", in_force, methods=["GET"], name=f"get_routing_{name}", responses=_READ,
        description=f"The {name} in force. Version 0 is what is shipped, and has no ETag: replace it with `If-Match: *`.",
    )  # fmt: skip
    router.add_api_route(
        f"/{name}/versions", versions, methods=["GET"], name=f"list_routing_{name}_versions", responses=_READ,
        description=f"Every version of the {name}, newest first: who, when, why.",
    )  # fmt: skip
    router.add_api_route(
        f"/{name}", put, methods=["PUT"], name=f"put_routing_{name}", responses=_CHANGE,
        description=f"A new version of the {name}, in force from the next lead on. Every fault is named with its remedy.",
    )  # fmt: skip
    router.add_api_route(
        f"/{name}/versions/{{version}}/restore", restore, methods=["POST"], name=f"restore_routing_{name}", responses=_RESTORE,
        description=f"An earlier version of the {name} in force again, as a new version that says the same.",
    )  # fmt: skip
    router.add_api_route(
        f"/{name}/validate", check, methods=["POST"], name=f"validate_routing_{name}", responses=_SEND,
        description=f"Whether such {name} could be saved, and as what; nothing changes.",
    )  # fmt: skip


for _kind in PolicyKind:
    _routes_of(_kind)


@router.post("/rules/try", responses=_SEND)
async def try_routing_rules(services: Provided, actor: RoutingReader, body: RulesTried) -> TriedView:
    """Rules on past decisions, as if they had been in force: what would have matched, who would have got the leads."""
    return await services.distribution.try_on(actor, body.rules, body.since)
