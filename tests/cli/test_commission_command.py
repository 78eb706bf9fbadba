"""``leadwright commission``, as a person types it: from a plan to a statement."""

import json
import shlex
from pathlib import Path

import pytest

from tests.cli.terminal import Terminal

pytestmark = pytest.mark.timeout(600)
PLAN = {
    "effective_on": "2026-01-01", "why": "first plan", "plan": {
        "rates": [{"match": {}, "basis": {"kind": "percent", "rate": "0.10"}, "house": "0.4"}],
        "contracts": [{"match": {}, "clause": {"kind": "return_premium"}}],
    },
}  # fmt: skip


def a_sale(producer_id: str) -> dict[str, object]:
    policy = {
        "number": "HO-00123", "carrier": "Acme", "line": "home", "state": "TX", "effective_at": "2026-02-01T00:01:00-06:00",
    }  # fmt: skip
    parties = [{"producer_id": producer_id}]
    return {"source": "policy:1:issued", "policy": policy, "premium_minor": 100_000, "parties": parties}


def test_a_commission_from_plan_to_statement(served: Terminal) -> None:
    someone = served.run("producer", "list", "--json").records()[0]
    assert served.run("commission", "plan", served.write("plan.json", json.dumps(PLAN))).code == 0
    sale = served.write("sale.json", json.dumps(a_sale(someone["id"])))
    made = json.loads(served.run("commission", "accrue", sale).out)
    assert (made["replayed"], made["accrual"]["gross_minor"]) == (False, 10_000)
    explained = served.run("commission", "explain", made["accrual"]["id"])
    assert explained.code == 0, explained.err
    assert "At 10% the commission is: 100.00 USD." in explained.out
    assert "the ledger agrees" in explained.out
    assert served.run("commission", "list", "--policy", "ho 123", "--json").records()[0]["id"] == made["accrual"]["id"]
    rows = "Policy Number,Effective Date,Commission\nHO123,02/01/2026,100.00\nXX-9,02/01/2026,5.00\n"
    statement = served.write("acme-2026-02.csv", rows)
    taken = json.loads(served.run("commission", "import", statement, "--carrier", "Acme", "--json").out)
    assert (taken["counts"], taken["replayed"]) == ({"matched": 1, "unmatched": 1}, False)
    again = served.run("commission", "import", statement, "--carrier", "Acme", "--received", "2026-03-05")
    assert "nothing was posted" in again.out
    (waits,) = served.run("commission", "lines", "--carrier", "acme", "--json").records()
    assert (waits["policy_number"], waits["statement_number"], waits["amount_minor"]) == ("XX-9", "acme-2026-02", 500)
    assert "XX-9" in served.run("commission", "lines").out
    reconciled = json.loads(served.run("commission", "reconcile", "--json").out)
    assert (reconciled["agrees"], reconciled["carriers"][0]["suspense_minor"]) == (True, 500)
    month = made["accrual"]["created_at"][:7]
    written = served.run("commission", "statement", someone["external_id"], month, "--pdf", "a.pdf", "--csv", "a.csv")
    assert written.code == 0, written.err
    assert (served.folder / "a.pdf").read_bytes().startswith(b"%PDF")
    assert "HO-00123" in (served.folder / "a.csv").read_text()
    run = json.loads(served.run("commission", "run", "2026-02").out)
    assert [one["payee_id"] for one in run["made"] + run["left_out"]] in ([someone["id"]], [])


def test_a_month_is_shared_as_the_guide_says(served: Terminal) -> None:
    """The commands of docs/howto/commissions.md, with a month that is over."""
    commands = commands_of("## Sharing the house's income")
    assert [one[1] for one in commands] == ["revenue-terms", "share-revenue", "share-revenue"]
    for one in commands:
        done = served.run(*one)
        assert done.code == 0, done.err
    assert json.loads(served.run(*commands[0][:2]).out)["basis_points"] == 250
    done = served.run("commission", "share-revenue", "--month", "2026-13")
    assert (done.code, "is no month" in done.words) == (2, True)
    done = served.run("commission", "explain", "018f0000-0000-7000-8000-000000000000")
    assert done.code == 1


def test_a_promotion_is_announced_listed_and_ended_as_the_guide_says(served: Terminal) -> None:
    add, listed, end = commands_of("## Promotions")
    made = json.loads(served.run(*add).out)
    assert (made["bonus_minor"], made["least_tier"], made["states"]) == (5_000, "platinum", ["IL"])
    assert "Winter" in served.run(*listed).out
    assert [one["id"] for one in served.run(*listed, "--json").records()] == [made["id"]]
    assert json.loads(served.run(*end[:-1], made["id"]).out)["open"] is False
    assert served.run(*end).code == 1, "the guide's id is nobody's"
    done = served.run(*add[:6], "--ends", "2026-10-01", "--bonus", "1")
    assert (done.code, "give a later day" in done.words) == (2, True)


def commands_of(heading: str) -> list[list[str]]:
    """The commands of a section of docs/howto/commissions.md."""
    guide = (Path(__file__).parents[2] / "docs/howto/commissions.md").read_text(encoding="utf-8")
    lines = guide.partition(heading)[2].partition("\n## ")[0].splitlines()
    return [shlex.split(line)[1:] for line in lines if line.startswith("leadwright ")]


def test_what_cannot_be_read_is_named(served: Terminal) -> None:
    done = served.run("commission", "plan", served.write("bad.json", '{"effective_on": "2026-01-01"}'))
    assert (done.code, "plan: Field required" in done.words) == (1, True)
    done = served.run("commission", "import", served.write("bad.csv", b"\xff"), "--carrier", "Acme")
    assert done.code == 1
