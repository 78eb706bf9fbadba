"""Ctrl-C at any moment ends a command in order: no child process stays, the data folder is free, nothing is half done."""

from __future__ import annotations

import json
import signal
import socket
import time
from collections.abc import Callable

import httpx
import psutil  # type: ignore[import-untyped]
import pytest

from tests.cli.terminal import PATIENCE, Terminal, first_line, interrupted

pytestmark = [pytest.mark.slow, pytest.mark.timeout(600)]


@pytest.fixture(scope="module")
def sampled(new_terminal: Callable[..., Terminal]) -> Terminal:
    """A terminal that has nothing yet."""
    return new_terminal()


def servers_of(terminal: Terminal) -> dict[str, int]:
    """Pids of the embedded servers by name, as far as they are started."""
    try:
        noted = json.loads((terminal.home / "run" / "children.json").read_text())
    except FileNotFoundError:
        return {}
    return {name: pid for name, (pid, _) in noted.items()}


def assert_stopped(terminal: Terminal) -> None:
    assert terminal.left_running() == []
    assert terminal.is_free()
    assert not (terminal.home / "run" / "endpoints.json").exists()


def test_run_stops_amid_its_work(sampled: Terminal) -> None:
    with sampled.running("run") as running:
        first_line(running.stderr, "leads.csv: 60 rows")
        pids = servers_of(sampled)
        assert set(pids) == {"postgres", "graph", "cache", "bus"}
        done = interrupted(running)
    assert done.code == 130, done.err
    assert "Traceback" not in done.err
    assert not any(psutil.pid_exists(pid) for pid in pids.values())
    assert_stopped(sampled)


def test_run_finishes_what_was_begun_shows_it_serves_and_stops(sampled: Terminal) -> None:
    with sampled.running("run") as running:
        first_line(running.stdout, "60 rows:")
        first_line(running.stdout, "One decision in full")
        first_line(running.stdout, "the same answer")
        assert f"http://127.0.0.1:{sampled.port}" in first_line(running.stdout, "serving http")
        answer = httpx.get(f"http://127.0.0.1:{sampled.port}/health/ready", timeout=60)
        assert answer.status_code == 200, answer.text
        done = interrupted(running)
    assert done.code == 0, done.err
    assert "Traceback" not in done.err
    assert_stopped(sampled)
    with pytest.raises(httpx.ConnectError):
        httpx.get(f"http://127.0.0.1:{sampled.port}/health/ready")

    rebuilt = sampled.run("rebuild", "leads")
    assert rebuilt.code == 0
    assert "0 differed" in rebuilt.out


@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGTERM])
def test_serve_stops_while_it_starts(sampled: Terminal, how: signal.Signals) -> None:
    deadline = time.monotonic() + PATIENCE
    with sampled.running("serve") as serving:
        while not servers_of(sampled):
            assert serving.poll() is None
            assert time.monotonic() < deadline
            time.sleep(0.01)
        done = interrupted(serving, how)
    assert done.code == (130 if how is signal.SIGINT else -signal.SIGTERM), done.err
    while sampled.left_running():  # servers end by themselves when their owner could not stop them
        assert time.monotonic() < deadline
        time.sleep(0.05)
    assert sampled.is_free()


def test_serve_stops_on_a_termination_too(sampled: Terminal) -> None:
    with sampled.running("serve") as serving:
        first_line(serving.stdout, "serving http")
        done = interrupted(serving, signal.SIGTERM)
    assert (done.code, done.err) == (0, "stopping\n")
    assert_stopped(sampled)


@pytest.mark.parametrize("command", ["serve", "run"])
def test_a_port_that_is_taken_is_named_before_any_work(sampled: Terminal, command: str) -> None:
    with socket.create_server(("127.0.0.1", sampled.port)):
        done = sampled.run(command)
    assert (done.code, done.out) == (1, "")
    assert f"cannot listen on 127.0.0.1 port {sampled.port}" in done.words
    assert "LEADWRIGHT_API__PORT" in done.words
    assert "Traceback" not in done.err
    assert_stopped(sampled)


def test_any_free_port_will_do_and_is_told(sampled: Terminal) -> None:
    with Terminal(sampled.folder, API__PORT="0").running("serve") as serving:
        told = first_line(serving.stdout, "serving http").split()[1]
        assert httpx.get(f"{told}/health/live", timeout=60).status_code == 200
        assert interrupted(serving).code == 0
