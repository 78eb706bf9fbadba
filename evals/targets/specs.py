"""The words in which a variant is named: ``v2@gpt-4o-mini?temperature=0.3``, ``cascade/v2``, ``local``."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import product

from kernel.errors import FieldError, Invalid

_SPEC = re.compile(
    r"(?P<head>[a-z]+)?(?:/?(?P<version>v[1-9][0-9]{0,3}|live))?(?:@(?P<model>[^?\s]+))?(?:\?(?P<more>\S+))?"
)
_KNOWN = frozenset({"temperature"})


@dataclass(frozen=True, slots=True)
class Spec:
    """A variant's parts. ``version`` None is the live one; ``model`` and ``temperature`` None are as the settings say."""

    how: str = ""
    version: int | None = None
    model: str | None = None
    temperature: float | None = None


def read_spec(text: str, hows: Sequence[str]) -> Spec:
    """The parts of a spec. ``hows`` are the ways that a target can answer, none where it has but one. Raises Invalid."""
    match = _SPEC.fullmatch(text) if text else None
    how = (match["head"] or "") if match else ""
    if match is None or how not in (hows or ("", "live")):
        remedy = (
            f"write {', '.join(hows) or 'v1, v2 or live'}; add /v2, @model or ?temperature=0.3 where a model is asked"
        )
        raise _refused(text, "names no variant of this suite", remedy)
    version = match["version"]
    return Spec(
        how if hows else "", int(version[1:]) if version and version != "live" else None, match["model"],
        _temperature(text, match["more"]),
    )  # fmt: skip


def expand(heads: Sequence[str], models: Sequence[str], temperatures: Sequence[str]) -> tuple[str, ...]:
    """Every combination of prompts (or ways), models and temperatures, as specs."""
    return tuple(
        f"{head}{f'@{model}' if model else ''}{f'?temperature={temperature}' if temperature else ''}"
        for head, model, temperature in product(heads, models or ("",), temperatures or ("",))
    )


def _temperature(text: str, more: str | None) -> float | None:
    if more is None:
        return None
    pairs = [pair.partition("=") for pair in more.split("&")]
    unknown = [name for name, _, _ in pairs if name not in _KNOWN]
    if unknown or len(pairs) > 1:
        raise _refused(text, f"has a parameter {unknown[0] if unknown else 'twice'}", f"use {', '.join(_KNOWN)}")
    try:
        value = float(pairs[0][2])
    except ValueError:
        value = -1.0
    if not 0 <= value <= 2:  # noqa: PLR2004 - the range that models take
        raise _refused(text, "has a temperature that is no number from 0 to 2", "write ?temperature=0.3")
    return value


def _refused(text: str, message: str, remedy: str) -> Invalid:
    return Invalid("the variant cannot be run", fields=(FieldError("variant", "form", message, remedy, text[:80]),))
