"""``leadwright support``, as a person types it, with the commands that docs/howto/network.md shows."""

from __future__ import annotations

import json
import re
import shlex
from pathlib import Path

import pytest

from tests.builders import a_producer, an_agency
from tests.cli.terminal import Terminal

pytestmark = [pytest.mark.slow, pytest.mark.timeout(600)]
PAGE = (Path(__file__).parents[2] / "docs/howto/network.md").read_text(encoding="utf-8")
ID = "0190f2c4-0000-7000-8000-000000000000"


def shown() -> list[list[str]]:
    """The words of each command of the page's block on support, in its order."""
    block = re.search(r"^## Support\n.*?^```\n(.*?)^```", PAGE, re.MULTILINE | re.DOTALL)
    assert block is not None
    return [shlex.split(re.split(r"\s{2,}", line)[0])[1:] for line in block[1].splitlines()]


def test_the_page_s_commands_lead_from_a_question_to_its_end(served: Terminal) -> None:
    loaded = json.dumps(an_agency("helped", [a_producer("P-001"), a_producer("P-002")]))
    assert served.run("agency", "load", served.write("helped.json", loaded)).code == 0
    here, asked = ("--agency", "helped", "--json"), ID
    seen = []
    for words in shown():
        done = served.run(*[word.replace(ID, asked) for word in words], *here)
        assert done.code == 0, (words, done.err)
        records = done.records()
        if words[1] == "ask":
            asked = records[0]["id"]
        seen.append((words[1], [(one["id"] == asked, one["state"]) for one in records]))
    assert seen == [
        ("ask", [(True, "open")]), ("list", [(True, "open")]), ("next", [(True, "taken")]), ("answer", [(True, "answered")]),
        ("list", [(True, "answered")]), ("close", [(True, "closed")]),
    ]  # fmt: skip
    told = ("--agency", "helped")
    assert "nobody waits" in served.run("support", "next", *told).out

    gone = served.run("support", "ask", "A lead", "Where is it?", "--as", "P-002", *here).records()[0]["id"]
    refused = served.run("support", "answer", gone, "So.", *told)
    assert (refused.code, "open cannot take answer" in " ".join(refused.err.split())) == (1, True), refused.err
    assert served.run("support", "withdraw", gone, "--as", "P-001", *told).code == 1, "not theirs"
    assert "withdrawn" in served.run("support", "withdraw", gone, "--as", "P-002", *told).out


def test_what_is_wrong_is_named(served: Terminal) -> None:
    empty = served.run("support", "ask", " ", "Why?", "--as", "nobody-here")
    assert (empty.code, "nobody-here" in empty.err) == (1, True)
    long = served.run("support", "ask", "s" * 201, "Why?", "--as", "p1")
    assert (long.code, "subject: " in long.err) == (1, True)
