"""How far a run is, said on stderr: lines where there is no terminal, a live line where there is one."""

from __future__ import annotations

from decimal import Decimal
from io import StringIO

import pytest
from rich.console import Console

from evals.runs.progress import shown


@pytest.mark.parametrize("terminal", [True, False])
def test_places_failures_and_dollars_are_said(terminal: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.stderr.isatty", lambda: terminal)
    console = Console(file=StringIO(), force_terminal=terminal, width=120)
    with shown(console) as progress:
        progress.begin(10, 2)
        progress.advance(7, 1, Decimal("0.25"))
        progress.advance(1, 0, Decimal("0.30"))
    said = console.file.getvalue()  # type: ignore[attr-defined]
    assert ("10/10" if terminal else "10 of 10 answers") in said
    assert "1 failed, $0.3" in said
