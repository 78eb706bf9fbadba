"""What an agency agreed with a source of leads, as one typed value."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from types import MappingProxyType
from typing import Any
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo, available_timezones

from domain.geo import STATES
from domain.lines import Line
from domain.sources.windows import WindowKind
from kernel.errors import FieldError, Invalid
from kernel.money import Money

_SLUG = re.compile(r"[a-z0-9](?:[a-z0-9-]{0,58}[a-z0-9])?")
_REASON = re.compile(r"[a-z][a-z0-9_]{0,59}")


class SourceKind(StrEnum):
    """The one door that a source may use beside the API: ``API`` and ``FILE`` have no public door of their own."""

    API = "api"
    WEBHOOK = "webhook"
    FORM = "form"
    PING_POST = "ping_post"
    FILE = "file"
    CHAT = "chat"


@dataclass(frozen=True, slots=True)
class ReturnPolicy:
    """Days after its arrival in which a lead may be given back, and for which reasons; 0 days allow none."""

    days: int = 0
    reasons: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class SourceSettings:
    """A source. Empty ``states`` or ``lines`` restrict nothing; an empty ``sellers`` accepts any consent.

    ``mapping`` leads from the source's field names (dotted paths in JSON) to ours (``domain.leads.reading.FIELDS``).
    ``caps`` are the most leads of each window, in the zone ``zone``. ``duplicate_days`` refuses a person whom the agency has
    had for the same line within so many days; a line's own number goes before the common one, None leaves it to the pipeline.
    ``redirects`` are the only addresses to which a form may send its visitor on. ``origins`` are the web origins whose pages may
    hold its chat; ``consent_texts`` are the words of a consent in languages other than that of ``consent_text``.
    """

    slug: str
    name: str
    kind: SourceKind
    active: bool = True
    test: bool = False
    mapping: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))
    caps: Mapping[WindowKind, int] = field(default_factory=lambda: MappingProxyType({}))
    zone: str = "America/New_York"
    price: Money | None = None
    states: frozenset[str] = frozenset()
    lines: frozenset[Line] = frozenset()
    duplicate_days: int | None = None
    duplicate_days_by_line: Mapping[Line, int] = field(default_factory=lambda: MappingProxyType({}))
    returns: ReturnPolicy = ReturnPolicy()
    wants_certificate: bool = False
    double_opt_in: bool = False
    sellers: tuple[str, ...] = ()
    consent_text: str | None = None
    consent_texts: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))
    origins: tuple[str, ...] = ()
    redirects: tuple[str, ...] = ()
    honeypot: str = "website"

    @property
    def time_zone(self) -> ZoneInfo:
        """The zone in which windows and days are counted."""
        return ZoneInfo(self.zone)

    def as_dict(self) -> dict[str, Any]:
        """JSON-ready, in a stable order."""
        return {
            "slug": self.slug, "name": self.name, "kind": self.kind.value, "active": self.active, "test": self.test,
            "mapping": dict(self.mapping), "caps": {kind.value: limit for kind, limit in self.caps.items()},
            "zone": self.zone,
            "price": {"minor": self.price.minor, "currency": self.price.currency} if self.price else None,
            "states": sorted(self.states), "lines": sorted(line.value for line in self.lines),
            "duplicate_days": self.duplicate_days,
            "duplicate_days_by_line": {line.value: days for line, days in self.duplicate_days_by_line.items()},
            "returns": {"days": self.returns.days, "reasons": sorted(self.returns.reasons)},
            "wants_certificate": self.wants_certificate, "double_opt_in": self.double_opt_in,
            "sellers": list(self.sellers), "consent_text": self.consent_text, "redirects": list(self.redirects),
            "consent_texts": dict(self.consent_texts), "origins": list(self.origins), "honeypot": self.honeypot,
        }  # fmt: skip

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> SourceSettings:
        """Out of :meth:`as_dict`'s form; parts left out have their defaults. Values must have the right JSON types."""
        price, returns = data.get("price"), data.get("returns") or {}
        plain = (
            "slug", "name", "active", "test", "zone", "duplicate_days", "wants_certificate", "double_opt_in",
            "consent_text", "honeypot",
        )  # fmt: skip
        return cls(
            **{name: data[name] for name in plain if name in data},
            kind=SourceKind(data["kind"]),
            mapping=MappingProxyType(dict(data.get("mapping") or {})),
            caps=MappingProxyType({WindowKind(kind): limit for kind, limit in (data.get("caps") or {}).items()}),
            price=Money(price["minor"], price["currency"]) if price else None,
            states=frozenset(data.get("states") or ()),
            lines=frozenset(Line(line) for line in data.get("lines") or ()),
            duplicate_days_by_line=MappingProxyType(
                {Line(line): days for line, days in (data.get("duplicate_days_by_line") or {}).items()}
            ),
            returns=ReturnPolicy(returns.get("days", 0), frozenset(returns.get("reasons") or ())),
            sellers=tuple(data.get("sellers") or ()),
            redirects=tuple(data.get("redirects") or ()),
            consent_texts=MappingProxyType(dict(data.get("consent_texts") or {})),
            origins=tuple(data.get("origins") or ()),
        )


