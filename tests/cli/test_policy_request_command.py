"""``leadwright policy request|requests|approve|refuse``: what is printed, and that a word is bound to what was shown."""

import json
from typing import Any
from uuid import UUID

import pytest
from typer.testing import CliRunner

from cli.commands import policy_request as command
from cli.main import app
from domain.actor import Actor
from kernel.errors import AppError, Conflict, Forbidden, NotFound
from services.container import Services
from services.policy_papers import PaperIn
from tests.services.policies.book import Book


async def _run(words: list[str], services: Services, actor: Actor, monkeypatch: pytest.MonkeyPatch) -> str:
    """The command's own output, its work done on the stores of the test. Raises what its work raised."""
    works: list[Any] = []
    found: list[Any] = []

    class Asked(Exception):
        pass

    def first(_agency: str | None, work: Any) -> Any:
        if found:
            return found[0]
        works.append(work)
        raise Asked

    monkeypatch.setattr(command, "act", first)
    CliRunner().invoke(app, ["policy", *words])
    found.append(await works[0](services, actor))
    done = CliRunner().invoke(app, ["policy", *words])
    assert done.exit_code == 0, done.exception
    return done.stdout


async def test_a_request_is_shown_approved_and_listed(
    services: Services, actor: Actor, monkeypatch: pytest.MonkeyPatch
) -> None:
    book = Book(services, actor)
    policy_id = await book.active(number="PM-88-1")
    with book.on("2026-03-02"):
        asked = json.loads(
            await _run(["request", "PM-88-1", "cancel from July 2", "--json"], services, actor, monkeypatch)
        )
        assert asked["state"] == "waiting"
        shown = await _run(["request", "PM-88-1", "cancel from July 2", "--key", "again"], services, actor, monkeypatch)
        assert "Cancel the policy at the insured's request from 2026-07-02 (said: “July 2”)" in shown
        assert "1200.00 USD before, 598.36 USD after (-601.64 USD)" in shown
        assert f"leadwright policy approve {policy_id}" in shown
        word = [str(policy_id), asked["id"]]
        for wrong in ("0" * 12, asked["digest"][:8]):
            with pytest.raises(Conflict):
                await _run(["approve", *word, wrong], services, actor, monkeypatch)
        done = await _run(["approve", *word, asked["digest"][:12]], services, actor, monkeypatch)
        assert "is done" in done
        assert "The policy ends on 2026-07-02." in done
        listed = await _run(["requests", "PM-88-1"], services, actor, monkeypatch)
    assert "cancel" in listed
    assert await book.kinds(policy_id) == ["drafted", "submitted", "paid", "activated", "cancellation_asked"]


async def test_a_request_names_documents_and_shows_what_it_has_from_them(
    services: Services, actor: Actor, monkeypatch: pytest.MonkeyPatch
) -> None:
    book = Book(services, actor)
    policy_id = await book.active(number="PM-88-1")
    with book.on("2026-03-02"):
        licence = b"ILLINOIS DRIVER'S LICENSE\nName: Mia Lee\n"
        paper, _ = await services.policy_papers.attach(actor, policy_id, "licence.txt", licence, PaperIn())
        given = ["request", "PM-88-1", "add my daughter, her licence is attached", "--document", str(paper.id)]
        shown = await _run(given, services, actor, monkeypatch)
        assert "Add Mia Lee as a driver" in shown
        assert f"from document {paper.id}, page 1." in " ".join(shown.split())


async def test_a_producer_asks_for_the_own_policies_and_approves_what_they_may(
    services: Services, actor: Actor, monkeypatch: pytest.MonkeyPatch
) -> None:
    book = Book(services, actor)
    async with services.database.begin(actor) as uow:
        ids = await uow.agencies.ids_by_external()
    mine = [{"producer_id": str(ids["p1"]), "role": "writing", "share": "1"}]
    policy_id = str(await book.active(producers=mine))

    async def run(who: str, *words: str) -> str:
        return await _run([*words, "--as", who], services, actor, monkeypatch)

    async def refused(kind: type[AppError], who: str, *words: str) -> None:
        with pytest.raises(kind):
            await run(who, *words)

    with book.on("2026-03-02"):
        await refused(NotFound, "p2", "request", policy_id, "cancel tomorrow")
        await refused(NotFound, "nobody", "request", policy_id, "cancel tomorrow")
        shown = await run("p1", "request", policy_id, "add my son Max Lee")
        assert "carrier's price of this change is awaited" in " ".join(shown.split())
        assert "Add Max Lee as a driver" in shown
        assert "leadwright policy refuse" in " ".join(shown.split()), "there is nothing to approve yet"
        asked = json.loads(await run("p1", "request", policy_id, "add my son Leo Lee", "--json"))
        word = (policy_id, asked["id"], asked["digest"])
        await refused(Forbidden, "p1", "approve", *word)
        assert "is declined" in await run("p1", "refuse", *word)
    assert "endorsed" not in await book.kinds(UUID(policy_id))
