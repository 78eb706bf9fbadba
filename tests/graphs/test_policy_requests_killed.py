"""SIGKILL of the process that executes what was approved: the next one does it once, with one letter and one commission."""

from __future__ import annotations

import asyncio
import json
import sys
from asyncio.subprocess import PIPE
from collections import Counter
from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import text

from domain.actor import Actor
from domain.policies.asking.deciding import Ends
from services.container import Services
from services.policies.request_views import RequestView, WordIn
from tests.graphs.test_policy_requests import TAKE_OFF, TODAY, Desk
from tests.services.commissions.conftest import Office

DOOMED = """
import asyncio, sys
from pathlib import Path
from kernel.settings import Settings
from services.opening import open_services
from tests.graphs.test_policy_requests_killed import approve_and_stand_still

async def main(home, agency, given):
    async with open_services(Settings(_env_file=None, home=Path(home))) as services:
        await approve_and_stand_still(services, await services.agencies.actor_for(agency, "test"), given)

asyncio.run(main(*sys.argv[1:]))
"""
PLACES = ("before the act", "in the act", "before the letter", "before the answer")


def named_by(given: Any) -> str:
    """What an argument is about: a request, or the act that an event is filed under."""
    return str(given.get("key") if isinstance(given, dict) else getattr(given, "request_id", given))


def standing_still(real: Callable[..., Awaitable[Any]], place: str, concerned: str, *, done: bool) -> Any:
    """In the process that is to be killed: says that it got here, with its work ``done`` or not, and waits for its end."""

    async def until_here(*given: Any, **named: Any) -> Any:
        found = await real(*given, **named) if done or concerned not in map(named_by, given) else None
        if concerned in map(named_by, given):
            sys.stdout.write(f"{place}\n")
            sys.stdout.flush()
            await asyncio.sleep(600)
        return found

    return until_here


async def approve_and_stand_still(services: Services, actor: Actor, given: str) -> None:
    """Gives the word on each request at once; every one stands still at its own place."""
    import graphs.policy as steps  # noqa: PLC0415 - changed in that process only
    import store.sql.repositories.policies as rows  # noqa: PLC0415
    from services.policies.asking import Asking  # noqa: PLC0415

    async with services.database.begin(actor) as uow:
        ids = await uow.agencies.ids_by_external()
    desk, words = Desk(services, actor, ids["p1"], ids["p2"]), json.loads(given)
    owners: dict[str, tuple[Any, str, str]] = {
        "before the act": (steps, "execute_step", "request_id"), "in the act": (rows.Policies, "put_event", "applied"),
        "before the letter": (steps, "write_letter", "request_id"), "before the answer": (Asking, "settle", "request_id"),
    }  # fmt: skip
    for place, (owner, name, concerned) in owners.items():
        patched = standing_still(getattr(owner, name), place, words[place][concerned], done=place == "in the act")
        setattr(owner, name, patched)
    with desk.book.on(TODAY):
        await asyncio.gather(
            *(
                desk.requests.decide(
                    desk.mia,
                    UUID(one["policy_id"]),
                    UUID(one["request_id"]),
                    WordIn(digest=one["digest"]),
                    approve=True,
                )
                for one in words.values()
            )
        )


async def killed_at_work(services: Services, actor: Actor, waiting: dict[str, RequestView]) -> None:
    """A process of its own on the same stores approves all of them, and dies when each has come to its place."""
    async with services.database.begin(actor) as uow:
        agency = (await uow.agencies.mine()).slug
    words = {
        place: {
            "policy_id": str(one.policy_id), "request_id": str(one.id), "digest": one.digest,
            "applied": f"applied:{one.proposal.endorsement_id if one.proposal else None}",
        }
        for place, one in waiting.items()
    }  # fmt: skip
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-c", DOOMED, str(services.settings.home_path), agency, json.dumps(words), stdout=PIPE
    )
    try:
        assert process.stdout is not None
        async with asyncio.timeout(90):
            reached = {(await process.stdout.readline()).decode().strip() for _ in waiting}
        assert reached == set(PLACES)
    finally:
        process.kill()
        await process.wait()


async def written_for(desk: Desk, change_id: str) -> list[int]:
    """The premium of every posting that a change of the desk's policy caused."""
    query = "SELECT premium_minor FROM policy_posting WHERE policy_id = :policy AND cause_id = :change AND premium_minor <> 0"
    async with desk.services.database.begin(desk.actor) as uow:
        found = await uow.session.scalars(text(query), {"policy": desk.policy_id, "change": UUID(change_id)})
        return [int(one) for one in found]


async def changes_of(desk: Desk) -> list[str]:
    query = "SELECT change_id FROM policy_endorsement WHERE policy_id = :policy AND state = 'applied'"
    async with desk.services.database.begin(desk.actor) as uow:
        return [str(one) for one in await uow.session.scalars(text(query), {"policy": desk.policy_id})]


@pytest.mark.timeout(180)
async def test_what_a_killed_process_had_begun_is_done_once_by_the_next(services: Services, actor: Actor) -> None:
    async with services.database.begin(actor) as uow:
        ids = await uow.agencies.ids_by_external()
    office = Office(services, actor, ids)
    await office.plan()
    desks = {place: Desk(services, actor, ids["p1"], ids["p2"]) for place in PLACES}
    waiting = {}
    for place, desk in desks.items():
        await desk.open()
        with desk.book.on(TODAY):
            waiting[place] = await desk.ask(TAKE_OFF)
    await killed_at_work(services, actor, waiting)
    done = {place: await desk.kinds("endorsed", "letter_written") for place, desk in desks.items()}
    assert done == dict(zip(PLACES, ([], [], ["endorsed"], ["endorsed", "letter_written"]), strict=True))
    assert {(await desk.see(waiting[place])).state for place, desk in desks.items()} == {Ends.WORKING}
    later = timedelta(seconds=services.settings.policies.lease_seconds + 1)
    for place, desk in desks.items():
        ended = await desk.taken_up(waiting[place], later)
        assert (ended.state, ended.decided_by, ended.decision) == (Ends.DONE, "person:mia", "approved"), place
        assert await desk.kinds("endorsed", "letter_written") == ["endorsed", "letter_written"], place
        assert [one.state for one in (await desk.book.see(desk.policy_id)).endorsements] == ["applied"], place
        (change,) = await changes_of(desk)
        assert await written_for(desk, change) == [-29_500], place
        assert ended.result is not None
        papers = (await services.policy_papers.of(desk.mia, desk.policy_id)).items
        assert [str(one.id) for one in papers] == [ended.result["letter_id"]], place
        # whoever comes again, and a second word, find it closed
        assert await desk.taken_up(waiting[place], 3 * later) == ended
    while await services.earning.work():
        pass
    posted = (await services.earning.page(actor, ["posted"], limit=200)).items
    assert Counter((one.policy_id, one.kind) for one in posted) == Counter(
        (desk.policy_id, kind) for desk in desks.values() for kind in ("activated", "endorsed")
    )
    # ten percent of what each policy costs without its second car: 1,565.00 less 295.00
    assert await office.owed("p1") == len(desks) * 12_700
