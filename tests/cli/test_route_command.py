"""``leadwright route``, as a person types it: what other weights would have done, and weights that outcomes speak for."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any

import pytest

from kernel.clock import now
from tests.builders import a_producer, an_agency
from tests.cli.terminal import Done, Terminal, first_line
from tests.cli.worked import work_leads

pytestmark = [pytest.mark.slow, pytest.mark.timeout(900)]
LEADS = 840
"""Of the later three in ten about half went to whom the learnt weights choose: enough for outcomes alone to speak (100)."""
PLACES = [("60614", "IL"), ("10001", "NY"), ("98101", "WA")]
"""Chicago and New York have an office each; nobody is near Seattle. Two leads of three near somebody set what the learnt weights
would win (.66) so far from what was won (.41) that the low end of the estimate stays above it whatever was drawn.
"""
WITHOUT_DISTANCE = {"rows": [{"weights": {"performance": 60, "language": 40}}]}
CHICAGO = "Full Name,Email,Zip,Message\nAna {0},ana.{0}@leads.example,60614,quote for my 2019 Civic please\n"


@pytest.fixture(scope="module")
def past(new_terminal: Callable[..., Terminal]) -> Iterator[Terminal]:
    """An agency of two who are alike but for their places, whose weights do not look at places, though what is won goes by them;
    served, so that each command attaches.
    """
    opened = new_terminal(AGENCY="past")
    room = {"capacity_daily": 2000, "capacity_monthly": 60_000}
    people = [a_producer("near", zip_code="60614", **room), a_producer("far", zip_code="10001", **room)]
    assert opened.run("agency", "load", opened.write("past.json", json.dumps(an_agency("past", people)))).code == 0
    file = opened.write("first.json", json.dumps(WITHOUT_DISTANCE))
    assert opened.run("route", "weights", "set", file, "--why", "by record and language").code == 0
    zips = [PLACES[number % len(PLACES)] for number in range(LEADS)]
    asyncio.run(work_leads(opened.home, "past", zips, now() - timedelta(days=3)))
    with opened.running("serve") as serving:
        first_line(serving.stdout, "serving http")
        yield opened


def one(done: Done) -> dict[str, Any]:
    assert (done.code, done.err) == (0, ""), done
    (record,) = done.records()
    return record


def test_a_simulation_weighs_otherwise_and_rules_otherwise(past: Terminal) -> None:
    weights = past.write("distance.json", '{"distance": 100}')
    rules = past.write("rules.yaml", "- {name: only-far, do: restrict, to: {producer.id: far}}\n")
    ask = ("route", "simulate", "--since", "30d")

    same = one(past.run(*ask, "--json"))
    assert (same["leads"], same["changed"]) == (LEADS, 0)
    assert same["as_recorded"] >= LEADS - 8, "only of those that were given at once is the order not what it was"
    assert same["before"] == same["after"]

    near = one(past.run(*ask, "--weights", weights, "--json"))
    assert near["before"] == same["before"]
    assert near["changed"] > LEADS // 10
    assert near["expected"]["difference"]["low"] > 0, "what is near is won, so more would be won"
    assert set(near["names"].values()) == {"Producer near", "Producer far"}

    ruled = one(past.run(*ask, "--rules", rules, "--json"))
    assert list(ruled["after"]["producers"].values()) == [LEADS]
    assert ruled["after"]["rules"] == {"only-far": LEADS}
    both = one(past.run(*ask, "--weights", weights, "--rules", rules, "--json"))
    assert both["after"]["producers"] == ruled["after"]["producers"]

    told = past.run(*ask, "--weights", weights)
    assert told.code == 0, told.err
    assert f"{LEADS} leads" in told.out
    assert f"{near['changed']} would go to somebody else" in told.out
    assert "expected conversions" in told.out
    assert "Producer near" in told.out
    later = one(past.run("route", "simulate", "--since", "1h", "--json"))
    assert (later["leads"], later["expected"]) == (0, None)


def test_a_simulation_of_what_cannot_be_read_says_what_to_give(past: Terminal) -> None:
    for words, code, said in (
        (("--since", "yesterday"), 1, "write 90d, 12h"),
        (("--since", "2999-01-01T00:00:00+00:00"), 1, "give a past time"),
        (("--weights", "nowhere.json"), 1, "--weights"),
        (("--weights", past.write("list.json", "[1]")), 1, "is no object"),
        (("--weights", past.write("name.json", '{"distence": 5}')), 1, "distence"),
        (("--weights", past.write("minus.json", '{"language": -1}')), 1, "weights.language"),
        (("--weights", past.write("zero.json", '{"distance": 0}')), 1, "give one a weight above 0"),
        (("--rules", past.write("who.yaml", "- {name: x, do: restrict, to: {producer.id: nobody-here}}\n")), 1, "nobody-here"),
        (("--rules", past.write("no.yaml", "a: [")), 1, "neither YAML nor JSON"),
        (("--rules", "nowhere.yaml"), 2, "does not exist"),
        (("--seed", "-1"), 2, "'--seed'"),
    ):  # fmt: skip
        done = past.run("route", "simulate", *words)
        assert (done.code, done.out, said in done.words) == (code, "", True), (words, done)
        assert "Traceback" not in done.err


def test_weights_are_learnt_proposed_applied_by_a_person_and_rank_the_next_lead(past: Terminal) -> None:
    for email, role in (("mo@past.example", "manager"), ("ad@past.example", "admin")):
        assert past.run("access", "person", "add", email, "--name", "M", "--role", role).code == 0
    learnt = one(past.run("route", "learn", "--since", "30d", "--json"))
    assert (learnt["code"], learnt["worked"]) == ("better", LEADS), learnt
    proposal = learnt["proposal"]
    assert max(proposal["weights"], key=lambda name: float(proposal["weights"][name])) == "distance"
    estimate = proposal["estimate"]
    assert estimate["gain_per_100"]["low"] > 0
    # Equals drew, so outcomes alone speak too: beside what was recorded, more of the leads would have been won.
    assert (estimate["off_policy"]["code"], estimate["off_policy"]["supported"]) == ("estimated", 1.0), estimate
    assert estimate["off_policy"]["snips"][1] > estimate["off_policy"]["recorded"]
    assert one(past.run("route", "learn", "--since", "30d", "--json"))["proposal"]["id"] == proposal["id"]

    listed = past.run("route", "proposals", "list", "--json").records()
    assert [each["id"] for each in listed] == [proposal["id"]]
    assert proposal["id"] in past.run("route", "proposals", "list").out
    shown = past.run("route", "proposals", "show", proposal["id"])
    assert "from outcomes alone: estimated from draws among equals" in " ".join(shown.out.split())

    apply = ("route", "proposals", "apply", proposal["id"], "--note", "near leads are won")
    for words, code, said in (
        (apply, 2, "--person"),
        ((*apply, "--person", "nobody@past.example"), 1, "no active person"),
        (("route", "proposals", "apply", "nonsense", "--person", "mo@past.example"), 2, "a valid UUID"),
        (("route", "proposals", "show", "00000000-0000-4000-8000-000000000000"), 1, "no proposal"),
    ):
        done = past.run(*words)
        assert (done.code, said in done.words) == (code, True), (words, done)
    applied = one(past.run(*apply, "--person", "mo@past.example", "--json"))
    assert (applied["state"], applied["note"], applied["version"]) == ("applied", "near leads are won", 2)
    assert applied["decided_by"].startswith("person:")
    again = past.run("route", "proposals", "dismiss", proposal["id"], "--person", "mo@past.example")
    assert (again.code, "applied already" in again.words) == (1, True), again

    in_force = one(past.run("route", "weights", "show", "--json"))
    assert (in_force["version"], proposal["id"] in in_force["why"]) == (2, True)
    for number in range(3):  # by the earlier weights each would have been drawn
        body = receipt_of_next(past, f"next{number}")
        assert body["weights"] == proposal["weights"]
        assert body["policy"]["versions"]["weights"] == 2
        assert body["outcome"]["external"] == "near"


def next_lead(past: Terminal, word: str) -> dict[str, Any]:
    """What became of a lead from Chicago that comes now."""
    done = past.run("process", past.write(f"{word}.csv", CHICAGO.format(word)), "--json")
    assert done.code == 0, done.err
    (record,) = done.records()
    return record


def receipt_of_next(past: Terminal, word: str) -> dict[str, Any]:
    """The receipt of a lead from Chicago that comes now, and the name of who got it."""
    lead = next_lead(past, word)
    view = one(past.run("receipt", lead["receipt_id"], "--json"))
    assert view["replay"]["same"]
    found: dict[str, Any] = view["receipt"]["body"]
    found["outcome"]["external"] = view["receipt"]["producer_name"].removeprefix("Producer ")
    return found


def test_earlier_weights_and_rules_are_restored_with_a_reason(past: Terminal) -> None:
    before = one(past.run("route", "weights", "show", "--json"))
    restored = past.run("route", "weights", "restore", "1", "--why", "too few for New York")
    number = before["version"] + 1
    assert (restored.code, restored.err) == (0, "")
    assert restored.out == f"weights are at version {number}: version 1 again: too few for New York\n"
    versions = past.run("route", "weights", "versions", "--json").records()
    assert [each["version"] for each in versions] == list(range(number, 0, -1))
    assert (versions[0]["body"], versions[0]["why"]) == (versions[-1]["body"], "version 1 again: too few for New York")
    assert "version 1 again" in past.run("route", "weights", "versions").out
    assert receipt_of_next(past, "restored")["weights"] == {"language": "40", "performance": "60"}

    assert past.run("route", "rules", "versions").out == "the rules are as shipped: version 0\n"
    hold = past.write("hold.yaml", "- {name: all-wait, do: hold, reason: the roof is open}\n")
    assert past.run("route", "rules", "set", hold, "--why", "a stop").code == 0
    held = next_lead(past, "held")
    assert (held["status"], held["reason"]) == ("queued", "held_by_rule")
    assert one(past.run("route", "rules", "restore", "0", "--why", "open again", "--json"))["body"] == []
    assert next_lead(past, "free")["status"] == "assigned"

    for words, code, said in (
        (("weights", "restore", "99"), 1, "no version 99 of weights"),
        (("rules", "restore", "-1"), 2, "-1"),
        (("rules", "restore", "two"), 2, "'version'"),
        (("weights", "restore"), 2, "'version'"),
    ):
        done = past.run("route", *words)
        assert (done.code, done.out, said in done.words) == (code, "", True), (words, done)
    assert len(past.run("route", "weights", "versions", "--json").records()) == number


def test_too_little_to_learn_from_says_how_much_more(past: Terminal) -> None:
    said = one(past.run("route", "learn", "--since", "1h", "--json"))
    assert (said["code"], said["worked"], said["proposal"]) == ("too_little", 0, None)
    assert said["more_closed"] >= 300
    assert "too few closed leads" in past.run("route", "learn", "--since", "1h").out
    for since, words in (("soon", "write 90d, 12h"), ("2999-01-01T00:00:00Z", "give a past time")):
        done = past.run("route", "learn", "--since", since)
        assert (done.code, done.out, words in done.words) == (1, "", True), done
