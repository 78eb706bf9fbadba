"""What a person is asked to label, and what of it counts."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from evals.reports.build import build
from evals.reports.html import page_html
from evals.reports.markdown import page_markdown
from evals.reports.page import Range
from evals.reports.review import ENOUGH, Drawn, Labels, agreement, review_queue, reviewed_metric
from kernel.errors import Invalid
from store.evals.labels import HumanLabel, LabelStore
from tests.evals.reports.runs import STARTED, VARIANTS, a_run

RUN = a_run()
METRIC = "judged helpful"


def a_label(
    case: str, *, trial: int = 0, value: float = 1.0, drawn: str = Drawn.RANDOM, reviewer: str = "ana"
) -> HumanLabel:
    return HumanLabel(
        RUN.run_id,
        case,
        VARIANTS[0].name,
        trial,
        METRIC,
        value,
        "",
        reviewer,
        drawn,
        STARTED + timedelta(minutes=trial),
    )


def test_queue_is_the_same_every_time_and_half_of_it_is_a_random_sample() -> None:
    items = review_queue(RUN, METRIC, size=80)
    assert items == review_queue(RUN, METRIC, size=80)
    assert len({(one.answer.case, one.answer.variant, one.answer.trial) for one in items}) == len(items) == 80
    drawn = [one.drawn for one in items]
    assert drawn.count(Drawn.RANDOM) == 40
    assert drawn.count(Drawn.DISAGREEMENT) > 0
    assert all(one.answer.failure is None for one in items)


def test_disagreements_differ_and_doubts_are_the_least_sure() -> None:
    for item in review_queue(RUN, METRIC, size=200):
        if item.drawn is Drawn.DISAGREEMENT:
            place = (item.answer.case, item.answer.variant, item.answer.trial)
            assert RUN.score_at[*place, METRIC].value != RUN.score_at[*place, "line is right"].value
    calm = replace(RUN, metrics=tuple(one for one in RUN.metrics if one.name == METRIC))
    doubts = [one for one in review_queue(calm, METRIC, size=80) if one.drawn is Drawn.UNSURE]
    assert doubts
    assert all((one.answer.confidence or 0) < 0.6 for one in doubts)


def test_small_queue_is_a_random_sample_first() -> None:
    assert {one.drawn for one in review_queue(RUN, METRIC, size=ENOUGH)} == {Drawn.RANDOM}


def test_labelled_answers_do_not_come_again() -> None:
    items = review_queue(RUN, METRIC, size=10)
    first = items[0].answer
    done = HumanLabel(RUN.run_id, first.case, first.variant, first.trial, METRIC, 1.0, "", "ana", Drawn.RANDOM, STARTED)
    assert review_queue(RUN, METRIC, size=10, done=[done]) == items[1:]
    assert review_queue(RUN, METRIC, size=10, done=[replace(done, metric="fields")]) == items


@pytest.mark.parametrize("name", ["fields", "nothing"])
def test_metric_that_does_not_pass_or_fail_is_refused_with_those_that_do(name: str) -> None:
    with pytest.raises(Invalid) as caught:
        review_queue(RUN, name, size=10)
    assert METRIC in caught.value.fields[0].remedy
    assert reviewed_metric(RUN, None).name == "line is right"
    with pytest.raises(Invalid):
        reviewed_metric(replace(RUN, metrics=()), None)


def test_only_random_labels_stand_for_all() -> None:
    scored = [
        one for one in RUN.scores if one.metric == METRIC and one.variant == VARIANTS[0].name and one.value is not None
    ]
    honest = [a_label(one.case, trial=one.trial, value=one.value or 0.0) for one in scored[:60]]
    chosen = [a_label(one.case, trial=one.trial, value=0.0, drawn=Drawn.DISAGREEMENT) for one in scored[60:90]]
    (found,) = agreement(RUN, honest + chosen)
    assert (found.variant, found.metric, found.labels) == (VARIANTS[0].name, METRIC, 60)
    assert found.kappa.value == pytest.approx(1.0)
    mean = sum(one.value or 0.0 for one in scored) / len(scored)
    assert found.corrected.value == pytest.approx(mean, abs=0.01)
    assert agreement(RUN, honest) == (found,)


def test_people_who_say_the_opposite_pull_the_mean_down_and_few_correct_nothing() -> None:
    scored = [
        one for one in RUN.scores if one.metric == METRIC and one.variant == VARIANTS[0].name and one.value is not None
    ]
    strict = [a_label(one.case, trial=one.trial, value=float(place % 2)) for place, one in enumerate(scored[:80])]
    (found,) = agreement(RUN, strict)
    assert found.corrected.high is not None
    assert found.corrected.high < 0.75
    (few,) = agreement(RUN, strict[: ENOUGH - 1])
    assert few.corrected == Range(None)
    words = page_markdown(build(RUN, labels=strict))
    assert "Agreement with people" in words
    assert "Agreement with people" in page_html(build(RUN, labels=strict))
    assert "Agreement with people" not in page_markdown(build(RUN))


def test_two_reviewers_of_one_answer_count_once() -> None:
    labels = [a_label(one.id) for one in RUN.cases[:20]]
    (once,) = agreement(RUN, labels)
    (twice,) = agreement(RUN, [*labels, *(replace(one, reviewer="bo") for one in labels)])
    assert twice == once


async def test_store_keeps_replaces_and_takes_back(tmp_path: Path) -> None:
    store: Labels = LabelStore(tmp_path / "deep" / "labels.sqlite")
    assert await store.labels(RUN.run_id) == ()
    first, second = a_label("a"), a_label("b", trial=1)
    await store.label(first)
    await store.label(second)
    assert await store.labels(RUN.run_id) == (first, second)
    await store.label(replace(first, value=0.0, note="no", labelled_at=STARTED + timedelta(hours=1)))
    assert [(one.case, one.value, one.note) for one in await store.labels(RUN.run_id)] == [
        ("b", 1.0, ""),
        ("a", 0.0, "no"),
    ]
    await store.label(replace(first, reviewer="bo"))
    await store.unlabel(replace(first, reviewer="bo"))
    await store.unlabel(second)
    again = LabelStore(tmp_path / "deep" / "labels.sqlite")
    assert [one.case for one in await again.labels(RUN.run_id)] == ["a"]
    assert await store.labels("another") == ()
