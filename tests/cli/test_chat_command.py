"""``leadwright chat``, as a person types it."""

from tests.cli.terminal import Terminal


def test_a_conversation_on_a_terminal_is_a_lead(served: Terminal) -> None:
    assert served.run("source", "add", "site-chat", "--kind", "chat").code == 0
    said = "renters\n10001\nhow much is it?\nrent\nnone\nyes\nAna Ruiz\n512-555-0142\nskip\nyes\n"
    done = served.run("chat", "site-chat", "--json", typed=said)
    assert done.code == 0, done.err
    records = done.records()
    assert records[0]["asking"] == "lines"
    assert records[-1]["stage"] == "sent"
    assert any("question for a licensed person" in one["text"] for one in records)
    refused = served.run("chat", "nothing", typed=said)
    assert (refused.code, refused.out) == (1, "")
