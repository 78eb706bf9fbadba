"""Questions on the documents of a policy: which there are, and what one states, which is data and never instruction."""

from __future__ import annotations

from typing import Any

from domain.asking.policy_arguments import PolicyDocuments, ReadPolicyDocument
from kernel.errors import NotFound
from services.policies.views import PolicyDetail
from services.policy_papers import PaperView
from tools.copilot.policies import policy_of
from tools.copilot.results import AskDeps, Result, cited, together

_SHOWN = {"id", "type", "verdict", "expires_on", "status", "kind", "needs_review", "replaces_id", "replaced_by_id"}
_MOST_VALUES = 60
_WITHHELD = ("licence_number", "date_of_birth")
"""Ends of names of values that say who somebody is to others than this agency: no answer needs them."""


async def policy_documents(deps: AskDeps, args: PolicyDocuments) -> Result:
    """Every version, oldest first, without names of files and of people."""
    policy = await policy_of(deps, args)
    found = (await deps.services.policy_papers.of(deps.actor, policy.id)).items
    data = {**_policy(policy), "documents": [_shown(one) for one in found]}
    return Result(data, together(cited("policy", policy.id), cited("document", *(one.id for one in found))))


async def read_policy_document(deps: AskDeps, args: ReadPolicyDocument) -> Result:
    """The values to use, with pages; ``contradicted`` names those against which the document says something else, ``withheld``
    those that are not told.

    Raises NotFound for a document that the policy does not have.
    """
    policy, papers = await policy_of(deps, args), deps.services.policy_papers
    document_id = args.document_id
    if args.type is not None:
        of_type = [one.id for one in (await papers.of(deps.actor, policy.id)).items if one.type == args.type]
        if not of_type:
            raise NotFound(f"the policy has no document that is called {args.type.words}; ask which it has")
        document_id = of_type[-1]
    assert document_id is not None, "the arguments name one of both"
    found = await papers.one(deps.actor, policy.id, document_id)
    values = [one for one in found.fields if one.rank == 0 and not one.name.endswith(_WITHHELD)]
    data = {
        **_policy(policy), "document": _shown(found),
        "values": [
            {"name": one.name, "item": one.item, "value": one.value, "page": one.page, "confidence": one.confidence}
            for one in values[:_MOST_VALUES]
        ],
        "more": max(0, len(values) - _MOST_VALUES),
        "withheld": sorted({one.name for one in found.fields if one.name.endswith(_WITHHELD)}),
        "contradicted": sorted({one.name for one in found.fields if one.rank > 0}),
    }  # fmt: skip
    return Result(data, together(cited("policy", policy.id), cited("document", found.id)), untrusted=True)


def _policy(one: PolicyDetail) -> dict[str, Any]:
    return {"policy_id": str(one.id), "number": one.number}


def _shown(one: PaperView) -> dict[str, Any]:
    return one.model_dump(mode="json", include=_SHOWN)
