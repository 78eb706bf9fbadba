"""Documents through rules, cascade and model; quotes must stand on the page that is named."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
import respx
from pydantic import SecretStr

from evals.graders.paged import OnPage, Pages
from evals.records import Answer, Case
from evals.suite import load_suite
from evals.targets.document import DocumentTarget, plain
from evals.targets.means import Means, Purse
from kernel.errors import Invalid
from kernel.llm_settings import LlmSettings
from kernel.settings import Settings
from tests.agents.letters import ANSWER, LETTER, TOOL
from tests.agents.models import tool
from tests.integrations.llm.world import URL

SUITE = load_suite("document_reader")
PAGES = ["HOMEOWNERS POLICY DECLARATIONS\nPolicy Number: HO-1\n", "Total Premium: $12.50\n"]


@pytest.fixture
async def lent(tmp_path: Path) -> AsyncIterator[Means]:
    llm = LlmSettings(api_key=SecretStr("sk-test"), attempts=1, breaker_failures=99)
    made = Means(Settings(_env_file=None, home=tmp_path, llm=llm), Purse(None))
    yield made
    await made.close()


async def read(lent: Means, spec: str, given: Any) -> Answer:
    target = DocumentTarget()
    async with target.open(lent) as answering:
        return await answering.answer(Case("c", given), target.variant(spec, lent), 0)


async def test_rules_alone_give_page_and_words(lent: Means) -> None:
    answer = await read(lent, "local", {"name": "a.txt", "pages": PAGES})
    premium = answer.output["fields"]["premium"]
    assert premium == {"value": 12.5, "page": 2, "quote": "Total Premium: $12.50", "read_by": "rules"}
    assert answer.output["fields"]["policy_number"]["page"] == 1


@respx.mock
@pytest.mark.parametrize(("how", "by_rules"), [("cascade", {"effective_date", "deductible"}), ("llm", set())])
async def test_the_cascade_fills_what_the_rules_left_and_the_model_alone_has_only_its_own(
    lent: Means, how: str, by_rules: set[str]
) -> None:
    route = respx.post(URL).mock(return_value=tool(TOOL, ANSWER))
    answer = await read(lent, how, {"name": "letter.txt", "pages": [LETTER]})
    assert route.call_count == 1
    assert answer.cost > 0
    fields = answer.output["fields"]
    assert fields["policy_number"]["read_by"] == "llm"
    assert {"effective_date"} & {name for name, one in fields.items() if one["read_by"] == "rules"} == by_rules & {
        "effective_date"
    }
    assert answer.source == "llm"


@respx.mock
async def test_a_sure_document_is_not_asked_about_unless_the_model_alone_is_wanted(lent: Means) -> None:
    route = respx.post(URL).mock(return_value=tool(TOOL, {"kind": "declarations", "fields": []}))
    document = SUITE.cases.cases[0].input
    assert (await read(lent, "cascade", document)).source == "rules"
    assert route.call_count == 0
    await read(lent, "llm", document)
    assert route.call_count == 1


@respx.mock
async def test_a_model_without_an_answer_fails_alone_and_in_the_cascade_leaves_the_rules(lent: Means) -> None:
    respx.post(URL).respond(503)
    given = {"name": "letter.txt", "pages": [LETTER]}
    assert (await read(lent, "llm", given)).failure is not None
    assert (await read(lent, "cascade", given)).output["needs_review"] is True


@pytest.mark.parametrize("given", ["text", {"name": "a.txt"}, {"name": "a.txt", "pages": "text"}, {"pages": ["x"]}])
async def test_what_is_no_document_is_refused_by_name(lent: Means, given: Any) -> None:
    with pytest.raises(Invalid) as refused:
        await read(lent, "local", given)
    assert refused.value.fields[0].field == "case c: input"


async def test_a_quote_on_another_page_is_not_grounded() -> None:
    case = Case("c", {"pages": PAGES}, {"pages": {"premium": 2, "policy_number": 1}})
    right, wrong = {"quote": "Total Premium: $12.50", "page": 2}, {"quote": "Total Premium: $12.50", "page": 1}
    (score,) = await OnPage().grade(
        case, Answer("c", "v", 0, {"evidence": [right, wrong, {"quote": "x", "page": 9}, right]})
    )
    assert score.value == 0.5
    (paged,) = await Pages().grade(case, Answer("c", "v", 0, {"fields": {"premium": right, "policy_number": right}}))
    assert (paged.value, "wanted page 1" in paged.reason) == (0.5, True)
    assert await Pages().grade(Case("c", {}), Answer("c", "v", 0, {})) == ()


def test_values_are_written_as_a_person_would() -> None:
    assert plain({"minor": 123450, "currency": "USD", "period": None}) == 1234.5
    assert plain({"text": "1 Mill Rd", "zip": "75201"}) == "1 Mill Rd"
    assert plain({"percent": 2.0, "amount": None}) == "2%"
    assert plain({"amounts": [{"minor": 100, "currency": "USD"}]}) == [1.0]
    assert plain("x") == "x"
