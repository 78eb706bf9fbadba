"""``leadwright ask``: one question as JSON, a conversation, and who may not ask."""

from __future__ import annotations

import pytest

from tests.cli.terminal import Terminal

pytestmark = [pytest.mark.slow, pytest.mark.timeout(600)]


def test_a_producers_question_is_one_json_object_and_its_thread_goes_on(terminal: Terminal) -> None:
    done = terminal.run("ask", "how many leads do I have?", "--as", "p1", "--json")
    assert done.code == 0, done.err
    (turn,) = done.records()
    assert (turn["state"], turn["source"], turn["number"]) == ("answered", "local", 1)
    assert turn["question"] == "how many leads do I have?"
    assert turn["answer"]["text"]
    lines = "and this week?\nand today?\n\nnever asked\n"
    done = terminal.run("ask", "--as", "p1", "--json", "--thread", turn["thread_id"], typed=lines)
    assert done.code == 0, done.err
    assert [(one["question"], one["number"]) for one in done.records()] == [("and this week?", 2), ("and today?", 3)]
    assert {one["thread_id"] for one in done.records()} == {turn["thread_id"]}
    other = terminal.run("ask", "and mine?", "--as", "p2", "--json", "--thread", turn["thread_id"])
    assert (other.code, other.out) == (1, "")
    assert "Traceback" not in other.err


def test_a_managers_conversation_ends_with_its_input(terminal: Terminal) -> None:
    done = terminal.run("ask", typed="how many leads are there?\n")
    assert done.code == 0, done.err
    assert done.out.strip()
    assert "you" in done.err
    unknown = terminal.run("ask", "hello", "--as", "nobody", "--json")
    assert (unknown.code, unknown.out) == (1, "")
    assert "nobody" in unknown.words
