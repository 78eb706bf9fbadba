"""The committed description of the API: ``python -m api.openapi`` writes it anew; a test compares."""

from __future__ import annotations

import json
from pathlib import Path

from api.app import Door

FILE = Path(__file__).with_name("openapi.json")


def described() -> str:
    """The description as the file holds it."""
    return json.dumps(Door().openapi(), indent=1, sort_keys=True, ensure_ascii=False) + "\n"


if __name__ == "__main__":
    FILE.write_text(described(), encoding="utf-8")
