"""An agency's weights by line and tier of lead: the most specific row counts."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from domain.lines import Line, Tier
from domain.routing.rules.reading import Faults
from domain.routing.weights import DEFAULT_WEIGHTS, Weights
from kernel.errors import FieldError, Invalid

Row = tuple[Line | None, Tier | None]
_SHIPPED = "shipped"


@dataclass(frozen=True)
class WeightTable:
    """Rows by line and tier; None is any."""

    rows: Mapping[Row, Weights] = field(default_factory=dict)

    def for_lead(self, line: Line, tier: Tier | None) -> tuple[Weights, str]:
        """The weights for such a lead, and which row they are: ``auto/hot``, ``auto``, ``hot``, ``agency``, or ``shipped``."""
        for row in ((line, tier), (line, None), (None, tier), (None, None)):
            if row in self.rows:
                return self.rows[row], "/".join(part.value for part in row if part is not None) or "agency"
        return DEFAULT_WEIGHTS, _SHIPPED

    def as_dict(self) -> dict[str, Any]:
        """JSON types; round trip through :meth:`from_dict` is exact."""
        rows = sorted(self.rows.items(), key=lambda pair: [part.value if part else "" for part in pair[0]])
        return {
            "rows": [
                {"line": line and line.value, "tier": tier and tier.value, "weights": weights.as_dict()}
                for (line, tier), weights in rows
            ]
        }

    @classmethod
    def from_dict(cls, given: object) -> WeightTable:
        """From ``{"rows": [{"line": "auto", "tier": "hot", "weights": {...}}]}``; without line or tier a row is for any.

        Raises :class:`~kernel.errors.Invalid` that names every fault by its place.
        """
        faults = Faults()
        listed = given.get("rows") if isinstance(given, Mapping) and set(given) == {"rows"} else None
        if not isinstance(listed, list):
            faults.add(
                "rows", "malformed", "is no table of weights", "give rows: a list of {line, tier, weights}", given
            )
            faults.raise_any("the weights cannot be read")
            return cls()
        rows: dict[Row, Weights] = {}
        for number, one in enumerate(listed):
            at = f"rows[{number}]"
            if (
                not isinstance(one, Mapping)
                or set(one) - {"line", "tier", "weights"}
                or not isinstance(one.get("weights"), Mapping)
            ):
                faults.add(at, "malformed", "is no row", "give weights, and line or tier or both or neither", one)
                continue
            line, tier = (
                _word(f"{at}.line", one.get("line"), Line, faults),
                _word(f"{at}.tier", one.get("tier"), Tier, faults),
            )
            try:
                weights = Weights.of(one["weights"])
            except Invalid as problem:
                faults.found += [_placed(at, fault) for fault in problem.fields]
                continue
            if (line, tier) in rows:
                faults.add(
                    at, "repeated", "is for the same leads as a row before it", "keep one of the two", (line, tier)
                )
            rows[line, tier] = weights
        faults.raise_any("the weights cannot be read")
        return cls(rows)


def _word(at: str, given: object, kind: Any, faults: Faults) -> Any:
    if given is None:
        return None
    if given not in set(kind) or given == "unknown":
        faults.add(at, "unknown_value", "is not possible here", f"use one of {', '.join(kind)}, or leave it out", given)
        return None
    return kind(given)


def _placed(at: str, fault: FieldError) -> FieldError:
    return FieldError(f"{at}.{fault.field}", fault.code, fault.message, fault.remedy, fault.value)
