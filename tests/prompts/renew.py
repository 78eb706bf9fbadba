"""``python -m tests.prompts.renew``: write the snapshots of every live prompt anew, for review as a diff."""

from __future__ import annotations

import sys

from cli.commands.prompt import sample
from prompts.registry import library
from tests.prompts.test_snapshots import SNAPSHOTS, live, snapshot


def main() -> None:
    """Write every snapshot and remove those of versions that are not live."""
    wanted = {snapshot(*one): sample(library().load(*one)) for one in live()}
    for path in set(SNAPSHOTS.iterdir()) - set(wanted):
        path.unlink()
    for path, text in wanted.items():
        path.write_text(text, encoding="utf-8")
        sys.stdout.write(f"{path.name}\n")


if __name__ == "__main__":
    main()
