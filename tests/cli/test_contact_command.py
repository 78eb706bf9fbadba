"""``leadwright contact``: the rules need no store; what cannot be read is refused before one starts."""

import json

from typer.testing import CliRunner

from cli.commands.contact import verdict_text
from cli.main import app
from domain.contact.channels import Channel, Purpose
from domain.contact.findings import Weight
from kernel.ids import new_id
from services.contact.schemas import FindingView, VerdictView
from tests.domain.contact.known import NOON


def test_every_rule_is_a_line_of_json() -> None:
    done = CliRunner().invoke(app, ["contact", "rules", "--json"])
    assert done.exit_code == 0
    rows = [json.loads(line) for line in done.stdout.splitlines()]
    florida = next(row for row in rows if (row["table"], row["key"]) == ("hours", "FL"))
    assert florida["citation"] == "Fla. Stat. 501.616(6)(a)"
    assert all(row["source"] in {"primary", "secondary", "unread"} and row["effective"] for row in rows)
    assert "Fla. Stat." in CliRunner().invoke(app, ["contact", "rules"]).stdout


def test_an_instant_without_an_offset_is_refused() -> None:
    done = CliRunner().invoke(app, ["contact", "check", str(new_id()), "--at", "2026-11-24T12:00:00"])
    assert done.exit_code == 2
    assert "offset" in done.stderr


def test_a_wish_needs_somebody() -> None:
    done = CliRunner().invoke(app, ["contact", "revoke", "--channel", "sms"])
    assert done.exit_code == 2
    assert "whose wish" in done.stderr


def test_an_answer_for_reading_names_the_rule_its_citation_and_the_next_time() -> None:
    no = FindingView(
        rule="quiet_hours", weight=Weight.REFUSED, code="quiet_hours", words="outside", citations=["47 CFR"]
    )
    found = VerdictView(
        id=new_id(), lead_id=new_id(), allowed=False, channel=Channel.CALL, purpose=Purpose.SOLICITATION, at=NOON,
        next_at=NOON, findings=[no], tables_version="v", facts_hash="h", producer_id=None, asked_at=NOON,
    )  # fmt: skip
    told = verdict_text(found)
    assert told.startswith("no: call at 2026-11-24T18:00:00+00:00; the next time is 2026-11-24 18:00 UTC")
    assert "refused  quiet_hours: outside [47 CFR]" in told
