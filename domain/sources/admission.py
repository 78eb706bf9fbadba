"""May this lead come in from this source? One function for every door; what is not known is not permitted."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from domain.lines import Line
from domain.sources.settings import SourceSettings
from domain.sources.windows import WindowKind, window_at
from kernel.money import Money


class Refusal(StrEnum):
    """Why not; a code never changes once released."""

    INACTIVE = "source_inactive"
    STATE_UNKNOWN = "state_unknown"
    STATE_UNCLEAR = "state_unclear"
    STATE_NOT_WANTED = "state_not_wanted"
    LINE_UNKNOWN = "line_unknown"
    LINE_NOT_WANTED = "line_not_wanted"
    NO_CERTIFICATE = "certificate_missing"
    BAD_CERTIFICATE = "certificate_not_usable"
    NO_CONSENT = "consent_missing"
    SELLER_NOT_NAMED = "seller_not_named"
    NO_EMAIL = "email_missing"
    DUPLICATE = "duplicate"
    CAP_REACHED = "cap_reached"


@dataclass(frozen=True, slots=True)
class Candidate:
    """What admission looks at. ``states`` holds every state in which the risk may lie. A ping is not ``identified``, and
    then nothing is asked about the person. ``certificate_usable`` is one at an official host. ``sellers`` are those named in
    the person's consent, None without a consent.
    """

    states: frozenset[str] = frozenset()
    lines: frozenset[Line] = frozenset()
    identified: bool = True
    has_email: bool = False
    has_certificate: bool = False
    certificate_usable: bool = False
    sellers: tuple[str, ...] | None = None
    duplicate: bool = False


@dataclass(frozen=True, slots=True)
class CapUse:
    """One cap at one instant: how much of it is used, and when it begins anew."""

    kind: WindowKind
    limit: int
    used: int
    starts_at: datetime
    resets_at: datetime

    @property
    def left(self) -> int:
        """Leads that still fit."""
        return max(0, self.limit - self.used)


@dataclass(frozen=True, slots=True)
class Verdict:
    """The answer: ``code`` None accepts, for ``price`` where one was agreed; otherwise ``words`` say why not."""

    code: Refusal | None
    words: str
    price: Money | None = None

    @property
    def accepted(self) -> bool:
        """Whether the lead may come in."""
        return self.code is None


def cap_uses(
    settings: SourceSettings, at: datetime, counted: Mapping[tuple[WindowKind, datetime], int]
) -> list[CapUse]:
    """Every cap of the source at ``at``, shortest window first; ``counted`` is leads taken by (kind, start of window)."""
    uses = []
    for kind in WindowKind:
        if kind in settings.caps:
            window = window_at(kind, at, settings.time_zone)
            used = counted.get((kind, window.starts_at), 0)
            uses.append(CapUse(kind, settings.caps[kind], used, window.starts_at, window.ends_at))
    return uses


def admit(settings: SourceSettings, lead: Candidate, uses: Iterable[CapUse] = ()) -> Verdict:
    """Accept or refuse. Caps are asked last, so that a refusal for another reason takes nothing of them."""
    for refused in (_active(settings), _state(settings, lead), _line(settings, lead), _person(settings, lead)):
        if refused is not None:
            return refused
    if not settings.test:
        for use in uses:
            if use.left == 0:
                return cap_reached(settings, use)
    return Verdict(None, "accepted", None if settings.test else settings.price)


def cap_reached(settings: SourceSettings, use: CapUse) -> Verdict:
    """The refusal by one cap, with the moment at which it begins anew on the source's own clock."""
    again = use.resets_at.astimezone(settings.time_zone).isoformat()
    return Verdict(
        Refusal.CAP_REACHED, f"the {use.limit} leads of this {use.kind.value} have come; send more from {again} on"
    )


def _active(settings: SourceSettings) -> Verdict | None:
    return None if settings.active else Verdict(Refusal.INACTIVE, "the source is switched off")


def _state(settings: SourceSettings, lead: Candidate) -> Verdict | None:
    if not settings.states:
        return None
    wanted = ", ".join(sorted(settings.states))
    if not lead.states:
        return Verdict(Refusal.STATE_UNKNOWN, f"no state is given or follows from the ZIP; this source is for {wanted}")
    if lead.states <= settings.states:
        return None
    if lead.states & settings.states:
        said = ", ".join(sorted(lead.states))
        return Verdict(Refusal.STATE_UNCLEAR, f"the state could be any of {said}; this source is for {wanted}")
    return Verdict(Refusal.STATE_NOT_WANTED, f"this source is for {wanted}")


def _line(settings: SourceSettings, lead: Candidate) -> Verdict | None:
    if not settings.lines:
        return None
    wanted = ", ".join(sorted(settings.lines))
    known = lead.lines - {Line.UNKNOWN}
    if not known:
        return Verdict(Refusal.LINE_UNKNOWN, f"no line of insurance is named; this source is for {wanted}")
    return None if known & settings.lines else Verdict(Refusal.LINE_NOT_WANTED, f"this source is for {wanted}")


def _person(settings: SourceSettings, lead: Candidate) -> Verdict | None:
    if not lead.identified:
        return None
    refused = _certificate(settings, lead) or _sellers(settings, lead)
    if refused is None and settings.double_opt_in and not lead.has_email:
        return Verdict(Refusal.NO_EMAIL, "this source asks each person to confirm by e-mail, and no address is given")
    if refused is None and lead.duplicate:
        return Verdict(Refusal.DUPLICATE, "the person has asked for the same lately")
    return refused


def _certificate(settings: SourceSettings, lead: Candidate) -> Verdict | None:
    if not settings.wants_certificate or lead.certificate_usable:
        return None
    if lead.has_certificate:
        return Verdict(Refusal.BAD_CERTIFICATE, "the consent certificate does not lie at an official host")
    return Verdict(Refusal.NO_CERTIFICATE, "this source needs a consent certificate's address with each lead")


def _sellers(settings: SourceSettings, lead: Candidate) -> Verdict | None:
    if not settings.sellers:
        return None
    if lead.sellers is None:
        return Verdict(Refusal.NO_CONSENT, "this source needs the person's consent with each lead")
    if {_folded(name) for name in lead.sellers} & {_folded(name) for name in settings.sellers}:
        return None
    return Verdict(Refusal.SELLER_NOT_NAMED, "the consent names none of the sellers agreed with this source")


def _folded(name: str) -> str:
    return " ".join(name.casefold().split())
