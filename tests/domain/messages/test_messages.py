"""Kinds, words, lives and lengths of messages."""

from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.messages.kinds import KINDS, Audience, Channel, Purpose
from domain.messages.life import OPEN, TRANSITIONS, State, Step, after
from domain.messages.preferences import Preferences
from domain.messages.segments import segments
from domain.messages.shipped import LANGUAGES, shipped
from domain.messages.stop_words import stop_words
from domain.messages.words import Words, check, fill, html_of
from kernel.errors import Invalid

KIND = KINDS["follow_up"]
GOOD = Words("To {{ name }}", "Hello {{ name }}, {{ when }}", "{{ name|upper }}", "<b>{{ name }}</b>")
CENTRAL = ZoneInfo("America/Chicago")


def test_every_kind_has_words_in_every_language_that_pass_their_own_check() -> None:
    for (name, _), words in shipped().items():
        check(KINDS[name], words)
    assert len(shipped()) == len(KINDS) * len(LANGUAGES)
    assert all(segments(fill(words, KINDS[name].sample).short).count <= 3 for (name, _), words in shipped().items())


def test_only_what_was_asked_for_needs_no_consent_and_nothing_of_it_sells() -> None:
    asked = [kind for kind in KINDS.values() if kind.asked_for]
    assert {kind.name for kind in asked} == {"opt_in", "revocation"}
    assert all(kind.purpose is Purpose.TRANSACTIONAL and kind.audience is Audience.CONSUMER for kind in asked)
    assert KINDS["revocation"].within == timedelta(minutes=5)  # DOMAIN T16


@pytest.mark.parametrize(
    ("text", "code", "value"),
    [
        ("{{ nmae }}", "unknown_variable", "nmae"),
        ("{{ name|pprint }}", "unknown_filter", "pprint"),
        ("{% for x in name %}a{% endfor %}", "not_permitted", None),
        ("{{ name.__class__ }}", "not_permitted", None),
        ("{{ name() }}", "not_permitted", None),
        ("{{ 'a' * 1000000000 }}", "not_permitted", None),
        ("{% include 'x' %}", "not_permitted", None),
        ("{{ name ", "syntax", "{{ name "),
        ("  ", "empty", None),
        ("x" * 20_001, "too_long", None),
    ],
)
def test_what_cannot_be_used_is_named(text: str, code: str, value: str | None) -> None:
    with pytest.raises(Invalid) as caught:
        check(KIND, Words("s", text, "s"))
    fault = next(fault for fault in caught.value.fields if fault.code == code)
    assert (fault.field, fault.value) == ("text", value)


@given(st.text(max_size=60))
def test_no_value_begins_a_header_or_a_tag(name: str) -> None:
    filled = fill(GOOD, {**KIND.sample, "name": name})
    assert filled.subject.splitlines() in ([filled.subject], [])
    assert filled.html.removeprefix("<b>").removesuffix("</b>").count("<") == 0
    assert "<script" not in html_of(f"<script>{name}</script>")


def test_html_made_of_text_links_addresses_and_escapes_the_rest() -> None:
    made = html_of("See https://a.example/x?a=1&b=2.\nNow\n\n<b>")
    assert '<a href="https://a.example/x?a=1&amp;b=2">https://a.example/x?a=1&amp;b=2</a>.<br>' in made
    assert "<p>&lt;b&gt;</p>" in made


@given(st.lists(st.sampled_from(Step), max_size=20))
def test_a_life_never_leaves_an_end_but_by_the_table(steps: list[Step]) -> None:
    state, sent = State.QUEUED, False
    for step in steps:
        following = after(state, step)
        if following is None:
            continue
        if state is State.SUPPRESSED or (state is State.BOUNCED):
            pytest.fail("what is suppressed or bounced stays so")
        sent = sent or following is State.SENT
        state = following
    assert state in State


