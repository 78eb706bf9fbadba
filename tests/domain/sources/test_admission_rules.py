"""May this lead come in? What is not known is not permitted."""

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from domain.leads.reading import FIELDS
from domain.lines import Line
from domain.sources.admission import Candidate, admit, cap_uses
from domain.sources.returns import require_returnable
from domain.sources.settings import ReturnPolicy, SourceKind, SourceSettings, check
from domain.sources.windows import WindowKind, window_at
from kernel.errors import Conflict, Invalid
from kernel.money import Money

PLAIN = SourceSettings("acme", "Acme", SourceKind.WEBHOOK, price=Money(1250))
NOON = datetime(2026, 6, 1, 16, tzinfo=UTC)


def refusal(settings: SourceSettings, lead: Candidate) -> str | None:
    code = admit(settings, lead).code
    return code.value if code else None


def test_a_source_without_restrictions_takes_anything_for_its_price() -> None:
    verdict = admit(PLAIN, Candidate())
    assert (verdict.accepted, verdict.price) == (True, Money(1250))


def test_a_test_source_pays_nothing() -> None:
    assert admit(replace(PLAIN, test=True), Candidate()).price is None


@pytest.mark.parametrize(
    ("states", "code"),
    [
        ((), "state_unknown"),
        (("TX",), None),
        (("TX", "OK"), None),
        (("TX", "AR"), "state_unclear"),
        (("CA",), "state_not_wanted"),
    ],
)
def test_states(states: tuple[str, ...], code: str | None) -> None:
    settings = replace(PLAIN, states=frozenset({"TX", "OK"}))
    assert refusal(settings, Candidate(states=frozenset(states))) == code


@pytest.mark.parametrize(
    ("lines", "code"),
    [
        ((), "line_unknown"),
        ((Line.UNKNOWN,), "line_unknown"),
        ((Line.AUTO,), None),
        ((Line.HOME, Line.AUTO), None),
        ((Line.PET,), "line_not_wanted"),
    ],
)
def test_lines(lines: tuple[Line, ...], code: str | None) -> None:
    assert refusal(replace(PLAIN, lines=frozenset({Line.AUTO})), Candidate(lines=frozenset(lines))) == code


@pytest.mark.parametrize(
    ("changes", "lead", "code"),
    [
        ({"active": False}, Candidate(), "source_inactive"),
        ({"wants_certificate": True}, Candidate(), "certificate_missing"),
        ({"wants_certificate": True}, Candidate(has_certificate=True), "certificate_not_usable"),
        ({"wants_certificate": True}, Candidate(has_certificate=True, certificate_usable=True), None),
        ({"sellers": ("Acme Agency",)}, Candidate(), "consent_missing"),
        ({"sellers": ("Acme Agency",)}, Candidate(sellers=("Other",)), "seller_not_named"),
        ({"sellers": ("Acme Agency",)}, Candidate(sellers=("acme  AGENCY", "Other")), None),
        ({"double_opt_in": True}, Candidate(), "email_missing"),
        ({}, Candidate(duplicate=True), "duplicate"),
        ({"wants_certificate": True, "sellers": ("A",)}, Candidate(identified=False), None),
    ],
)
def test_what_is_asked_of_the_person(changes: dict[str, object], lead: Candidate, code: str | None) -> None:
    assert refusal(replace(PLAIN, **changes), lead) == code  # type: ignore[arg-type]


def test_a_full_cap_refuses_and_says_when_it_begins_anew() -> None:
    settings = replace(PLAIN, caps={WindowKind.DAY: 3, WindowKind.HOUR: 2}, zone="America/Chicago")
    day, hour = (window_at(kind, NOON, settings.time_zone).starts_at for kind in (WindowKind.DAY, WindowKind.HOUR))
    uses = cap_uses(settings, NOON, {(WindowKind.DAY, day): 3, (WindowKind.HOUR, hour): 1})
    assert [(use.kind, use.used, use.left) for use in uses] == [(WindowKind.HOUR, 1, 1), (WindowKind.DAY, 3, 0)]
    verdict = admit(settings, Candidate(), uses)
    assert verdict.code == "cap_reached"
    assert "2026-06-02T00:00:00-05:00" in verdict.words


def test_a_cap_of_none_takes_nothing_and_a_test_source_needs_no_place() -> None:
    settings = replace(PLAIN, caps={WindowKind.MONTH: 0})
    assert admit(settings, Candidate(), cap_uses(settings, NOON, {})).code == "cap_reached"
    assert admit(replace(settings, test=True), Candidate(), cap_uses(settings, NOON, {})).accepted


def test_settings_come_back_from_json_as_they_were() -> None:
    settings = replace(
        PLAIN, mapping={"ph": "phone"}, caps={WindowKind.WEEK: 9}, states=frozenset({"TX"}), lines=frozenset({Line.AUTO}),
        duplicate_days=30, duplicate_days_by_line={Line.LIFE: 90}, returns=ReturnPolicy(10, frozenset({"wrong_number"})),
        sellers=("A",), redirects=("https://a.example/thanks",), consent_text="I agree",
    )  # fmt: skip
    assert SourceSettings.from_dict(settings.as_dict()).as_dict() == settings.as_dict()


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"slug": "Acme!"}, "slug"),
        ({"zone": "Mars/Olympus"}, "zone"),
        ({"mapping": {"ph": "fone"}}, "mapping.ph"),
        ({"states": frozenset({"XX"})}, "states"),
        ({"lines": frozenset({Line.UNKNOWN})}, "lines"),
        ({"returns": ReturnPolicy(3, frozenset())}, "returns.reasons"),
        ({"redirects": ("http://a.example",)}, "redirects"),
        ({"redirects": ("https://a.example@evil.example/",)}, "redirects"),
        ({"kind": SourceKind.FILE, "double_opt_in": True}, "double_opt_in"),
    ],
)
def test_settings_that_cannot_hold_are_named(changes: dict[str, object], field: str) -> None:
    with pytest.raises(Invalid) as refused:
        check(replace(PLAIN, **changes), frozenset(FIELDS))  # type: ignore[arg-type]
    assert [one.field for one in refused.value.fields] == [field]
    assert refused.value.fields[0].remedy


def test_returns_hold_for_whole_days_and_agreed_reasons() -> None:
    policy = ReturnPolicy(2, frozenset({"wrong_number"}))
    require_returnable(policy, NOON, datetime(2026, 6, 3, 15, 59, 59, tzinfo=UTC), "wrong_number")
    with pytest.raises(Conflict) as late:
        require_returnable(policy, NOON, datetime(2026, 6, 3, 16, tzinfo=UTC), "wrong_number")
    assert late.value.code == "return_too_late"
    with pytest.raises(Invalid, match="this reason"):
        require_returnable(policy, NOON, NOON, "did_not_like")
    with pytest.raises(Conflict, match="no returns"):
        require_returnable(ReturnPolicy(), NOON, NOON, "wrong_number")
