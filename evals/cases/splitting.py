"""Which cases may be looked at while choosing, and which are kept to confirm with."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import replace

from evals.cases.faults import Faults
from evals.records import Case, Split

HOLDOUT_SHARE = 0.3


def split_units(
    cases: Sequence[tuple[Case, Split | None]], holdout: float, faults: Faults
) -> list[tuple[Case, Split | None]]:
    """Each case with its split: the one given for any case of its unit, else by the unit's hash. So a unit is never on both
    sides, and stays where it is when other cases come and go. Two different splits within a unit are a fault.
    """
    given: dict[str, tuple[Split, Case]] = {}
    for case, split in cases:
        if split is None:
            continue
        other, first = given.setdefault(case.unit, (split, case))
        if other is not split:
            faults.add(
                case.line, "split", f"is {split}, and {other} for the same group in line {first.line}",
                "keep a group on one side", case.group,
            )  # fmt: skip
    return [
        (replace(case, split=given[case.unit][0] if case.unit in given else drawn(case.unit, holdout)), split)
        for case, split in cases
    ]


def drawn(unit: str, holdout: float) -> Split:
    """The split of a unit: its place in [0, 1), from SHA-256, lies below ``holdout`` or not."""
    place = int(hashlib.sha256(f"split\x1f{unit}".encode()).hexdigest()[:13], 16) / 16**13
    return Split.HOLDOUT if place < holdout else Split.DEV
