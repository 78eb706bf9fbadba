from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.leads.scoring import (
    FACTORS,
    NEUTRAL,
    WEIGHTS,
    Contribution,
    Score,
    ScoreFacts,
    SeenDocument,
    filled,
    score,
    smoothed_rate,
)
from domain.lines import Intent, Line, Tier, Urgency, tier_of

SHARES = st.floats(0, 1)
SEEN = st.builds(
    SeenDocument, st.sampled_from(["declarations", "quote", "submission", "loss_run", "invoice", "other"]), SHARES, st.booleans(),
    st.booleans(), st.booleans(),
)  # fmt: skip
COUNTS = st.none() | st.integers(0, 500)


@st.composite
def facts(draw: st.DrawFn, **fixed: object) -> ScoreFacts:
    worked, wanted = draw(COUNTS), draw(st.none() | st.integers(1, 8))
    made = ScoreFacts(
        line=draw(st.sampled_from(Line)),
        line_confidence=draw(SHARES),
        sold=draw(st.none() | st.booleans()),
        out_of_scope=draw(st.booleans()),
        intent=draw(st.sampled_from(Intent)),
        intent_confidence=draw(SHARES),
        urgency=draw(st.sampled_from(Urgency)),
        urgency_confidence=draw(SHARES),
        has_phone=draw(st.booleans()),
        phone_valid=draw(st.booleans()),
        has_email=draw(st.booleans()),
        has_name=draw(st.booleans()),
        has_consent=draw(st.booleans()),
        do_not_call=draw(st.none() | st.booleans()),
        fields_known=None if wanted is None else draw(st.integers(0, wanted)),
        fields_wanted=wanted,
        source_won=None if worked is None else draw(st.integers(0, worked)),
        source_worked=worked,
        similar_won=draw(COUNTS),
        similar_lost=draw(COUNTS),
        documents=tuple(draw(st.lists(SEEN, max_size=3))),
        win_rate=draw(st.floats(0.01, 0.9)),
        outcome=draw(st.none() | st.booleans()),
        confidences=tuple(draw(st.lists(SHARES, max_size=4))),
    )
    return replace(made, **fixed)  # type: ignore[arg-type]


def named(result: Score) -> dict[str, Contribution]:
    return {part.factor: part for part in result.contributions}


GOOD = ScoreFacts(
    line=Line.AUTO, sold=True, intent=Intent.BUY, urgency=Urgency.IMMEDIATE, has_phone=True, phone_valid=True, has_email=True,
    has_name=True, has_consent=True, do_not_call=False, fields_known=5, fields_wanted=5, source_won=80, source_worked=100,
    similar_won=20, similar_lost=2, confidences=(0.9, 0.9),
)  # fmt: skip


def test_weights_add_up_to_one_hundred_and_each_has_a_rule() -> None:
    assert sum(WEIGHTS.values()) == 100
    assert set(WEIGHTS) == set(FACTORS)


@given(facts())
def test_points_add_up_to_the_score_exactly(known: ScoreFacts) -> None:
    result = score(known)
    assert sum(part.points for part in result.contributions) == result.value
    assert all(isinstance(part.points, int) for part in result.contributions)


@given(facts())
def test_no_factor_gives_more_than_its_weight(known: ScoreFacts) -> None:
    for name, part in named(score(known)).items():
        if name != "bounds":
            assert 0 <= part.points <= WEIGHTS[name]
            assert 0 <= part.share <= 1
            assert part.reason


@given(facts(outcome=None))
def test_t77_an_open_lead_is_never_certain(known: ScoreFacts) -> None:
    assert 1 <= score(known).value <= 99


@given(facts(outcome=None, out_of_scope=True))
def test_out_of_scope_scores_five_at_most(known: ScoreFacts) -> None:
    assert score(known).value <= 5


def test_the_bound_is_a_contribution_of_its_own() -> None:
    result = score(replace(GOOD, out_of_scope=True))
    assert result.value == 5
    assert named(result)["bounds"].points < 0


def test_t77_a_closed_lead_scores_its_outcome() -> None:
    assert score(replace(GOOD, outcome=True)).value == 100
    assert score(replace(GOOD, outcome=False)).value == 0


def test_a_lead_that_cannot_be_reached_and_wants_nothing_still_scores_one() -> None:
    bad = ScoreFacts(out_of_scope=True, line=Line.AUTO, sold=False, intent=Intent.OUT_OF_SCOPE, source_won=0,
                     source_worked=5000, similar_won=0, similar_lost=5000, fields_known=0, fields_wanted=4)  # fmt: skip
    assert score(bad).value >= 1


@given(facts(outcome=None), st.sampled_from(["has_phone", "phone_valid", "has_email", "has_name", "has_consent"]))
def test_more_contactable_never_scores_lower(known: ScoreFacts, way: str) -> None:
    without, having = replace(known, **{way: False}), replace(known, **{way: True})
    assert score(having).value >= score(without).value


@given(facts(outcome=None))
def test_a_refusal_of_calls_never_raises_the_score(known: ScoreFacts) -> None:
    assert score(replace(known, do_not_call=True)).value <= score(replace(known, do_not_call=False)).value


@given(facts(outcome=None))
def test_sooner_never_scores_lower(known: ScoreFacts) -> None:
    soonest = [score(replace(known, urgency=urgency)).value for urgency in
               (Urgency.IMMEDIATE, Urgency.SOON, Urgency.PLANNED, Urgency.UNKNOWN)]  # fmt: skip
    assert soonest == sorted(soonest, reverse=True)


