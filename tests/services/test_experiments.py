"""Experiments on live leads: sticky versions, what was asked is kept, harm stops them, and the verdict waits for evidence."""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from uuid import UUID, uuid4

import numpy as np
import pytest
from numpy.typing import NDArray
from sqlalchemy import text

from domain.actor import Actor, Scope
from domain.decision import Decision, Source
from domain.experiments import Arms, State, Success
from domain.leads.lifecycle import Status
from evals.online.outcomes import known, succeeded_at
from evals.online.reading import read
from evals.online.watch import reading_of, watch
from evals.statistics.sequential import arm_gains, mean_differs
from evals.verdict import Decision as Verdict
from kernel.errors import Conflict, Forbidden, Invalid, NotFound
from kernel.ids import new_id
from services.container import Services
from services.experiments.experiments import Experiments, chosen_for
from services.experiments.schemas import ArmIn, ExperimentIn, ExperimentView
from services.leads.schemas import LeadIn
from services.policies.schemas import FromLeadIn
from store.sql.repositories.experiments import Exposed
from tests.builders import a_lead
from tests.services.policies.book import START as FIRST_DAY
from tests.services.policies.book import Book, a_policy, noon

START = datetime(2026, 11, 1, tzinfo=UTC)


class TwoVersions:
    """The shipped library with a second classifier prompt, released."""

    def load(self, agent: str, version: int | None = None, unit: object = None) -> str:
        del unit
        if agent != "classifier" or version not in {1, 2}:
            raise NotFound(f"there is no prompt {agent} v{version}")
        return f"{agent}/v{version}"

    def require_unchanged(self, prompt: str) -> None:
        if prompt.endswith("v3"):
            raise Conflict("not released")


@pytest.fixture
def experiments(services: Services) -> Experiments:
    return Experiments(services.database, TwoVersions())  # type: ignore[arg-type]


def an_experiment(**changes: object) -> ExperimentIn:
    given = {
        "name": f"e{uuid4().hex[:8]}", "agent": "classifier",
        "arms": [ArmIn(version=1, share=Decimal("0.5")), ArmIn(version=2, share=Decimal("0.5"))],
    }  # fmt: skip
    return ExperimentIn.model_validate(given | changes)


async def test_a_lead_keeps_its_version_and_leads_are_shared_out(
    services: Services, actor: Actor, experiments: Experiments
) -> None:
    begun = await experiments.start(actor, an_experiment())
    async with services.database.begin(actor) as uow:
        settings = (await uow.agencies.mine()).settings
    leads = [uuid4() for _ in range(2000)]
    chosen = [chosen_for(settings, lead)["classifier"] for lead in leads]
    assert chosen == [chosen_for(settings, lead)["classifier"] for lead in leads]
    assert {one.experiment_id for one in chosen} == {begun.id}
    assert Counter(one.version for one in chosen)[1] == pytest.approx(1000, abs=100)
    lead_id = UUID((await services.intake.accept_one(actor, LeadIn(**a_lead()), key=None)).body["lead_id"])
    briefing = await services.briefings.brief(actor, lead_id)
    assert briefing.case.chosen == chosen_for(settings, lead_id)
    await experiments.stop(actor, begun.id, "enough")
    assert (await services.briefings.brief(actor, lead_id)).case.chosen == {}


async def test_one_runs_for_an_agent_and_names_are_taken_once(actor: Actor, experiments: Experiments) -> None:
    begun = await experiments.start(actor, an_experiment(name="first"))
    with pytest.raises(Conflict, match="runs"):
        await experiments.start(actor, an_experiment(name="second"))
    ended = await experiments.stop(actor, begun.id, "enough")
    assert (ended.state, ended.reason) == (State.STOPPED, "enough")
    assert (await experiments.stop(actor, begun.id, "again")).reason == "enough"
    with pytest.raises(Conflict, match="first"):
        await experiments.start(actor, an_experiment(name="first"))
    await experiments.start(actor, an_experiment(name="second"))
    assert [one.name for one in (await experiments.all(actor)).items] == ["second", "first"]


