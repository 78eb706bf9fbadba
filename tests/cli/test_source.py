"""``leadwright source``, as a person types it."""

import json

from tests.cli.terminal import Terminal


def test_a_source_is_made_shown_and_given_secrets(served: Terminal) -> None:
    file = served.write("acme.json", json.dumps({"states": ["TX"], "caps": {"hour": 5}}))
    made = served.run("source", "add", "acme", "--file", file, "--cap", "day=100", "--cents", "1250")
    assert made.code == 0, made.err
    shown = json.loads(served.run("source", "show", "acme").out)
    assert shown["settings"]["states"] == ["TX"]
    assert [(cap["window"], cap["left"]) for cap in shown["caps"]] == [("hour", 5), ("day", 100)]
    assert shown["settings"]["price"] == {"minor": 1250, "currency": "USD"}
    secret = served.run("source", "secret", "add", "acme")
    assert secret.out.startswith("lws_")
    listed = served.run("source", "secret", "list", "acme").out
    assert secret.out.strip() not in listed
    assert "day 0 of 100" in served.run("source", "list").out
    ended = served.run("source", "secret", "revoke", "acme", listed.split()[0])
    assert ended.code == 0, ended.err
    assert served.run("source", "secret", "list", "acme").out == ""


def test_bad_input_is_named(served: Terminal) -> None:
    for words, said in (
        (("source", "add", "x1", "--cap", "year=3"), "write hour, day, week or month"),
        (("source", "add", "X 1"), "use a-z, 0-9"),
        (("source", "add", "x1", "--file", served.write("list.json", "[1]")), "is no JSON object"),
        (("source", "add", "x1", "--file", served.write("odd.json", '{"colour": 1}')), "colour"),
        (("source", "show", "nothing"), "no source 'nothing'"),
    ):
        done = served.run(*words)
        assert (done.code, said in done.words) == (1, True), done
