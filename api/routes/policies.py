"""Insurance policies: find, look at, as of any day, export; draft and revise."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query, Request, Response
from fastapi.responses import StreamingResponse
from pydantic import AfterValidator, BaseModel, ConfigDict, Field

from api.dependencies import PolicyReader, PolicyWriter, Provided
from api.guarded import GuardedRoute
from api.preconditions import Expected, tagged
from api.problems import problem_answers
from api.queries import Moment
from api.routes.leads import IdempotencyKey
from domain.lines import Line
from domain.policies.names import sought
from domain.policies.words import PolicyStatus, Reason
from kernel.clock import now
from services.policies.drafts import number_key
from services.policies.exporting import ExportFormat
from services.policies.reading import read_cursor
from services.policies.schemas import Day, FromLeadIn, PolicyDraftIn, QuoteIn, QuoteReinstateIn
from services.policies.table_views import LegalRows, TypeList
from services.policies.tables import legal_rows, types
from services.policies.views import (
    AsOfView,
    CancelQuote,
    InForce,
    LicenceList,
    PolicyDetail,
    PolicyPage,
    PolicyTimeline,
    ReinstateQuote,
)
from services.retention import RiskList
from store.sql.repositories.policy_search import PolicyFilter

router = APIRouter(tags=["policies"], route_class=GuardedRoute)

_READ = problem_answers(401, 403, 422, 503)
_READ_ONE = problem_answers(401, 403, 404, 422, 503)
_QUOTE = problem_answers(400, 401, 403, 404, 409, 413, 415, 422, 503)
_SEND = problem_answers(400, 401, 403, 404, 409, 413, 415, 422, 503)
_CHANGE = problem_answers(400, 401, 403, 404, 409, 412, 413, 415, 422, 428, 503)
_CSV = {"schema": {"type": "string"}}
_PDF = {"schema": {"type": "string", "format": "binary"}}


def readable(cursor: str) -> str:
    """Raises Invalid for a cursor that the list never gave."""
    read_cursor(cursor)
    return cursor


def searchable(name: str) -> str:
    """Raises ValueError for a name without a letter or digit, which would find everything."""
    if not sought(name):
        msg = "has no letter or digit; give the beginning of a word of the name"
        raise ValueError(msg)
    return name


class PolicyFilters(BaseModel):
    """Which policies. Values of one name are alternatives, names narrow each other."""

    model_config = ConfigDict(extra="forbid")

    status: list[PolicyStatus] = Field(default_factory=list, max_length=20)
    line: list[Line] = Field(default_factory=list, max_length=20)
    type: list[str] = Field(default_factory=list, max_length=40)
    state: str | None = Field(None, pattern="^[A-Z]{2}$")
    carrier: str | None = Field(None, min_length=1, max_length=200)
    number: str | None = Field(None, min_length=1, max_length=60, description="However it is spelled.")
    producer_id: UUID | None = None
    lead_id: UUID | None = None
    ends_from: Day | None = Field(None, description="Terms that end on this day or later.")
    ends_before: Day | None = Field(None, description="Terms that end before this day.")
    starts_from: Day | None = Field(None, description="Terms that begin on this day or later.")
    starts_before: Day | None = Field(None, description="Terms that begin before this day.")
    insured: Annotated[str, AfterValidator(searchable)] | None = Field(
        None,
        max_length=200,
        description="Beginnings of words of the insured's name, all of them; accents and case do not count.",
    )
    overdue: bool | None = Field(None, description="Whether an instalment is past its day unpaid, now.")
    source: str | None = Field(None, min_length=1, max_length=100, description="Of the lead.")
    auto_renew: bool | None = None
    ended_reason: list[Reason] = Field(default_factory=list, max_length=len(Reason))
    shared_with: UUID | None = Field(None, description="A producer of record beside the writing one.")
    in_force_at: Moment | None = Field(None, description="Terms whose cover spans this instant, as it is known now.")

    def wanted(self) -> PolicyFilter:
        """The filter as the services take it."""
        return PolicyFilter(
            status=[one.value for one in self.status], line=[one.value for one in self.line], type=self.type, state=self.state,
            carrier=self.carrier, number_key=None if self.number is None else number_key(self.number),
            producer_id=self.producer_id, lead_id=self.lead_id, ends_from=self.ends_from, ends_before=self.ends_before,
            in_force_at=self.in_force_at, starts_from=self.starts_from, starts_before=self.starts_before,
            insured=sought(self.insured or ""), overdue_at=now() if self.overdue else None,
            paid_up_at=now() if self.overdue is False else None, source=self.source, auto_renew=self.auto_renew,
            ended_reason=[one.value for one in self.ended_reason], shared_with=self.shared_with,
        )  # fmt: skip


class PolicyQuery(PolicyFilters):
    """Filters, place and size of a page."""

    cursor: Annotated[str, AfterValidator(readable)] | None = Field(
        None, max_length=200, description="`next_cursor` of the page before."
    )
    limit: int = Field(50, ge=1, le=200)
    count: bool = Field(default=False, description="Answer how many match, in X-Total-Count.")


class PolicyExport(PolicyFilters):
    """Filters, and as what."""

    format: ExportFormat = ExportFormat.CSV


class AsOf(BaseModel):
    """When, and as it was known when."""

    model_config = ConfigDict(extra="forbid")

    at: Moment | None = Field(None, description="Else now.")
    known_at: Moment | None = Field(None, description="Else as it is known now.")


class RiskQuery(BaseModel):
    """How many."""

    model_config = ConfigDict(extra="forbid")

    limit: int = Field(50, ge=1, le=200)


@router.get("/policies", responses=_READ)
async def list_policies(
    services: Provided, actor: PolicyReader, query: Annotated[PolicyQuery, Query()], response: Response
) -> PolicyPage:
    """Policies, newest first, a page at a time; each item is one term."""
    reading = services.policies.reading
    page = await reading.page(actor, query.wanted(), query.cursor, query.limit)
    if query.count:
        response.headers["X-Total-Count"] = str(await reading.count(actor, query.wanted()))
    return page


@router.get(
    "/policies/export",
    response_class=StreamingResponse,
    responses={200: {"content": {"text/csv": _CSV, "application/pdf": _PDF}}, **_READ},
)
async def export_policies(services: Provided, actor: PolicyReader, query: Annotated[PolicyExport, Query()]) -> Response:
    """The whole list as CSV, or as a PDF to print. Text that a spreadsheet would take for a formula begins with an apostrophe;
    amounts are in major units.
    """
    exporting, wanted = services.policies.exporting, query.wanted()
    headers = {"Content-Disposition": f'attachment; filename="policies.{query.format.value}"'}
    if query.format is ExportFormat.PDF:
        return Response(await exporting.pdf(actor, wanted), media_type="application/pdf", headers=headers)
    return StreamingResponse(exporting.csv(actor, wanted), media_type="text/csv; charset=utf-8", headers=headers)


@router.get("/policies/in-force", responses=_READ)
async def count_in_force(services: Provided, actor: PolicyReader, query: Annotated[AsOf, Query()]) -> InForce:
    """How many policies cover at an instant, as it was known at another; one that was reinstated counts once."""
    return await services.policies.reading.in_force(actor, query.at or now(), query.known_at)


@router.get("/policies/at-risk", responses=_READ)
async def list_policies_at_risk(
    services: Provided, actor: PolicyReader, query: Annotated[RiskQuery, Query()]
) -> RiskList:
    """Policies in force that something speaks against, with the reasons, the most commission at stake first."""
    return await services.retention.at_risk(actor, query.limit)


@router.get("/policies/types", responses=_READ)
async def list_policy_types(actor: PolicyReader) -> TypeList:
    """Every type of policy with its objects, fields, parties and coverages."""
    del actor
    return types()


@router.get("/policies/rules", responses=_READ)
async def list_policy_rules(actor: PolicyReader) -> LegalRows:
    """Statutory notices, grace, short rates and windows for renewals with their citations. What has no row is refused, and a
    person finds the law; a renewal without one is offered by the custom of its line.
    """
    del actor
    return legal_rows()


@router.post("/policies", status_code=201, responses=_SEND)
async def create_policy(
    services: Provided,
    actor: PolicyWriter,
    request: Request,
    body: PolicyDraftIn,
    response: Response,
    key: IdempotencyKey = None,
) -> PolicyDetail:
    """Keep a draft. The same key with the same body finds it again."""
    made = await services.policies.drafts.draft(actor, body, key=key)
    path = request.app.url_path_for("get_policy", policy_id=str(made))
    response.headers["Location"] = f"{request.scope.get('root_path', '')}{path}"
    return await shown(services, actor, made, response)


@router.post("/leads/{lead_id}/policy", status_code=201, responses=_SEND)
async def create_policy_of_lead(
    services: Provided,
    actor: PolicyWriter,
    lead_id: UUID,
    body: FromLeadIn,
    response: Response,
    key: IdempotencyKey = None,
) -> PolicyDetail:
    """A draft of a converted lead, with what is known of it filled in; asked again, the same draft."""
    made = await services.policies.drafts.from_lead(actor, lead_id, body, key=key)
    return await shown(services, actor, made, response)


@router.get("/policies/{policy_id}", responses=_READ_ONE)
async def get_policy(services: Provided, actor: PolicyReader, policy_id: UUID, response: Response) -> PolicyDetail:
    """Everything about a term: contents, cover, money, instalments, notices, endorsements, payments."""
    return await shown(services, actor, policy_id, response)


@router.put("/policies/{policy_id}", responses=_CHANGE)
async def revise_policy(
    services: Provided,
    actor: PolicyWriter,
    policy_id: UUID,
    body: PolicyDraftIn,
    expected: Expected,
    response: Response,
) -> PolicyDetail:
    """Replace a draft."""
    await services.policies.drafts.revise(actor, policy_id, body, expected=expected)
    return await shown(services, actor, policy_id, response)


@router.get("/policies/{policy_id}/licences", responses=_READ_ONE)
async def get_policy_licences(services: Provided, actor: PolicyWriter, policy_id: UUID) -> LicenceList:
    """Licence numbers of the drivers in full, which everything else shows by their last signs; who looked is kept."""
    return await services.policies.reading.licences(actor, policy_id)


@router.get("/policies/{policy_id}/timeline", responses=_READ_ONE)
async def get_policy_timeline(services: Provided, actor: PolicyReader, policy_id: UUID) -> PolicyTimeline:
    """What happened to a policy, oldest first: when it was written down, and from when it counts."""
    return await services.policies.reading.timeline(actor, policy_id)


@router.get("/policies/{policy_id}/as-of", responses=_READ_ONE)
async def get_policy_as_of(
    services: Provided, actor: PolicyReader, policy_id: UUID, query: Annotated[AsOf, Query()]
) -> AsOfView:
    """The term at an instant, as it was known at another."""
    return await services.policies.reading.as_of(actor, policy_id, query.at or now(), query.known_at)


@router.post("/policies/{policy_id}/cancel-quote", responses=_QUOTE)
async def quote_cancellation(services: Provided, actor: PolicyReader, policy_id: UUID, body: QuoteIn) -> CancelQuote:
    """What a cancellation on a day would return, with the method in words; nothing changes."""
    return await services.policies.reading.quote_cancel(actor, policy_id, body.effective_on, body.reason)


@router.post("/policies/{policy_id}/reinstate-quote", responses=_QUOTE)
async def quote_reinstatement(
    services: Provided, actor: PolicyReader, policy_id: UUID, body: QuoteReinstateIn
) -> ReinstateQuote:
    """What is to be paid so that cover is taken up again today, and by which schedule it goes on; nothing changes."""
    return await services.policies.reading.quote_reinstate(actor, policy_id, lapse=body.lapse)


async def shown(services: Provided, actor: PolicyReader, policy_id: UUID, response: Response) -> PolicyDetail:
    """The policy as it is now, with its version as ETag."""
    return tagged(await services.policies.reading.one(actor, policy_id), response)
