"""``leadwright network``, as a person types it."""

from __future__ import annotations

import json

from tests.builders import a_producer, an_agency
from tests.cli.terminal import Terminal

EDGES = "source,target\nA,B\nA,C\nB,D\nC,D\nD,E\nE,F\n"
TRUTH = {"A": (4, {"1": 2, "2": 1, "3": 1}), "D": (5, {"1": 3, "2": 2, "3": 0}), "F": (4, {"1": 1, "2": 1, "3": 2})}


def test_an_edge_file_is_imported_and_reach_is_counted(served: Terminal) -> None:
    """DOMAIN T30: D stands two steps from A on two ways and counts once."""
    served.run("agency", "load", served.write("ring.json", json.dumps(an_agency("ring", [a_producer("A")]))))
    edges, here = served.write("edges.csv", EDGES), ("--agency", "ring")
    first = json.loads(served.run("network", "import", edges, "--json", *here).out)
    assert (first["edges"], first["producers"], first["made"], first["connected"]) == (6, 6, 5, 6)
    again = json.loads(served.run("network", "import", edges, "--json", *here).out)
    assert (again["made"], again["connected"], again["ended"]) == (0, 0, 0)
    nodes = served.write("nodes.csv", "node,exactly_1_step\nD,3\nF,1\n")
    done = served.run("network", "reach", "A", "--nodes", nodes, "--degrees", "3", "--json", *here)
    found = {one["external_id"]: (one["reach"], one["by_degree"]) for one in map(json.loads, done.out.splitlines())}
    assert found == TRUTH, done.err
    scores = json.loads(served.run("network", "score", "A", "--json", *here).out)
    assert (scores["score"], scores["tier"], scores["connected"]) == ("0.50", "bronze", 2)
    assert "bronze" in served.run("network", "score", "A", *here).out
    assert json.loads(served.run("network", "value", "A", "--json", *here).out)["items"] == []
    fewer = json.loads(served.run("network", "import", served.write("few.csv", "from,to\nA,F\n"), "--json", *here).out)
    assert (fewer["connected"], fewer["ended"]) == (1, 6)
    assert "1 pairs" in served.run("network", "import", served.write("few.csv", "from,to\nA,F\n"), *here).out


def test_what_is_wrong_is_named(served: Terminal) -> None:
    done = served.run("network", "import", served.write("bad.csv", "a,b\n1,2\n"))
    assert done.code == 1
    assert "source and target" in done.err
    assert served.run("network", "reach").code == 2
    assert served.run("network", "reach", "--nodes", served.write("n.csv", "x\n1\n")).code == 2
    missing = served.run("network", "reach", "nobody-here")
    assert (missing.code, "nobody-here" in missing.err) == (1, True)