async def test_what_cannot_run_is_refused(
    services: Services, actor: Actor, other_actor: Actor, experiments: Experiments
) -> None:
    with pytest.raises(NotFound):
        await experiments.start(actor, an_experiment(agent="nobody"))
    with pytest.raises(NotFound):
        await services.experiments.start(actor, an_experiment())  # the shipped classifier has one version
    with pytest.raises(Invalid, match="arms"):
        Arms({1: Decimal("0.5"), 2: Decimal("0.6")})
    begun = await experiments.start(actor, an_experiment())
    with pytest.raises(NotFound):
        await experiments.one(other_actor, begun.id)
    with pytest.raises(Forbidden):
        await experiments.all(replace(actor, scopes=actor.scopes - {Scope.AGENCY_ADMIN}))
    await experiments.stop(actor, begun.id, "enough")


async def test_the_log_has_each_lead_once_with_what_became_of_it(
    services: Services, actor: Actor, experiments: Experiments
) -> None:
    begun = await experiments.start(actor, an_experiment())
    made = []
    for number, source in enumerate((Source.LLM, Source.LOCAL)):
        lead = LeadIn(**a_lead(email=f"{number}@leads.example", phone=None))
        lead_id = UUID((await services.intake.accept_one(actor, lead, key=None)).body["lead_id"])
        asked = Decision("classifier", {}, 0.5, source, "x", experiment=str(begun.id), version_asked=number + 1, cost=7)
        for run in (new_id(), new_id()):  # a second run asks again, and counts once
            await services.qualification.record(actor, run, lead_id, asked)
        made.append(lead_id)
    async with services.database.begin(actor) as uow:
        await uow.session.execute(text("UPDATE lead SET status = 'won' WHERE id = :lead"), {"lead": made[0]})
    _, leads = await services.experiments.exposed(actor, begun.id)
    assert [(one.lead_id, one.version, one.status, one.no_answer, one.cost) for one in leads] == [
        (made[0], 1, "won", False, 7), (made[1], 2, "received", True, 7),
    ]  # fmt: skip
    _, reading = await reading_of(services, actor, begun.id)
    assert (reading.exposed, reading.waiting, reading.verdict.decision) == ((1, 1), 1, Verdict.INCONCLUSIVE)
    await experiments.stop(actor, begun.id, "enough")


async def test_the_log_tells_since_when_a_policy_of_the_lead_is_in_force(
    services: Services, actor: Actor, experiments: Experiments
) -> None:
    begun, book = await experiments.start(actor, an_experiment(success=Success.IN_FORCE)), Book(services, actor)
    made = []
    for number in range(4):
        lead = LeadIn(**a_lead(email=f"in-force-{number}@leads.example", phone=None))
        made.append(UUID((await services.intake.accept_one(actor, lead, key=None)).body["lead_id"]))
        asked = Decision("classifier", {}, 0.5, Source.LLM, "x", experiment=str(begun.id), version_asked=1, cost=7)
        await services.qualification.record(actor, new_id(), made[-1], asked)
    async with services.database.begin(actor) as uow:
        await uow.session.execute(text("UPDATE lead SET status = 'won' WHERE id = ANY(:leads)"), {"leads": made})
    body = FromLeadIn(carrier="Prairie Mutual", starts_on=FIRST_DAY, type="auto.standard")
    with book.on(FIRST_DAY):
        # The last is won without a policy.
        policies = [await book.policies.drafts.from_lead(actor, one, body, key=None) for one in made[:3]]
        for policy_id in policies[:2]:  # the third stays a draft
            await book.policies.drafts.revise(actor, policy_id, a_policy(), expected=None)
            await book.policies.drafts.submit(actor, policy_id, expected=None)
            await book.pay(policy_id, (await book.see(policy_id)).schedule[0].amount_minor)
    with book.on(FIRST_DAY + timedelta(days=40)):
        await book.cancel(policies[1])
    _, leads = await services.experiments.exposed(actor, begun.id)
    since = {one.lead_id: one.in_force_since for one in leads}
    # Paid at noon of the first day, whose cover began a minute past midnight: it counts from when it was written down.
    assert [since[one] for one in made] == [noon(FIRST_DAY), noon(FIRST_DAY), None, None]
    await experiments.stop(actor, begun.id, "enough")


