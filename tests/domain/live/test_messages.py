"""Who is told what."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from uuid import UUID, uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.actor import Actor, ActorKind, Scope
from domain.leads.lifecycle import Happening
from domain.live.channels import Channel, Reach, authorise, channel_of
from domain.live.frames import Ask, read_frame
from domain.live.messages import LiveEvent, Told, message, named_in, told
from domain.live.replay import TooOld, require_kept
from domain.live.tickets import hash_of
from kernel.errors import Forbidden, Invalid

AGENCY, ANA, BO, LEAD = uuid4(), uuid4(), uuid4(), uuid4()
READS = frozenset({Scope.LEADS_READ})
MANAGER = Actor(AGENCY, ActorKind.PERSON, "m", READS)
PRODUCERS = {one: Actor(AGENCY, ActorKind.PRODUCER, str(one), READS, producer_id=one) for one in (ANA, BO)}
PARTNER = Actor(AGENCY, ActorKind.PARTNER, "p", READS, source="web")


def event(
    holder: UUID | None = None, was: UUID | None = None, named: tuple[UUID, ...] = (), *, offer: bool = False,
    kind: str = "assigned",
) -> LiveEvent:  # fmt: skip
    return LiveEvent(7, LEAD, 3, kind, datetime(2026, 1, 2, tzinfo=UTC), holder, was, named, offer)


MINE, ALL, ONE, OFFERS = Channel(Reach.MINE), Channel(Reach.LEADS), Channel(Reach.LEAD, LEAD), Channel(Reach.OFFERS)
one_of = st.sampled_from([None, ANA, BO])
events = st.builds(
    event, one_of, one_of, st.lists(st.sampled_from([ANA, BO]), max_size=2).map(tuple), offer=st.booleans(),
    kind=st.sampled_from([*map(str, Happening), "of-a-later-release"]),
)  # fmt: skip


@given(events, st.sampled_from([MINE, ONE, OFFERS]))
def test_a_producer_hears_of_what_concerns_them_and_of_nothing_else(said: LiveEvent, channel: Channel) -> None:
    what = told(PRODUCERS[ANA], channel, said)
    concerned = ANA in {said.holder, said.was, *said.named} and (channel is not OFFERS or said.offer)
    assert (what is not None) == concerned
    assert (what is Told.GONE) == (concerned and said.was == ANA and said.holder != ANA)


@given(events)
def test_a_manager_hears_every_kind_of_event_whatever_its_name(said: LiveEvent) -> None:
    assert told(MANAGER, ALL, said) is Told.EVENT
    assert told(MANAGER, ONE, said) is Told.EVENT
    assert (told(MANAGER, OFFERS, said) is Told.EVENT) == said.offer
    assert message(Told.EVENT, "leads", said)["kind"] == said.kind


@given(events, st.sampled_from([MINE, ALL, ONE, OFFERS]))
def test_a_partner_hears_nothing_and_a_producer_nothing_of_the_whole_agency(said: LiveEvent, channel: Channel) -> None:
    assert told(PARTNER, channel, said) is None
    assert told(PRODUCERS[ANA], ALL, said) is None
    assert told(PRODUCERS[ANA], Channel(Reach.LEAD, uuid4()), said) is None


@given(
    events, st.sampled_from([MINE, ALL, ONE, OFFERS]), st.sampled_from(["policies", "my-policies", f"policy:{LEAD}"])
)
def test_leads_and_policies_are_not_told_on_each_others_channels(said: LiveEvent, of_leads: Channel, name: str) -> None:
    of_policy = replace(said, lead_id=None, policy_id=LEAD)
    for actor in (MANAGER, *PRODUCERS.values(), PARTNER):
        assert told(actor, of_leads, of_policy) is None
        assert told(actor, channel_of(name), said) is None
        of_both = (told(actor, MINE, said), told(actor, Channel(Reach.MY_POLICIES), of_policy))
        assert of_both[0] == of_both[1]


def test_of_a_lead_that_is_gone_nothing_but_that_is_said() -> None:
    said = message(Told.GONE, "my-leads", event(BO, ANA))
    assert set(said) == {"type", "id", "channel", "lead_id", "at"}


def test_subscribing_is_for_who_may_see() -> None:
    for refused, channel in (
        (PARTNER, ALL), (PARTNER, ONE), (PRODUCERS[ANA], ALL), (MANAGER, MINE),
        (Actor(AGENCY, ActorKind.PRODUCER, "x", READS), ONE), (Actor(AGENCY, ActorKind.PRODUCER, "x", READS), OFFERS),
        (Actor(AGENCY, ActorKind.PERSON, "x"), ALL),
    ):  # fmt: skip
        with pytest.raises(Forbidden):
            authorise(refused, channel)
    for actor, channel in ((MANAGER, ALL), (MANAGER, ONE), (MANAGER, OFFERS), (PRODUCERS[ANA], MINE)):
        authorise(actor, channel)


def test_channels_are_read_as_they_are_written() -> None:
    policies = (Channel(Reach.POLICIES), Channel(Reach.MY_POLICIES), Channel(Reach.POLICY, policy_id=LEAD))
    for channel in (MINE, ALL, ONE, OFFERS, *policies):
        assert channel_of(channel.name) == channel
    for wrong in ("", "lead", "lead:", "lead:x", "Leads", "my-leads ", "sources", "policy", "policy:", "policy:x"):
        with pytest.raises(Invalid):
            channel_of(wrong)


@given(st.recursive(st.none() | st.booleans() | st.integers() | st.text(max_size=5), st.lists))
def test_names_of_producers_are_found_wherever_an_event_may_put_them(other: object) -> None:
    assert named_in({"producer_id": str(ANA), "producer_ids": [str(BO), None], "reason": other}) == [ANA, BO]
    assert named_in({"producer_id": None, "was": {"producer_id": str(ANA)}}) == []


@pytest.mark.parametrize(("after", "kept"), [(4, False), (5, True), (9, True), (10, False)])
def test_an_id_before_what_is_kept_or_beyond_what_there_is_means_loading_anew(after: int, *, kept: bool) -> None:
    """DOMAIN T73: replay from the last seen id, or a clear "too old, reload"."""
    if kept:
        require_kept(after, floor=5, last=9)
        return
    with pytest.raises(TooOld) as refused:
        require_kept(after, floor=5, last=9)
    assert (refused.value.status, refused.value.code) == (410, "too_old")


def test_a_frame_is_read() -> None:
    frame = read_frame('{"type": "subscribe", "channel": "leads", "after": 4, "op": "a"}')
    assert (frame.ask, frame.channel, frame.after, frame.op) == (Ask.SUBSCRIBE, "leads", 4, "a")
    assert frame.digest != read_frame('{"type": "subscribe", "channel": "leads", "op": "a"}').digest


@pytest.mark.parametrize(
    "text",
    [
        "", "[]", "{", "[" * 4000, '{"type": 1}', '{"type": "shout"}', '{"type": "subscribe"}', '{"type": ["ping"]}',
        '{"type": "subscribe", "channel": "leads", "after": -1}', '{"type": "subscribe", "channel": "leads", "after": true}',
        '{"type": "subscribe", "channel": 3}', '{"type": "ping", "op": ""}', '{"type": "ping", "extra": 1}',
        '{"type": "subscribe", "channel": "leads", "after": 1e3}',
    ],
)  # fmt: skip
def test_a_frame_that_is_none_is_refused_with_what_to_do(text: str) -> None:
    with pytest.raises(Invalid) as refused:
        read_frame(text)
    assert refused.value.fields[0].remedy


def test_only_a_spelled_ticket_has_a_hash() -> None:
    assert hash_of("lwt_" + "a" * 43) is not None
    for wrong in ("", "a" * 47, "lwt_", "lwt_" + "a" * 44, "lwt_" + "!" * 43):
        assert hash_of(wrong) is None
