"""A terminal with a small agency, shared by the tests of commands: starting stores and loading take seconds."""

from __future__ import annotations

import json
import shutil
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.builders import a_producer, an_agency
from tests.cli.terminal import Done, Terminal, first_line, interrupted

DESK = "desk"
MESSY = """\
Full Name,E-mail Address,Phone #,Zip,Insurance Type,Comments
Ann Lee,ann@leads.example,(312) 555-0142,60614,auto,"I need a quote for my 2021 Honda Civic, thanks"
"ANN  LEE",ANN@LEADS.EXAMPLE,,60614,Auto,"again: car insurance
quote please"
Bo Diaz,not-an-email,,42223,home,closing on a house
,,,,,
"Cy ""the man"" Ott",cy@leads.example,12,2139,Life,"please do not call me, e-mail only"
José Núñez,jose@leads.example,305.555.0188,33101,,"Necesito seguro de auto para mi camioneta, urgente",surplus
Eve Fox,eve@leads.example,,42223,home,closing on a house next month
Dee,,,60614
"""


@pytest.fixture(scope="package")
def new_terminal() -> Iterator[Callable[..., Terminal]]:
    """Makes terminals; their folders are removed at the end, when nothing may run in them any more."""
    made: list[Terminal] = []

    def make(**settings: str) -> Terminal:
        folder = Path(tempfile.mkdtemp(prefix="lw-cli-"))
        folder.chmod(0o711)  # an unprivileged Postgres must be able to enter
        made.append(Terminal(folder, **settings))
        return made[-1]

    yield make
    for _ in range(100):  # servers end with their parent, in moments
        left = [line for terminal in made for line in terminal.left_running()]
        if not left:
            break
        time.sleep(0.2)
    for terminal in made:
        shutil.rmtree(terminal.folder, ignore_errors=True)
    assert not left, left


@pytest.fixture(scope="package")
def terminal(new_terminal: Callable[..., Terminal]) -> Terminal:
    """A terminal whose agency has three producers who may take anything, one of them with an odd name."""
    opened = new_terminal(AGENCY=DESK)
    producers = [a_producer("p1"), a_producer("p2"), a_producer("p3")]
    for producer in producers:
        producer["name"] = f"Pat [/] {producer['external_id']} [bold]CPCU"
    loaded = opened.run("agency", "load", opened.write("desk.json", json.dumps(an_agency(DESK, producers))))
    assert loaded == Done(0, "desk: 3 producers, 0 connections\n", ""), loaded
    return opened


@pytest.fixture(scope="package")
def processed(terminal: Terminal) -> Done:
    """The messy file, sent through the pipeline for the first time."""
    return terminal.run("process", terminal.write("messy.csv", MESSY), "--json")


@pytest.fixture(scope="module")
def served(terminal: Terminal) -> Iterator[Terminal]:
    """The terminal while another process serves its folder: commands attach, which is quicker."""
    with terminal.running("serve") as serving:
        first_line(serving.stdout, "serving http")
        yield terminal
        interrupted(serving)
