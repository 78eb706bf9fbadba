"""Commands on a folder that another process owns: they share its stores, and notice when it ends."""

from __future__ import annotations

import signal
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from tests.cli.terminal import Terminal, ended, first_line, interrupted

pytestmark = [pytest.mark.slow, pytest.mark.timeout(600)]
HEAD = "Name,Email,Zip,Insurance,Message\n"
# Owns the stores and works nothing, so that whoever attaches has to wait.
IDLE_OWNER = """
import asyncio
from kernel.settings import Settings
from services.opening import open_services

async def main():
    async with open_services(Settings()) as services:
        print("owner", services.owner, flush=True)
        await asyncio.Event().wait()

asyncio.run(main())
"""


@contextmanager
def idle_owner(terminal: Terminal) -> Iterator[subprocess.Popen[str]]:
    with terminal.running(program=IDLE_OWNER) as owner:
        first_line(owner.stdout, "owner True")
        yield owner


def test_a_file_is_worked_by_the_process_that_serves(terminal: Terminal) -> None:
    name = terminal.write("attached.csv", HEAD + "Ida May,ida@leads.example,60614,auto,quote for my 2019 Civic\n")
    with terminal.running("serve") as serving:
        first_line(serving.stdout, "serving http")
        done = terminal.run("process", name, "--json")
        assert done.code == 0, done.err
        record = done.records()[0]
        assert (record["status"], record["line"]) == ("assigned", "auto")
        shown = terminal.run("receipt", record["receipt_id"])
        assert shown.code == 0, shown.err
        assert "the same answer" in shown.out
        assert serving.poll() is None
        assert interrupted(serving).code == 0


@pytest.mark.parametrize("how", [signal.SIGKILL, signal.SIGINT])
def test_the_end_of_the_owner_is_noticed_and_the_same_command_finishes_the_work(
    terminal: Terminal, how: signal.Signals
) -> None:
    text = HEAD + f"Jo Ray,jo.{how.name.lower()}@leads.example,60614,auto,quote for my 2019 Civic\n"
    name = terminal.write(f"left-{how.name}.csv", text)
    with idle_owner(terminal) as owner, terminal.running("process", name, "--json") as waiting:
        first_line(waiting.stderr, f"{name}: 1 rows")
        interrupted(owner, how)
        left = ended(waiting)
    assert (left.code, left.out) == (1, ""), left.err
    assert "the database does not answer; try again shortly" in left.words
    assert "Traceback" not in left.err

    done = terminal.run("process", name, "--json")
    assert done.code == 0, done.err
    assert [record["status"] for record in done.records()] == ["assigned"]
    assert terminal.left_running() == []
    assert terminal.is_free()


def test_an_attached_command_that_is_interrupted_leaves_the_owner_alone(terminal: Terminal) -> None:
    name = terminal.write("patient.csv", HEAD + "Kim Orr,kim@leads.example,60614,auto,quote for my 2019 Civic\n")
    with idle_owner(terminal) as owner:
        with terminal.running("process", name) as waiting:
            first_line(waiting.stderr, "patient.csv: 1 rows")
            done = interrupted(waiting)
        assert done.code == 130
        assert "Traceback" not in done.err
        assert owner.poll() is None
        assert terminal.run("rebuild", "leads").code == 0
        interrupted(owner)
    assert terminal.is_free()
