"""``leadwright policy``: what is printed; what cannot be read is refused before a store starts."""

import asyncio
import csv
import io
import json
from pathlib import Path
from typing import Any

import pytest
import structlog
from typer.testing import CliRunner

from cli.commands import policy as command
from cli.commands import policy_list, policy_premium, policy_report
from cli.main import app
from domain.actor import Actor
from services.container import Services
from tests.services.policies.book import Book


def test_a_day_that_is_none_is_refused() -> None:
    done = CliRunner().invoke(app, ["policy", "as-of", "PM-1", "yesterday"])
    assert done.exit_code == 2
    assert "yesterday" in done.stderr


async def _run(words: list[str], services: Services, actor: Actor, monkeypatch: pytest.MonkeyPatch) -> str:
    """The command's own output, its work done on the stores of the test."""
    loop = asyncio.get_running_loop()

    def done_here(work: Any) -> Any:
        return asyncio.run_coroutine_threadsafe(work(services, actor), loop).result()

    monkeypatch.setattr(command, "act", lambda _agency, work: done_here(work))
    for part in (policy_list, policy_premium, policy_report):
        monkeypatch.setattr(part, "in_agency", lambda _part, _agency, work: work)
        monkeypatch.setattr(part, "execute", done_here)
    done = await asyncio.to_thread(CliRunner().invoke, app, ["policy", *words])
    assert done.exit_code == 0, done.exception
    return done.stdout


async def test_a_policy_is_shown_quoted_and_looked_back_at(
    services: Services, actor: Actor, monkeypatch: pytest.MonkeyPatch
) -> None:
    book = Book(services, actor)
    policy_id = await book.active(number="PM-77-1")
    with book.on("2026-03-02"):
        shown = await _run(["show", "pm 771"], services, actor, monkeypatch)
        listed = await _run(["list", "--json"], services, actor, monkeypatch)
        quote = await _run(["quote-cancel", str(policy_id), "--on", "2026-07-02"], services, actor, monkeypatch)
        told = await _run(["as-of", "PM-77-1", "2026-07-02", "--json"], services, actor, monkeypatch)
        before = await _run(["as-of", "PM-77-1", "2026-07-02", "--known", "2025-12-01"], services, actor, monkeypatch)
    assert "covered 2026-01-01 06:01Z to 2027-01-01 06:01Z" in shown
    assert "written 1200.00 USD" in shown
    assert [json.loads(line)["number"] for line in listed.splitlines()] == ["PM-77-1"]
    assert "183 days remain of 365 days in the term" in quote
    assert "601.64 USD" in quote
    assert json.loads(told)["covered"] is True
    assert "not covered" in before
    assert "not known yet" in before


