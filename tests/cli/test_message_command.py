"""``leadwright message``, as a person types it."""

import json

from tests.cli.terminal import Terminal


def test_words_are_shown_and_a_test_without_a_vendor_says_so(served: Terminal) -> None:
    shown = served.run("message", "preview", "lead_assigned", "--language", "es")
    assert shown.code == 0, shown.err
    assert "Hola, Dana Reyes" in shown.out
    as_json = json.loads(served.run("message", "preview", "opt_in", "--json").out)
    assert as_json["subject"] == "Please confirm your request"
    tried = served.run("message", "send-test", "me@agency.example", "--json")
    assert tried.code == 1
    assert (json.loads(tried.out)["state"], json.loads(tried.out)["code"]) == ("suppressed", "no_vendor")
    assert "me@agency.example" not in tried.out + tried.err
    listed = served.run("message", "list", "--state", "suppressed", "--json")
    assert json.loads(listed.out.splitlines()[0])["template"] == "lead_assigned"
    assert "no messages" in served.run("message", "list", "--state", "failed").out


def test_a_template_there_is_not_is_named(served: Terminal) -> None:
    done = served.run("message", "preview", "hello")
    assert (done.code, "no template hello" in done.words) == (1, True)
