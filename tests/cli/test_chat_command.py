"""``leadwright chat``, as a person types it."""

from tests.cli.terminal import Terminal


def test_a_conversation_on_a_terminal_is_a_lead(terminal: Terminal) -> None:
    assert terminal.run("source", "add", "site-chat", "--kind", "chat").code == 0
    terminal.write("said.txt", "renters\n10001\nhow much is it?\nrent\nnone\nyes\nAna Ruiz\n512-555-0142\nskip\nyes\n")
    done = terminal.run("chat", "site-chat", "--json", typed="said.txt")
    assert done.code == 0, done.err
    records = done.records()
    assert records[0]["asking"] == "lines"
    assert records[-1]["stage"] == "sent"
    assert any("question for a licensed person" in one["text"] for one in records)
    refused = terminal.run("chat", "nothing", typed="said.txt")
    assert (refused.code, refused.out) == (1, "")