async def test_the_list_is_written_to_a_file_and_a_book_is_reported(
    services: Services, actor: Actor, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    book = Book(services, actor)
    await book.active(number="PM-1", carrier="@cmd")
    await book.active(number="PM-2")
    with book.on("2026-03-02"):
        written = [
            await _run(["list", "--export", str(tmp_path / name)], services, actor, monkeypatch)
            for name in ("all.csv", "all.pdf")
        ]
        narrow = ["list", "--carrier", "@cmd", "--export", str(tmp_path / "one"), "--format", "csv"]
        await _run(narrow, services, actor, monkeypatch)
    files = written_in(tmp_path)
    assert sorted(files) == ["all.csv", "all.pdf", "one"]
    assert all(
        f"{len(files[name]):,} bytes" in said for name, said in zip(("all.csv", "all.pdf"), written, strict=True)
    )
    assert b"'@cmd" in files["one"]
    assert [files[name].count(b"\r\n") for name in ("one", "all.csv")] == [2, 3]
    assert files["all.pdf"].startswith(b"%PDF")


def written_in(folder: Path) -> dict[str, bytes]:
    return {each.name: each.read_bytes() for each in folder.iterdir()}


async def test_a_book_is_reported_as_table_csv_json_and_pdf(
    services: Services, actor: Actor, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    book = Book(services, actor)
    await book.active(number="PM-1")
    period = ["report", "--from", "2026-01-01", "--to", "2026-03-01"]
    with book.on("2026-03-02"):
        table = await _run([*period, "--by", "state"], services, actor, monkeypatch)
        rows = csv.DictReader(io.StringIO(await _run([*period, "--format", "csv"], services, actor, monkeypatch)))
        told = json.loads(await _run([*period, "--by", "month", "--format", "json"], services, actor, monkeypatch))
        paper = [*period, "--format", "pdf", "--out", str(tmp_path / "a.pdf")]
        assert await _run(paper, services, actor, monkeypatch) == ""
        left = await _run([*period, "--cohorts"], services, actor, monkeypatch)
        nothing = await _run([*period, "--state", "NV"], services, actor, monkeypatch)
        premium = await _run(["premium", "--on", "2026-03-01", "--by", "line"], services, actor, monkeypatch)
        held = csv.DictReader(
            io.StringIO(await _run(["premium", "--on", "2027-01-01", "--format", "csv"], services, actor, monkeypatch))
        )
        late = await _run(["list", "--paid-up", "--insured", "LEE", "--json"], services, actor, monkeypatch)
        nobody = await _run(["list", "--overdue"], services, actor, monkeypatch)
    assert "auto" in premium
    assert [(row["earned_premium"], row["unearned_premium"], row["in_force_policies"]) for row in held] == [
        ("1200.00", "0.00", "0")
    ]
    assert json.loads(late)["number"] == "PM-1"
    assert "no policies" in nobody
    assert "IL" in table
    assert [row["new_premium"] for row in rows] == ["1200.00"]
    assert [(one["group"], one["new"]["count"], one["end"]["count"]) for one in told["items"]] == [
        ("2026-01", 1, 1), ("2026-02", 0, 1),
    ]  # fmt: skip
    assert written_in(tmp_path)["a.pdf"].startswith(b"%PDF")
    assert "2026-01" in left
    assert "no policies in this period" in nothing


def test_a_file_of_no_known_kind_is_refused_before_a_store_starts(tmp_path: Path) -> None:
    for words in (
        ["list", "--export", str(tmp_path / "a.txt")],
        ["report", "--format", "pdf"],
        ["report", "--out", str(tmp_path / "a")],
        ["report", "--cohorts", "--by", "line"],
        ["premium", "--by", "month"],
        ["list", "--insured", "--"],
    ):
        assert CliRunner().invoke(app, ["policy", *words]).exit_code == 2
    assert list(tmp_path.iterdir()) == []


async def test_a_document_is_attached_listed_and_rejected(
    services: Services, actor: Actor, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    await Book(services, actor).draft(number="PM-77-2")
    card = tmp_path / "card.txt"
    card.write_text("Policy Number: PM-77-2\n")
    words = ["attach", "PM-77-2", str(card), "--type", "id_card", "--until", "2149-01-01", "--json"]
    with structlog.testing.capture_logs():  # a process of its own has them on stderr
        made = json.loads(await _run(words, services, actor, monkeypatch))
    assert (made["type"], made["expires_on"], made["status"]) == ("id_card", "2149-01-01", "read")
    await _run(["verify", "PM-77-2", made["id"], "--reject", "cut off"], services, actor, monkeypatch)
    listed = await _run(["documents", "pm 772", "--json"], services, actor, monkeypatch)
    (one,) = map(json.loads, listed.splitlines())
    assert (one["verdict"], one["decided_by"], one["decided_why"]) == ("rejected", "cli:manager", "cut off")
    assert "id_card" in await _run(["documents", "pm 772"], services, actor, monkeypatch)


async def test_a_letter_is_written_to_a_file(
    services: Services, actor: Actor, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    await Book(services, actor).active(number="PM-77-3")
    paper = tmp_path / "dec.pdf"
    told = await _run(["letter", "PM-77-3", "declarations", "--out", str(paper)], services, actor, monkeypatch)
    assert paper.read_bytes().startswith(b"%PDF")
    assert "declarations of version 4" in told
    assert str(paper) in told.replace("\n", "")
