"""The query files say what they take and never look past one agency."""

import re
from pathlib import Path

import pytest

import store.graph.driver
from store.graph.driver import cypher

FOLDER = Path(store.graph.driver.__file__).with_name("cypher")
QUERIES = sorted(path.stem for path in FOLDER.glob("*.cypher"))
SCHEMA = sorted(path.stem for path in (FOLDER / "schema").glob("*.cypher"))


@pytest.mark.parametrize("name", [name for name in QUERIES if name != "ping"])
def test_a_query_filters_by_agency(name: str) -> None:
    body = "\n".join(line for line in cypher(name).splitlines() if not line.startswith("//"))
    for node in re.findall(r"\((?:\w+)?:(Agency|Producer)\s*({[^}]*})?", body):
        assert "$agency_id" in node[1]


@pytest.mark.parametrize("name", QUERIES)
def test_the_first_comment_lists_the_parameters_that_the_query_uses(name: str) -> None:
    first, second = cypher(name).splitlines()[:2]
    stated = re.sub(r"\[.*?\]", "", first.removeprefix("// parameters:")).replace("none", "")
    assert {word.strip() for word in stated.split(",") if word.strip()} == set(re.findall(r"\$(\w+)", cypher(name)))
    assert second.startswith("// columns:")


@pytest.mark.parametrize("name", SCHEMA)
def test_the_schema_can_be_made_twice_and_is_named_after_its_file(name: str) -> None:
    assert re.search(rf"CREATE (CONSTRAINT|INDEX) {name} IF NOT EXISTS", cypher(f"schema/{name}"))
