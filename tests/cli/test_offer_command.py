"""``leadwright offer``, as a person types it: a lead is offered by the real pipeline, and answered once."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from typing import Any
from uuid import uuid4

import pytest

from tests.builders import a_producer, an_agency
from tests.cli.terminal import Terminal, first_line

pytestmark = [pytest.mark.slow, pytest.mark.timeout(600)]
TERMS = {
    "required": True,
    "max_declines": 9,
    "when_no_call": "tell",
    "answer_minutes": {"hot": 600, "warm": 600, "cool": 600},
}
LEAD = "Full Name,Email,Zip,Message\nAna {0},ana.{0}@leads.example,60614,quote for my 2019 Civic please\n"


@pytest.fixture(scope="module")
def asking(new_terminal: Callable[..., Terminal]) -> Iterator[Terminal]:
    """An agency of two producers that asks them whatever the hour, served so that each command attaches."""
    opened = new_terminal(AGENCY="asking")
    body = an_agency("asking", [a_producer("ann"), a_producer("bob")]) | {"offers": TERMS}
    assert opened.run("agency", "load", opened.write("asking.json", json.dumps(body))).code == 0
    with opened.running("serve") as serving:
        first_line(serving.stdout, "serving http")
        yield opened


def offered(asking: Terminal, word: str) -> tuple[dict[str, Any], str, str]:
    """A lead's open offer, the producer who is asked, and the other one."""
    done = asking.run("process", asking.write(f"{word}.csv", LEAD.format(word)), "--json")
    assert done.code == 0, done.err
    (record,) = done.records()
    assert record["status"] == "offered", record
    return opened_for(asking, record["lead_id"])


def opened_for(asking: Terminal, lead_id: str) -> tuple[dict[str, Any], str, str]:
    for name, other in (("ann", "bob"), ("bob", "ann")):
        mine = asking.run("offer", "list", "--state", "offered", "--as", name, "--json").records()
        for one in mine:
            if one["lead"]["id"] == lead_id:
                return one, name, other
    raise AssertionError(f"nobody is asked about {lead_id}")


def test_the_producer_who_is_asked_accepts_once(asking: Terminal) -> None:
    offer, who, other = offered(asking, "accept")
    assert offer["id"] in asking.run("offer", "list", "--state", "offered").out, "whole, to be copied"
    for words, said in (
        (("--as", other), "no offer"),
        (("--as", "nobody"), "no producer 'nobody'"),
    ):
        refused = asking.run("offer", "accept", offer["id"], *words)
        assert (refused.code, refused.out, said in refused.words) == (1, "", True), refused
    done = asking.run("offer", "accept", offer["id"], "--as", who)
    assert (done.code, done.err) == (0, ""), done
    assert " ".join(done.out.split()) == f"offer {offer['id']} is accepted; lead {offer['lead']['id']} is assigned"
    again = asking.run("offer", "accept", offer["id"], "--as", who, "--json")
    assert (again.code, again.records()[0]["version"]) == (0, offer["version"] + 1)
    late = asking.run("offer", "decline", offer["id"], "--reason", "too_busy", "--as", who)
    assert (late.code, "the offer is accepted" in late.words) == (1, True), late
    as_manager = asking.run("offer", "accept", offer["id"])
    assert (as_manager.code, "answered before" in as_manager.words) == (1, True), as_manager
    assert asking.run("offer", "list", "--state", "offered", "--as", who, "--json").records() == []


def test_who_declines_is_out_and_the_next_is_asked_until_a_person_decides(asking: Terminal) -> None:
    offer, who, other = offered(asking, "decline")
    wrong = asking.run("offer", "decline", offer["id"], "--reason", "too_busy", "--as", other)
    assert (wrong.code, "no offer" in wrong.words) == (1, True), wrong
    wordless = asking.run("offer", "decline", offer["id"], "--reason", "other", "--as", who)
    assert (wordless.code, "words" in wordless.words) == (1, True), wordless
    done = asking.run(
        "offer", "decline", offer["id"], "--reason", "other", "--words", "a cousin", "--as", who, "--json"
    )
    (told,) = done.records()
    assert (told["state"], told["reason"], told["words"]) == ("declined", "other", "a cousin")

    following, asked, _ = wait_for_next(asking, offer["lead"]["id"])
    assert (asked, following["id"] != offer["id"]) == (other, True)
    last = asking.run("offer", "decline", following["id"], "--reason", "too_busy")
    assert last.code == 0, last.err
    assert f"offer {following['id']} is declined" in " ".join(last.out.split())
    states = {one["id"]: one["state"] for one in asking.run("offer", "list", "--state", "declined", "--json").records()}
    assert {offer["id"], following["id"]} <= set(states)


def wait_for_next(asking: Terminal, lead_id: str) -> tuple[dict[str, Any], str, str]:
    """The offer that the serving process makes next; each look takes seconds."""
    for _ in range(20):
        try:
            return opened_for(asking, lead_id)
        except AssertionError:
            continue
    raise AssertionError(f"nobody was asked next about {lead_id}")


def test_what_cannot_be_answered_says_why(asking: Terminal) -> None:
    nothing = str(uuid4())
    for words, code, said in (
        (("accept", "nonsense"), 2, "a valid UUID"),
        (("accept",), 2, "'offer_id'"),
        (("accept", nothing), 1, f"no offer {nothing}"),
        (("decline", nothing), 2, "--reason"),
        (("decline", nothing, "--reason", "bored"), 2, "bored"),
        (("decline", nothing, "--reason", "too_busy"), 1, f"no offer {nothing}"),
        (("accept", nothing, "--agency", "nowhere"), 1, "no agency 'nowhere'"),
        (("list", "--state", "lost-it"), 2, "lost-it"),
    ):
        done = asking.run("offer", *words)
        assert (done.code, done.out, said in done.words) == (code, "", True), (words, done)
        assert "Traceback" not in done.err
