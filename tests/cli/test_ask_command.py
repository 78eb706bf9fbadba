"""``leadwright ask``: one question as JSON, a conversation, who may not ask, and the y that a write waits for."""

from __future__ import annotations

import os
import pty
import select
import subprocess
import sys
import time
from contextlib import suppress

import pytest

from tests.cli.terminal import PATIENCE, Terminal

pytestmark = [pytest.mark.slow, pytest.mark.timeout(600)]


def test_a_producers_question_is_one_json_object_and_its_thread_goes_on(served: Terminal) -> None:
    done = served.run("ask", "how many leads do I have?", "--as", "p1", "--json")
    assert done.code == 0, done.err
    (turn,) = done.records()
    assert (turn["state"], turn["source"], turn["number"]) == ("answered", "local", 1)
    assert turn["question"] == "how many leads do I have?"
    assert turn["answer"]["text"]
    lines = "and this week?\nand today?\n\nnever asked\n"
    done = served.run("ask", "--as", "p1", "--json", "--thread", turn["thread_id"], typed=lines)
    assert done.code == 0, done.err
    assert [(one["question"], one["number"]) for one in done.records()] == [("and this week?", 2), ("and today?", 3)]
    assert {one["thread_id"] for one in done.records()} == {turn["thread_id"]}
    other = served.run("ask", "and mine?", "--as", "p2", "--json", "--thread", turn["thread_id"])
    assert (other.code, other.out) == (1, "")
    assert "Traceback" not in other.err


def test_a_managers_conversation_ends_with_its_input(served: Terminal) -> None:
    done = served.run("ask", typed="how many leads are there?\n")
    assert done.code == 0, done.err
    assert done.out.strip()
    assert "you" in done.err
    unknown = served.run("ask", "hello", "--as", "nobody", "--json")
    assert (unknown.code, unknown.out) == (1, "")
    assert "nobody" in unknown.words


class AtTerminal:
    """``leadwright ask`` on a pseudo-terminal, as a person has it: what is typed is read as from a keyboard."""

    def __init__(self, served: Terminal, *arguments: str) -> None:
        self.ours, theirs = pty.openpty()
        named = [f"LEADWRIGHT_{name}={value}" for name, value in served._settings.items()]
        self.process = subprocess.Popen(
            ["env", *named, "COLUMNS=400", sys.executable, "-m", "cli.main", "ask", *arguments],
            cwd=served.folder, stdin=theirs, stdout=theirs, stderr=theirs, start_new_session=True,
        )  # fmt: skip
        os.close(theirs)
        self.shown = ""

    def until(self, words: str) -> str:
        """What is shown up to the words; fails where they do not come."""
        deadline = time.monotonic() + PATIENCE
        while words not in self.shown:
            assert time.monotonic() < deadline, self.shown
            if select.select([self.ours], [], [], 1.0)[0]:
                try:
                    self.shown += os.read(self.ours, 4096).decode(errors="replace")
                except OSError:  # the other side is closed
                    raise AssertionError(self.shown) from None
        shown, _, self.shown = self.shown.partition(words)
        return shown + words

    def type(self, words: str) -> None:
        """Words and the return key."""
        os.write(self.ours, f"{words}\n".encode())

    def end(self) -> int:
        """Its exit code. What it still shows is read away, or it could not end."""
        deadline = time.monotonic() + PATIENCE
        while self.process.poll() is None:
            assert time.monotonic() < deadline, self.shown
            if select.select([self.ours], [], [], 0.2)[0]:
                with suppress(OSError):
                    self.shown += os.read(self.ours, 4096).decode(errors="replace")
        with suppress(OSError):
            while select.select([self.ours], [], [], 0.2)[0] and (more := os.read(self.ours, 4096)):
                self.shown += more.decode(errors="replace")
        os.close(self.ours)
        return self.process.returncode


@pytest.mark.parametrize(("word", "state", "contacted"), [("n", "refused", 0), ("y", "executed", 1)])
def test_a_write_waits_for_a_y_at_the_terminal(served: Terminal, word: str, state: str, contacted: int) -> None:
    name = {"y": "Yara Reyes", "n": "Nadia Reyes"}[word]
    leads = f"email,full_name,phone,zip,state,line,message\n{word}@leads.example,{name},,60614,IL,auto,I need auto insurance\n"
    done = served.run("process", served.write(f"{word}.csv", leads), "--json")
    assert done.code == 0, done.err
    asked = AtTerminal(served, f"mark {name} as contacted")
    asked.until("[y/N]")
    asked.type(word)
    assert asked.end() == 0
    assert state in asked.shown
    counted = served.run("ask", f"how many contacted leads named {name.split()[0]} are there?", "--json")
    (turn,) = counted.records()
    assert turn["answer"]["text"].startswith(f"{contacted} leads"), turn["answer"]["text"]


def test_without_a_terminal_a_write_only_waits(served: Terminal) -> None:
    leads = "email,full_name,phone,zip,state,line,message\nw@leads.example,Wanda Reyes,,60614,IL,auto,I need auto insurance\n"
    assert served.run("process", served.write("w.csv", leads), "--json").code == 0
    done = served.run("ask", "mark Wanda Reyes as contacted", typed="y\n")
    assert done.code == 0, done.err
    assert "waits for your word" in done.words
    (turn,) = served.run("ask", "how many contacted leads named Wanda are there?", "--json").records()
    assert turn["answer"]["text"].startswith("0 leads")
