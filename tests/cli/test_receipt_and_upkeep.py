"""``receipt``, ``token`` and ``rebuild`` on what ``process`` left behind."""

from __future__ import annotations

import jwt
import pytest

from tests.cli.terminal import Done, Terminal

pytestmark = [pytest.mark.slow, pytest.mark.timeout(600)]


def test_a_receipt_is_explained_and_replays_to_the_same_answer(terminal: Terminal, processed: Done) -> None:
    record = processed.records()[0]
    done = terminal.run("receipt", record["receipt_id"])
    assert done.code == 0, done.err
    said = " ".join(done.out.split())
    assert record["receipt_id"] in said
    assert f"Outcome: {record['producer']} (best)" in said
    assert "3 producers considered, 3 eligible" in said
    assert "the same answer" in said
    again = terminal.run("receipt", record["receipt_id"])
    assert again.out == done.out


def test_the_receipt_of_a_lead_for_a_person_says_why(terminal: Terminal, processed: Done) -> None:
    done = terminal.run("receipt", processed.records()[6]["receipt_id"])
    assert done.code == 0, done.err
    assert "a person decides" in done.out
    assert "state_ambiguous" in done.out


def test_a_receipt_as_json_is_whole(terminal: Terminal, processed: Done) -> None:
    record = processed.records()[5]
    done = terminal.run("receipt", record["receipt_id"], "--json")
    body = done.records()[0]
    assert body["receipt"]["id"] == record["receipt_id"]
    assert body["receipt"]["lead_id"] == record["lead_id"]
    assert body["receipt"]["producer_name"] == record["producer"]
    assert body["replay"]["same"] is True
    assert body["replay"]["producer_id"] == record["producer_id"]
    assert len(body["receipt"]["body"]["candidates"]) == 3


def test_a_token_is_signed_with_the_folders_secret_and_says_what_it_allows(terminal: Terminal) -> None:
    done = terminal.run("token", "--scope", "leads:read", "--as", "crm", "--kind", "partner", "--minutes", "5")
    assert done.code == 0, done.err
    secret = (terminal.home / "secrets" / "jwt").read_text()
    claims = jwt.decode(done.out.strip(), secret, algorithms=["HS256"], issuer="leadwright")
    assert (claims["sub"], claims["kind"], claims["scope"]) == ("crm", "partner", "leads:read")
    assert claims["exp"] - claims["iat"] == 300


def test_projections_are_made_anew(terminal: Terminal, processed: Done) -> None:
    leads = terminal.run("rebuild", "leads")
    assert (leads.code, leads.err) == (0, "")
    assert "0 differed" in leads.out
    assert terminal.run("rebuild", "graph") == Done(0, "graph rebuilt\n", "")
    assert terminal.run("migrate").out.startswith("database is at ")
