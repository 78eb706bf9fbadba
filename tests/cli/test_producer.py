"""``leadwright producer``, as a person types it."""

import json

from tests.cli.terminal import Terminal

EXTRACT = """\
Producer,State,License Number,LOA,License Status,Effective Date,Expiration Date
{who},NV,77,Property & Casualty,Active,01/02/2020,2031-05-31
{who},,,,,,
nobody,NV,78,Life,Active,2020-01-02,
"""


def test_a_record_is_seen_changed_paused_and_counted(served: Terminal) -> None:
    listed = [json.loads(line) for line in served.run("producer", "list", "--json").out.splitlines()]
    assert listed
    who, version = listed[0]["external_id"], listed[0]["version"]
    assert who in served.run("producer", "list").out
    change = served.write("change.json", json.dumps({"profile": {"languages": ["en", "vi"]}}))
    edited = served.run("producer", "edit", who, change)
    assert edited.code == 0, edited.err
    assert json.loads(edited.out)["profile"]["languages"] == ["en", "vi"]
    paused = json.loads(served.run("producer", "pause", who, "--until", "2030-01-02T08:00:00").out)
    assert paused["profile"]["paused_until"] == "2030-01-02T08:00:00+00:00"
    assert "paused_until" not in json.loads(served.run("producer", "pause", who, "--end").out)["profile"]
    away = json.loads(served.run("producer", "absence", who, "--from", "2030-01-02", "--to", "2030-01-03").out)
    assert {"2030-01-02", "2030-01-03"} <= set(away["profile"]["absences"])
    back = served.run("producer", "absence", who, "--from", "2030-01-02", "--to", "2030-01-03", "--remove")
    shown = json.loads(served.run("producer", "show", who).out)
    assert shown == json.loads(back.out)
    assert shown["version"] == version + 5
    numbers = json.loads(
        served.run("producer", "metrics", who, "--since", "2020-01-01", "--until", "2020-01-31", "--json").out
    )
    assert (numbers["assigned"], numbers["converted"]["rate"]) == (0, None)


def test_licences_are_entered_and_each_row_is_reported(served: Terminal) -> None:
    who = json.loads(served.run("producer", "list", "--json").out.splitlines()[0])["external_id"]
    done = served.run(
        "producer", "licence", served.write("nipr.csv", EXTRACT.format(who=who)), "--source", "nipr", "--json"
    )
    rows = [json.loads(line) for line in done.out.splitlines()]
    assert (done.code, [row["outcome"] for row in rows]) == (1, ["added", "unknown", "refused"]), done.err
    again = served.run("producer", "licence", served.write("nipr.csv", EXTRACT.format(who=who)), "--source", "nipr")
    assert "same" in again.out


def test_bad_input_is_named(served: Terminal) -> None:
    for words, code, said in (
        (("producer", "show", "nothing"), 1, "no producer 'nothing'"),
        (("producer", "pause", "p1"), 2, "give --until or --end"),
        (("producer", "absence", "p1", "--from", "2030-01-03", "--to", "2030-01-02"), 2, "--to is before --from"),
        (("producer", "licence", served.write("x.json", "{}"), "--source", "s"), 1, "has no rows"),
        (("producer", "edit", "p1", served.write("y.json", '{"colour": 1}')), 1, "colour"),
    ):
        done = served.run(*words)
        assert (done.code, said in done.words) == (code, True), done