def a_view(**changes: object) -> ExperimentView:
    return ExperimentView.model_validate({
        **an_experiment().model_dump(), "id": uuid4(), "state": State.RUNNING, "reason": None, "started_at": START,
        "ended_at": None, **changes,
    })  # fmt: skip


def exposed(count: int, rates: tuple[float, float], seed: int = 1, **changes: object) -> list[Exposed]:
    """Leads one a minute, to either arm by turns, won with the arm's rate after a day."""
    chance, leads = np.random.default_rng(seed).random(count), []
    for number in range(count):
        at, arm = START + timedelta(minutes=number), number % 2
        won = chance[number] < rates[arm]
        one = Exposed(
            UUID(int=number), arm + 1, at, "won" if won else "lost", at + timedelta(days=1), no_answer=False, refused=False,
            cost=100,
        )  # fmt: skip
        leads.append(replace(one, **{name: of(number, arm) for name, of in changes.items()}))  # type: ignore[operator]
    return leads


LATER = START + timedelta(days=60)


def test_a_real_gain_ships_and_none_does_not() -> None:
    assert read(a_view(), exposed(4000, (0.2, 0.28)), LATER).verdict.decision is Verdict.SHIP
    assert read(a_view(), exposed(4000, (0.28, 0.2)), LATER).verdict.decision is Verdict.KEEP
    undecided = read(a_view(), exposed(400, (0.2, 0.2)), LATER)
    assert undecided.verdict.decision is Verdict.INCONCLUSIVE
    assert undecided.verdict.needed


LOOKS, PER_LOOK = 20, 50


def evidence_at_looks(won: NDArray[np.bool_]) -> list[bool]:
    """Whether the wager on outcomes that came to both arms by turns has ever been decided, at each of the looks."""
    to_new = np.arange(len(won)) % 2 == 1
    gains = arm_gains(to_new, won.astype(float), 0.5, (0.0, 1.0))
    return [
        mean_differs(replace(gains, values=gains.values[:end], least=gains.least[:end], most=gains.most[:end])).decided
        for end in range(PER_LOOK, len(won) + 1, PER_LOOK)
    ]


@pytest.mark.parametrize("rates", [(0.2, 0.2), (0.2, 0.5)])
def test_a_reading_decides_by_the_wager_alone(rates: tuple[float, float]) -> None:
    """What each look at an experiment says is what the wager says of the outcomes until then; nothing ships without it."""
    leads = exposed(LOOKS * PER_LOOK, rates, seed=4)
    looks = [read(a_view(), leads[: PER_LOOK * look], LATER) for look in range(1, LOOKS + 1)]
    decided = [look.evidence.decided for look in looks]
    assert decided == evidence_at_looks(np.array([lead.status == "won" for lead in leads]))
    shipped = [look.verdict.decision is Verdict.SHIP for look in looks]
    assert all(known for known, ships in zip(decided, shipped, strict=True) if ships)
    assert any(shipped) is any(decided) is (rates[0] != rates[1])


def test_looking_twenty_times_finds_no_winner_where_there_is_none() -> None:
    """1,000 experiments without an effect, each looked at twenty times (and at every outcome between): at most 5 % are decided.

    A wager that is decided stays so, hence the last of the looks tells of all.
    """
    won = np.random.default_rng(1).random((1_000, LOOKS * PER_LOOK)) < 0.2
    to_new = np.arange(LOOKS * PER_LOOK) % 2 == 1
    fooled = sum(mean_differs(arm_gains(to_new, one.astype(float), 0.5, (0.0, 1.0))).decided for one in won)
    assert fooled <= 50


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"no_answer": lambda number, arm: arm == 1 and number % 4 == 1}, "no answer of use"),
        ({"refused": lambda number, arm: arm == 1 and number % 4 == 1}, "wish not to be called"),
        ({"version": lambda number, _: 1 if number % 5 else 2}, "broken"),
    ],
)
def test_harm_and_broken_shares_stop_it(changes: dict[str, object], words: str) -> None:
    reading = read(a_view(), exposed(600, (0.2, 0.4), **changes), LATER)
    assert reading.alarm is not None
    assert words in reading.alarm
    assert reading.verdict.decision is Verdict.KEEP


