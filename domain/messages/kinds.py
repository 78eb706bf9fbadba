"""What is said to whom, why, and by which ways: the catalogue of messages."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from types import MappingProxyType


class Channel(StrEnum):
    """A way to a person."""

    EMAIL = "email"
    SMS = "sms"
    PUSH = "push"


class Purpose(StrEnum):
    """Why: what the person's own doing calls for, to sell something, or a producer's work."""

    TRANSACTIONAL = "transactional"
    MARKETING = "marketing"
    OPERATIONAL = "operational"


class Audience(StrEnum):
    """Whom: the person of a lead, or somebody who works it."""

    CONSUMER = "consumer"
    PRODUCER = "producer"


@dataclass(frozen=True, slots=True)
class Kind:
    """One kind of message. ``channels`` are those it may take, best first, ``sample`` names its variables and fills a preview.

    ``asked_for``: the person's own request or revocation is answered, so consent is not asked again. ``within``: sent no later
    than that after it was queued, or not at all. ``urgent``: a producer's quiet hours do not hold it.
    """

    name: str
    audience: Audience
    purpose: Purpose
    channels: tuple[Channel, ...]
    sample: Mapping[str, str]
    asked_for: bool = False
    urgent: bool = False
    within: timedelta | None = None

    @property
    def variables(self) -> frozenset[str]:
        """What its words may name."""
        return frozenset(self.sample)


OPT_IN = "opt_in"
REVOCATION = "revocation"
_OFFER_WAYS = (Channel.PUSH, Channel.SMS, Channel.EMAIL)
_WORK = {"agency": "Acme Insurance", "producer": "Dana Reyes", "line": "auto", "state": "TX", "tier": "hot",
         "link": "https://leads.example.com/leads/0190"}  # fmt: skip
_PERSON = {"agency": "Acme Insurance", "name": "Ana Ruiz"}


def _work(name: str, *, urgent: bool = False, **more: str) -> Kind:
    sample = MappingProxyType({**_WORK, **more})
    return Kind(name, Audience.PRODUCER, Purpose.OPERATIONAL, _OFFER_WAYS, sample, urgent=urgent)


KINDS: Mapping[str, Kind] = MappingProxyType({
    kind.name: kind
    for kind in (
        Kind(
            OPT_IN, Audience.CONSUMER, Purpose.TRANSACTIONAL, (Channel.EMAIL,),
            MappingProxyType({
                "agency": "Acme Insurance", "link": "https://leads.example.com/confirm/0190", "until": "2026-03-01 12:00",
            }), asked_for=True,
        ),
        # 47 CFR 64.1200(a)(12): one confirmation, within five minutes, that sells nothing (DOMAIN T16)
        Kind(
            REVOCATION, Audience.CONSUMER, Purpose.TRANSACTIONAL, (Channel.SMS, Channel.EMAIL),
            MappingProxyType({"agency": "Acme Insurance"}), asked_for=True, within=timedelta(minutes=5),
        ),
        Kind(
            "follow_up", Audience.CONSUMER, Purpose.TRANSACTIONAL, (Channel.EMAIL, Channel.SMS),
            MappingProxyType({**_PERSON, "producer": "Dana Reyes", "when": "2026-03-02 10:30 CST"}),
        ),
        Kind(
            "news", Audience.CONSUMER, Purpose.MARKETING, (Channel.EMAIL, Channel.SMS),
            MappingProxyType({**_PERSON, "words": "Rates for home insurance have changed.", "stop": "https://leads.example.com/stop"}),
        ),
        # A producer's own words to the person of a lead: meant to sell, so bound as marketing is.
        Kind(
            "personal", Audience.CONSUMER, Purpose.MARKETING, (Channel.EMAIL, Channel.SMS),
            MappingProxyType({"agency": "Acme Insurance", "producer": "Dana Reyes", "words": "Here is the list you asked for."}),
        ),
        _work("follow_up_due"),
        _work("referral_waits"),
        _work("lead_offered", urgent=True, until="10:45"),
        _work("offer_expiring", urgent=True, until="10:45"),
        _work("lead_assigned"),
        _work("lead_escalated", urgent=True, reason="nobody accepted it"),
    )
})  # fmt: skip
