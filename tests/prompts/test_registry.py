"""Which version is live for whom, and that a live version is what was released."""

from __future__ import annotations

from collections import Counter
from decimal import Decimal
from pathlib import Path
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kernel.errors import Conflict, Invalid, NotFound
from prompts.registry import Library, choose, read_frozen, read_shares
from prompts.release import new_version, release
from tests.prompts.conftest import GOOD


def _second(folder: Path, shares: str) -> Library:
    (folder / "greeter" / "v2.md").write_text(GOOD.replace("version: 1", "version: 2"))
    for version in (1, 2):
        release(Library(folder), "greeter", version)
    (folder / "active.toml").write_text(f"[greeter]\n{shares}\n")
    return Library(folder)


def test_shares_are_kept_over_many_units() -> None:
    shares = {1: Decimal("0.9"), 2: Decimal("0.1")}
    seen = Counter(choose("classifier", shares, f"lead-{number}") for number in range(10_000))
    assert 850 < seen[2] < 1150


@given(st.uuids(), st.integers(1, 9), st.integers(1, 9))
def test_growing_share_takes_units_from_the_other_version_only(unit: UUID, small: int, large: int) -> None:
    small, large = sorted((small, large))
    before = {1: 1 - Decimal(small) / 10, 2: Decimal(small) / 10}
    after = {1: 1 - Decimal(large) / 10, 2: Decimal(large) / 10}
    if choose("classifier", before, str(unit)) == 2:
        assert choose("classifier", after, str(unit)) == 2


def test_choice_never_moves() -> None:
    half = {1: Decimal("0.5"), 2: Decimal("0.5")}
    assert [choose("classifier", half, f"lead-{number}") for number in range(8)] == [1, 2, 2, 1, 2, 2, 1, 1]
    assert [choose("scorer", half, f"lead-{number}") for number in range(8)] == [1, 1, 1, 2, 2, 1, 2, 2]


def test_unit_sees_one_version_and_no_unit_the_larger_share(folder: Path) -> None:
    library = _second(folder, "v1 = 0.25\nv2 = 0.75")
    assert library.load("greeter").version == 2
    assert {library.load("greeter", unit=f"lead-{number}").version for number in range(50)} == {1, 2}
    assert len({library.load("greeter", unit=UUID(int=7)).version for _ in range(5)}) == 1
    assert library.load("greeter", version=1, unit="lead-1").version == 1


def test_live_version_must_be_released(folder: Path) -> None:
    with pytest.raises(Conflict, match="leadwright prompt release greeter 1"):
        Library(folder).load("greeter")
    assert Library(folder).load("greeter", version=1).version == 1
    release(Library(folder), "greeter", 1)
    assert Library(folder).load("greeter").version == 1


@pytest.mark.parametrize("name", ["greeter/v1.md", "partials/rule_v1.md"])
def test_change_after_release_is_refused(folder: Path, name: str) -> None:
    release(Library(folder), "greeter", 1)
    with (folder / name).open("a") as file:
        file.write("One more word.\n")
    with pytest.raises(Conflict, match="changed after its release"):
        Library(folder).load("greeter")
    with pytest.raises(Conflict, match="changed after its release"):
        release(Library(folder), "greeter", 1)


def test_unknown_agent_and_version_name_those_there_are(folder: Path) -> None:
    library = Library(folder)
    with pytest.raises(NotFound, match="there are greeter"):
        library.load("gretter")
    with pytest.raises(NotFound, match="no version 3; there are v1"):
        library.load("greeter", 3)
    with pytest.raises(NotFound):
        library.load("partials")
    (folder / "active.toml").write_text("")
    with pytest.raises(NotFound, match="no live version"):
        Library(folder).load("greeter")