@given(facts(outcome=None, out_of_scope=False))
def test_unknown_never_beats_known_good(known: ScoreFacts) -> None:
    pairs: list[tuple[dict[str, object], dict[str, object]]] = [
        ({"intent": Intent.UNKNOWN}, {"intent": Intent.BUY}),
        ({"urgency": Urgency.UNKNOWN}, {"urgency": Urgency.IMMEDIATE}),
        ({"sold": None}, {"sold": True}),
        ({"line": Line.UNKNOWN, "sold": None}, {"line": Line.AUTO, "sold": True}),
        ({"fields_known": None, "fields_wanted": None}, {"fields_known": 4, "fields_wanted": 4}),
        ({"source_won": None, "source_worked": None}, {"source_won": 100, "source_worked": 100}),
        ({"similar_won": None, "similar_lost": None}, {"similar_won": 60, "similar_lost": 0}),
        ({"do_not_call": None}, {"do_not_call": False}),
    ]
    for unknown, good in pairs:
        assert score(replace(known, **unknown)).value <= score(replace(known, **good)).value  # type: ignore[arg-type]


def test_unknown_factors_are_neutral_and_say_so() -> None:
    parts = named(score(ScoreFacts()))
    for name in ("intent", "urgency", "fit", "completeness", "source", "similar"):
        assert parts[name].share == NEUTRAL
        assert not parts[name].known
        assert "unknown" in parts[name].reason


def test_an_average_record_is_neutral_and_a_better_one_is_not() -> None:
    average = named(score(replace(GOOD, source_won=10, source_worked=100, win_rate=0.1)))["source"]
    assert average.share == pytest.approx(NEUTRAL)
    assert named(score(replace(GOOD, source_won=20, source_worked=100, win_rate=0.1)))["source"].share > NEUTRAL
    assert named(score(replace(GOOD, source_won=0, source_worked=100, win_rate=0.1)))["source"].share < NEUTRAL


def test_a_few_closed_leads_say_nothing() -> None:
    lucky = named(score(replace(GOOD, source_won=19, source_worked=19, similar_won=4, similar_lost=0)))
    assert lucky["source"].share == NEUTRAL
    assert lucky["similar"].share == NEUTRAL
    assert "fewer than" in lucky["source"].reason


def test_t77_a_source_without_losses_does_not_reach_certainty() -> None:
    assert smoothed_rate(20, 20, prior=0.1, strength=20) == pytest.approx(0.55)
    assert named(score(replace(GOOD, source_won=20, source_worked=20)))["source"].share < 1


def test_a_good_lead_is_hot_and_an_unknown_one_is_not() -> None:
    assert tier_of(score(GOOD).value) is Tier.HOT
    assert tier_of(score(ScoreFacts()).value) is Tier.COOL


def test_confidence_grows_with_what_is_known() -> None:
    assert score(GOOD).confidence > score(replace(GOOD, source_won=None, similar_won=None)).confidence
    assert score(GOOD).confidence > score(replace(GOOD, confidences=(0.5,))).confidence


def test_one_fact_of_a_group_is_enough() -> None:
    assert filled(Line.LIFE, ["date_of_birth", "place"]) == (2, 4)
    assert filled(Line.LIFE, ["age", "date_of_birth", "place"]) == (2, 4)


@pytest.mark.parametrize(
    ("field", "value"),
    [("intent_confidence", 1.2), ("line_confidence", float("nan")), ("win_rate", 0.0), ("similar_won", -1)],
)
def test_facts_out_of_range_are_refused_by_name(field: str, value: float) -> None:
    with pytest.raises(ValueError, match=field):
        replace(GOOD, **{field: value})  # type: ignore[arg-type]


def test_more_won_than_worked_is_refused() -> None:
    with pytest.raises(ValueError, match="source_won is 5"):
        ScoreFacts(source_won=5, source_worked=3)


PROOF = SeenDocument("declarations", 1.0, about=True, in_force=True, doubtful=False)


@given(facts(outcome=None), st.lists(SEEN, max_size=3))
def test_documents_never_lower_a_score(known: ScoreFacts, seen: list[SeenDocument]) -> None:
    without, beside = replace(known, documents=()), replace(known, documents=tuple(seen))
    assert score(beside).value >= score(without).value


def test_a_declarations_page_in_force_of_the_line_asked_for_gives_all_points() -> None:
    part = named(score(replace(GOOD, documents=(PROOF,))))["documents"]
    assert (part.points, part.known) == (WEIGHTS["documents"], True)
    assert "declarations of the line asked for" in part.reason


@pytest.mark.parametrize(
    "seen",
    [
        replace(PROOF, about=False),
        replace(PROOF, in_force=False),
        replace(PROOF, doubtful=True),
        replace(PROOF, kind="other"),
        replace(PROOF, kind="invoice"),
    ],
)
def test_what_proves_nothing_is_neutral_and_not_counted_as_known(seen: SeenDocument) -> None:
    without, beside = score(replace(GOOD, documents=())), score(replace(GOOD, documents=(seen,)))
    assert (named(beside)["documents"].share, named(beside)["documents"].known) == (NEUTRAL, False)
    assert (beside.value, beside.confidence) == (without.value, without.confidence)


def test_an_offer_that_has_ended_still_shows_that_somebody_asked() -> None:
    assert named(score(replace(GOOD, documents=(replace(PROOF, kind="quote", in_force=False),))))["documents"].known