def test_reports_that_come_again_change_nothing() -> None:
    for state in set(State) - OPEN - {State.SENT}:
        assert after(state, Step.ARRIVE) is None
        assert after(state, Step.CLAIM) is None
    assert {before for before, step in TRANSITIONS if step is Step.CLAIM} == OPEN


@pytest.mark.parametrize(
    ("text", "encoding", "units", "count"),
    [
        ("", "gsm7", 0, 0), ("a" * 160, "gsm7", 160, 1), ("a" * 161, "gsm7", 161, 2), ("a" * 306, "gsm7", 306, 2),
        ("a" * 307, "gsm7", 307, 3), ("€" * 80, "gsm7", 160, 1), ("€" * 81, "gsm7", 162, 2),
        # 152 letters, an escape that would be parted, 152 more: three parts although 306 septets would fit in two
        ("a" * 152 + "€" + "a" * 152, "gsm7", 306, 3),
        ("á" * 70, "ucs2", 70, 1), ("á" * 71, "ucs2", 71, 2), ("á" * 134, "ucs2", 134, 2), ("😀" * 35, "ucs2", 70, 1),
        ("á" * 66 + "😀" + "á" * 66, "ucs2", 134, 3), ("ñé¡¿", "gsm7", 4, 1),
    ],
)  # fmt: skip
def test_segments(text: str, encoding: str, units: int, count: int) -> None:
    found = segments(text)
    assert (found.encoding, found.units, found.count) == (encoding, units, count)


@pytest.mark.parametrize(
    "text", ["STOP", " stop. ", "Stop!!", "QUIT", "End", "revoke", "Opt out", "cancel", "Unsubscribe", "please stop",
             "Stop calling me", "ALTO", "no más", "Don’t text me again", "please take me off your list"]
)  # fmt: skip
def test_words_that_end_messages(text: str) -> None:
    """DOMAIN T16: any reasonable means."""
    assert stop_words(text)


@pytest.mark.parametrize(
    "text", ["", "ok", "What is the end date?", "I need to cancel my old policy with State Farm first"]
)
def test_words_that_end_nothing(text: str) -> None:
    assert stop_words(text) is None


def test_quiet_hours_are_on_the_producers_clock_and_pass_midnight() -> None:
    quiet = Preferences(quiet_from=time(21), quiet_until=time(7))
    assert quiet.quiet_end(datetime(2026, 1, 6, 2, 59, tzinfo=UTC), CENTRAL) is None
    assert quiet.quiet_end(datetime(2026, 1, 6, 3, tzinfo=UTC), CENTRAL) == datetime(2026, 1, 6, 13, tzinfo=UTC)
    assert quiet.quiet_end(datetime(2026, 1, 6, 12, 59, tzinfo=UTC), CENTRAL) == datetime(2026, 1, 6, 13, tzinfo=UTC)
    assert quiet.quiet_end(datetime(2026, 1, 6, 13, tzinfo=UTC), CENTRAL) is None
    assert Preferences().quiet_end(datetime(2026, 1, 6, 3, tzinfo=UTC), CENTRAL) is None


@given(st.datetimes(datetime(2026, 1, 1), datetime(2027, 1, 1)), st.times(), st.times())
def test_quiet_hours_end_within_a_day(at: datetime, begin: time, end: time) -> None:
    moment = at.replace(tzinfo=UTC)
    found = Preferences(quiet_from=begin, quiet_until=end).quiet_end(moment, CENTRAL)
    assert found is None or moment < found <= moment + timedelta(hours=26)


def test_channels_are_those_wanted_that_the_kind_may_take() -> None:
    wanted = Preferences(channels=(Channel.SMS, Channel.PUSH), by_kind={"lead_assigned": ()})
    assert wanted.ways(KINDS["lead_offered"]) == (Channel.SMS, Channel.PUSH)
    assert wanted.ways(KINDS["lead_assigned"]) == ()
    assert wanted.ways(KINDS["opt_in"]) == ()
