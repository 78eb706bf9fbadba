"""The crash bench: a short run holds, and a fault would show."""

from __future__ import annotations

import json
import os
import random
import re
import signal
import subprocess
import time

import pytest
from typer.testing import CliRunner

from bench.crash import Counts
from bench.crash_servers import family_of
from bench.crash_world import agency_file, lead_file
from cli.commands.bench import report
from cli.main import app
from domain.leads.reading import infer_columns, read_row
from integrations.leadfiles.csv_file import read_csv
from services.agencies.load import read_agency


@pytest.mark.slow
@pytest.mark.timeout(1200)
def test_nothing_is_lost_or_repeated_when_everything_is_killed_twice() -> None:
    done = CliRunner().invoke(app, ["bench", "crash", "--leads", "20", "--kills", "2", "--seed", "3"])
    assert done.exit_code == 0, (done.output, done.exception)
    faults = re.findall(r"^\s*(\d+)  (.+) \(goal 0\)$", done.stdout, re.MULTILINE)
    assert len(faults) == 14
    assert {count for count, _ in faults} == {"0"}
    assert re.search(r"^20 leads, 2 kills", done.stdout, re.MULTILINE)
    assert done.stdout.rstrip().endswith("held")


@pytest.mark.slow
@pytest.mark.timeout(1200)
def test_nothing_is_lost_or_repeated_when_workers_are_killed_and_each_store_is_stopped() -> None:
    arguments = ["--servers", "--leads", "30", "--kills", "2", "--stop-seconds", "1", "--seed", "5"]
    done = CliRunner().invoke(app, ["bench", "crash", *arguments])
    assert done.exit_code == 0, (done.output, done.exception)
    faults = re.findall(r"^\s*(\d+)  (.+) \(goal 0\)$", done.stdout, re.MULTILINE)
    assert len(faults) == 15
    assert {count for count, _ in faults} == {"0"}
    stopped = " ".join(done.stdout.split())
    for store in ("postgres", "bus", "cache"):
        assert f"{store} frozen" in stopped
        assert f"{store} killed" in stopped
    assert done.stdout.rstrip().endswith("held")


def test_a_server_is_stopped_with_all_that_it_started() -> None:
    with subprocess.Popen(["sh", "-c", "sleep 60 & sleep 60 & wait"]) as parent:
        try:
            deadline = time.monotonic() + 20
            while len(family_of(parent.pid)) < 3:
                assert time.monotonic() < deadline
            assert parent.pid in family_of(parent.pid)
        finally:
            for pid in reversed(family_of(parent.pid)):
                os.kill(pid, signal.SIGKILL)


def test_one_fault_is_enough_to_fall_short() -> None:
    counts = Counts(leads=20, kills=2, faults={"leads refused": 0, "runs not ended": 0})
    assert counts.held
    assert report(counts).endswith("\nheld")
    counts.faults["runs not ended"] = 1
    assert not counts.held
    assert "1  runs not ended (goal 0)" in report(counts)
    assert report(counts).endswith("NOT held")


def test_the_world_is_the_same_for_a_seed_and_short_of_room() -> None:
    text = lead_file(60, random.Random(7))
    assert text == lead_file(60, random.Random(7))
    assert text != lead_file(60, random.Random(8))
    table = read_csv(text.encode())
    mapping = infer_columns(table.header, [row.cells for row in table.rows])
    read = [read_row(row.cells, mapping, region="US", today=None) for row in table.rows]
    assert all(one.draft is not None for one in read)
    people = {one.draft.email_key for one in read if one.draft}
    assert len(people) == 54  # every tenth repeats another
    agency = read_agency(json.dumps(agency_file(60)).encode())
    room = sum(producer.profile["capacity_daily"] for producer in agency.producers)
    assert 0.7 * 60 <= room < 54