def check(settings: SourceSettings, fields: frozenset[str]) -> None:
    """Raise Invalid with an entry for each setting that cannot hold. ``fields`` are the canonical names a mapping may use."""
    faults = [fault for fault in _faults(settings, fields) if fault is not None]
    if faults:
        raise Invalid("the source's settings cannot be accepted", fields=tuple(faults))


def _faults(one: SourceSettings, fields: frozenset[str]) -> list[FieldError | None]:
    found: list[FieldError | None] = [
        _unless(_SLUG.fullmatch(one.slug), "slug", "use a-z, 0-9 and hyphens inside, at most 60 characters", one.slug),
        _unless(one.name.strip(), "name", "give the source a name", one.name),
        _unless(one.zone in available_timezones(), "zone", "use an IANA name such as America/Chicago", one.zone),
        _unless(one.returns.days == 0 or one.returns.reasons, "returns.reasons", "name the reasons that count", None),
        _unless(not one.price or one.price.minor >= 0, "price.minor", "send 0 or more minor units", None),
        _unless(
            not one.double_opt_in or one.kind in {SourceKind.FORM, SourceKind.WEBHOOK}, "double_opt_in",
            "only forms and webhooks can wait for a person's word; leave it out", one.kind.value,
        ),
    ]  # fmt: skip
    found += [
        _unless(ours in fields, f"mapping.{theirs}", "use a canonical field of docs/howto/source.md", ours)
        for theirs, ours in one.mapping.items()
    ]
    found += [
        _unless(limit >= 0, f"caps.{kind.value}", "send 0 or more leads", str(limit))
        for kind, limit in one.caps.items()
    ]
    found += [
        _unless(state in STATES, "states", "use two capital letters of a US state", state)
        for state in sorted(one.states)
    ]
    found += [_unless(line is not Line.UNKNOWN, "lines", "name a line", line.value) for line in one.lines]
    found += [
        _unless(_REASON.fullmatch(reason), "returns.reasons", "use a word such as wrong_number", reason)
        for reason in sorted(one.returns.reasons)
    ]
    found += [_unless(_is_web_address(url), "redirects", "use an https:// address", url) for url in one.redirects]
    return found


def _is_web_address(url: str) -> bool:
    try:
        parts = urlsplit(url)
    except ValueError:
        return False
    return parts.scheme == "https" and bool(parts.hostname) and "@" not in parts.netloc


def _unless(holds: object, name: str, remedy: str, value: str | None) -> FieldError | None:
    return None if holds else FieldError(name, "not_usable", "cannot be used", remedy, value and value[:80])
