"""Nothing personal reaches a log; spans reach an exporter when there is one."""

from __future__ import annotations

import io
import json
import logging
import sys

import pytest
import structlog
from hypothesis import given
from hypothesis import strategies as st

from kernel.telemetry.logs import configure_logs, mask, redact


@pytest.mark.parametrize(
    "text",
    [
        "call ann.lee@example.com",
        "phone +1 (312) 555-0142",
        "312-555-0142 now",
        "3125550142",
        "o'neil+x@sub.example.co",
    ],
)
def test_masked_text_has_no_address_and_no_number(text: str) -> None:
    masked = mask(text)
    assert "@" not in masked
    assert "0142" not in masked


@pytest.mark.parametrize("text", ["01a2110e-8fcc-7616-a4e8-00bc10b412ec", "took 12.5 s", "sha 9f86d081884c7d65"])
def test_ids_and_durations_stay_readable(text: str) -> None:
    assert mask(text) == text


@given(st.from_regex(r"[a-z]{1,8}@[a-z]{1,8}\.com", fullmatch=True), st.text(max_size=20))
def test_no_address_survives_anywhere(address: str, around: str) -> None:
    assert address not in mask(f"{around} {address} {around}")


def test_values_under_personal_keys_are_withheld() -> None:
    event = redact(None, "info", {"event": "x", "email": "a", "name": "Ann", "lead": "1"})
    assert event == {"event": "x", "email": "[withheld]", "name": "[withheld]", "lead": "1"}


def test_an_exception_is_logged_by_type_and_place_without_its_message(monkeypatch: pytest.MonkeyPatch) -> None:
    stream = io.StringIO()
    monkeypatch.setattr(sys, "stderr", stream)
    before = logging.getLogger().handlers[:], logging.getLogger().level
    try:
        configure_logs(level="INFO", as_json=True)
        try:
            raise ValueError("row (ann.lee@example.com) is bad")
        except ValueError:
            structlog.get_logger("leadwright.test").exception("it failed", email="ann.lee@example.com")
            logging.getLogger("library").warning("could not reach %s", "ann.lee@example.com")
    finally:
        logging.getLogger().handlers[:], _ = before
        logging.getLogger().setLevel(before[1])
        structlog.reset_defaults()
    lines = [json.loads(line) for line in stream.getvalue().splitlines()]
    assert "ann.lee" not in stream.getvalue()
    assert lines[0]["error"] == "ValueError"
    assert "test_telemetry.py" in lines[0]["at"]
    assert lines[1]["event"] == "could not reach [e-mail]"


def test_loggers_in_use_follow_a_new_configuration(monkeypatch: pytest.MonkeyPatch) -> None:
    """They keep the chain of their first use, so a chain of the new configuration's own would never reach them."""
    monkeypatch.setattr(sys, "stderr", io.StringIO())
    before = logging.getLogger().handlers[:], logging.getLogger().level
    try:
        configure_logs(level="INFO", as_json=True)
        logger = structlog.get_logger("leadwright.twice")
        logger.info("first")
        configure_logs(level="INFO", as_json=True)
        with structlog.testing.capture_logs() as logs:
            logger.info("second")
    finally:
        logging.getLogger().handlers[:], logging.getLogger().level = before[0], before[1]
        structlog.reset_defaults()
    assert [one["event"] for one in logs] == ["second"]