def test_a_lead_has_its_days_and_then_it_has_failed() -> None:
    open_lead = Exposed(UUID(int=1), 1, START, "assigned", START, no_answer=False, refused=False, cost=0)
    assert known([open_lead], Success.CONVERTED, 30, START + timedelta(days=29)) == []
    (late,) = known([open_lead], Success.CONVERTED, 30, START + timedelta(days=31))
    assert (late.succeeded, late.at) == (False, START + timedelta(days=30))
    contacted = replace(open_lead, status="contacted")
    assert [one.succeeded for one in known([contacted], Success.ACCEPTED, 30, START)] == [True]
    too_late = replace(open_lead, status="won", status_since=START + timedelta(days=40))
    assert [one.succeeded for one in known([too_late], Success.CONVERTED, 30, LATER)] == [False]


def test_a_won_lead_has_its_days_until_its_policy_is_in_force() -> None:
    begins = START + timedelta(days=10)
    won = Exposed(UUID(int=1), 1, START, "won", START, no_answer=False, refused=False, cost=0)
    sold = replace(won, in_force_since=begins)
    assert known([won, sold], Success.IN_FORCE, 30, begins - timedelta(seconds=1)) == []
    assert [(one.succeeded, one.at) for one in known([sold], Success.IN_FORCE, 30, begins)] == [(True, begins)]
    assert [(one.succeeded, one.at) for one in known([won], Success.IN_FORCE, 30, LATER)] == [
        (False, START + timedelta(days=30))
    ]
    lost = replace(won, status="lost")
    assert [one.succeeded for one in known([lost], Success.IN_FORCE, 30, begins)] == [False]
    assert [one.succeeded for one in known([sold], Success.IN_FORCE, 9, LATER)] == [False]


@pytest.mark.parametrize("success", Success)
def test_every_outcome_that_can_be_chosen_can_be_reached(success: Success) -> None:
    """An experiment on an outcome that nothing tells would wait for ever."""
    lead = Exposed(UUID(int=1), 1, START, "received", START, no_answer=False, refused=False, cost=0)
    moments = {Status.WON: START}
    came = {
        status
        for status in Status
        if succeeded_at(replace(lead, status=status.value, in_force_since=moments.get(status)), success) == START
    }
    assert Status.WON in came
    assert Status.RECEIVED not in came


async def test_the_worker_stops_what_does_harm(services: Services, actor: Actor, experiments: Experiments) -> None:
    begun = await experiments.start(actor, an_experiment())
    lead_id = UUID((await services.intake.accept_one(actor, LeadIn(**a_lead()), key=None)).body["lead_id"])
    async with services.database.begin(actor) as uow:
        await uow.session.execute(
            text("""
            INSERT INTO lead SELECT (jsonb_populate_record(l, jsonb_build_object('id', gen_random_uuid()))).*
            FROM lead l, generate_series(1, 99) WHERE l.id = :lead
            """),
            {"lead": lead_id},
        )
        await uow.session.execute(
            text("""
            INSERT INTO decision (id, agency_id, lead_id, run_id, specialist, body, at)
            SELECT gen_random_uuid(), agency_id, id, gen_random_uuid(), 'classifier', CAST(:body AS jsonb), now() FROM lead
            """),
            {"body": json.dumps({"source": "llm", "cost": 1, "experiment": str(begun.id), "version_asked": 2})},
        )
    assert await watch(services) == 1
    ended = await services.experiments.one(actor, begun.id)
    assert ended.state is State.STOPPED
    assert "broken" in str(ended.reason)
    assert await watch(services) == 0
