"""The committed page of the life cycle: ``python -m services.policies.life_cycle_page`` writes it anew; a test compares."""

from __future__ import annotations

from pathlib import Path

from domain.policies.lifecycle import page

FILE = Path(__file__).resolve().parents[2] / "docs" / "policy-life-cycle.md"

if __name__ == "__main__":
    FILE.write_text(page(), encoding="utf-8")
