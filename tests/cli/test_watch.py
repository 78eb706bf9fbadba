"""``leadwright watch`` follows the API of a process that serves, and goes on from an id."""

from __future__ import annotations

import json

import pytest

from cli.commands.watch import line_of
from tests.cli.terminal import Terminal, first_line, interrupted

pytestmark = [pytest.mark.slow, pytest.mark.timeout(600)]
FILE = "Name,Email,Zip,Insurance,Message\nIda May,ida.w@leads.example,60614,auto,quote for my 2019 Civic\n"


def test_events_come_as_lines_and_can_be_asked_again_from_an_id(terminal: Terminal) -> None:
    with terminal.running("serve") as serving:
        first_line(serving.stdout, "serving http")
        name = terminal.write("watched.csv", FILE)
        assert terminal.run("process", name, "--json").code == 0
        done = terminal.run("watch", "--channel", "leads", "--after", "0", "--count", "3", "--json")
        assert done.code == 0, done.err
        told = [json.loads(line) for line in done.out.splitlines()]
        assert [one["id"] for one in told] == [1, 2, 3]
        assert told[0]["kind"] == "received"
        again = terminal.run("watch", "--after", "1", "--count", "2")
        assert again.out.splitlines() == [line_of(one) for one in told[1:]]
        refused = terminal.run("watch", "--channel", "my-leads")
        assert (refused.code, refused.out) == (1, "")
        assert "my-leads is a producer's" in refused.words
        interrupted(serving)