@pytest.mark.parametrize(
    ("source", "words"),
    [
        ("[a]\nv1 = 0.9\nv2 = 0.2", "add up to 1"), ("[a]\n", "add up to 1"), ("[a]\nv1 = 0\nv2 = 1.0", "is no share"),
        ("[a]\nv1 = true", "is no share"), ("[a]\none = 1.0", "is no share"), ("[a]\nv1 = '1'", "is no share"),
        ("a = 1", "is no table"),
        ("[a]\nv1 = -1.0\nv2 = 2.0", "is no share"), ("[a]\nv1 = nan", "is no share"), ("[a]\nv01 = 1.0", "is no share"),
    ],
)  # fmt: skip
def test_faulty_shares_are_refused(source: str, words: str) -> None:
    with pytest.raises(Invalid) as caught:
        read_shares(source)
    assert any(words in fault.message for fault in caught.value.fields)


def test_shares_are_exact() -> None:
    assert read_shares("[a]\nv1 = 0.7\nv2 = 0.2\nv3 = 0.1") == {
        "a": {1: Decimal("0.7"), 2: Decimal("0.2"), 3: Decimal("0.1")}
    }
    with pytest.raises(Invalid, match="is no TOML"):
        read_shares("[a")


@pytest.mark.parametrize(
    "line", ["abc  a/v1.md", f"{'0' * 64} a/v1.md", f"{'0' * 64}  a/v0.md", f"{'0' * 64}  a/v1.md\n{'1' * 64}  a/v1.md"]
)
def test_faulty_frozen_file_is_refused(line: str) -> None:
    with pytest.raises(Invalid, match="frozen"):
        read_frozen(f"# head\n{line}\n")


def test_release_appends_and_never_rewrites(folder: Path) -> None:
    release(Library(folder), "greeter", 1)
    first = (folder / "frozen.sha256").read_text()
    with pytest.raises(Conflict, match="released already"):
        release(Library(folder), "greeter", 1)
    assert (folder / "frozen.sha256").read_text() == first
    new_version(Library(folder), "greeter", why="To try.", changed=Library(folder).load("greeter", 1).changed)
    (folder / "frozen.sha256").write_text(first.rstrip("\n"))
    done = release(Library(folder), "greeter", 2)
    assert (folder / "frozen.sha256").read_text() == f"{first}{done.hash}  greeter/v2.md\n"


def test_faulty_version_is_not_released(folder: Path) -> None:
    (folder / "greeter" / "v1.md").write_text(GOOD.replace("labels:", "lables:"))
    with pytest.raises(Invalid):
        release(Library(folder), "greeter", 1)
    assert Library(folder).frozen == {}


def test_new_version_differs_in_its_front_matter_only(folder: Path) -> None:
    long = "why: >\n  To have\n\n  one.\n"
    (folder / "greeter" / "v1.md").write_text(GOOD.replace("why: To have one.\n", long))
    day = Library(folder).load("greeter", 1).changed.replace(year=2027)
    path = new_version(Library(folder), "greeter", why='Says "labels": fewer words', changed=day)
    assert path.name == "v2.md"
    made, first = Library(folder).load("greeter", 2), Library(folder).load("greeter", 1)
    assert (made.version, made.why, made.changed) == (2, 'Says "labels": fewer words', day)
    assert path.read_text().split("---")[2] == GOOD.split("---")[2]
    assert (made.inputs, made.settings, made.output) == (first.inputs, first.settings, first.output)
    with pytest.raises(Invalid):
        new_version(Library(folder), "greeter", why=" ", changed=day)


def test_listing_shows_faulty_files_with_their_problem(folder: Path) -> None:
    (folder / "greeter" / "v2.md").write_text("no front matter")
    (folder / "greeter" / "notes.md").write_text("not a prompt")
    rows = Library(folder).listed()
    assert [(row.version, row.share, row.released, row.problem is None) for row in rows] == [
        (1, Decimal("1.0"), False, True), (2, None, False, False),
    ]  # fmt: skip
    assert "front matter is missing" in str(rows[1].problem)


def test_missing_folder_file_is_named(folder: Path) -> None:
    (folder / "active.toml").unlink()
    with pytest.raises(NotFound, match=r"active\.toml"):
        Library(folder)
