"""What is measured over a time: every figure in all and by everything, against leads whose events are known."""

from __future__ import annotations

from datetime import timedelta

import pytest

from domain.actor import Actor
from domain.asking.arguments import By, Measure, Metric
from kernel.clock import frozen, now
from services.container import Services
from tests.asking import given, manager, producer
from tests.services.test_relations import of


@pytest.mark.parametrize("metric", Metric)
async def test_every_figure_can_be_asked_for_in_all_and_by_everything(
    services: Services, actor: Actor, metric: Metric
) -> None:
    ids = await of(services, actor)
    lead_id = await given(services, actor, ids["p1"])
    await services.lead_status.change(actor, lead_id, "contact", reason=None, expected=None)
    for who in (manager(actor), producer(actor, ids["p1"])):
        for by in (None, *By):
            found = await services.assistance.measuring.measure(who, Measure(metric=metric, by=by))
            assert (found.metric, found.by) == (metric, by)


async def test_the_median_response_is_that_of_the_assignments_in_the_time(services: Services, actor: Actor) -> None:
    ids = await of(services, actor)
    start = now()
    for minutes in (10, 20, 60):
        with frozen(start):
            lead_id = await given(services, actor, ids["p1"])
        with frozen(start + timedelta(minutes=minutes)):
            await services.lead_status.change(actor, lead_id, "contact", reason=None, expected=None)
    with frozen(start + timedelta(hours=2)):
        measure = services.assistance.measuring.measure
        (all_,) = (await measure(manager(actor), Measure(metric=Metric.MEDIAN_RESPONSE))).figures
        other = (await measure(producer(actor, ids["p2"]), Measure(metric=Metric.MEDIAN_RESPONSE))).figures
    assert (all_.number, all_.unit, all_.n) == (20.0, "minutes", 3)
    assert [one.n for one in other] == [0]
