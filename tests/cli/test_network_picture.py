"""A network's picture opens as what it says it is, with everybody where the layout put them."""

from __future__ import annotations

from decimal import Decimal
from itertools import combinations
from math import dist
from uuid import UUID
from xml.etree import ElementTree as ET

from cli.network_picture import svg
from domain.network.connections import Kind
from domain.network.layout import spots
from domain.network.reach import neighbours, reached
from domain.network.tiers import Tier
from services.network.schemas import EdgeView, GraphView, NodeView

SVG = "{http://www.w3.org/2000/svg}"


def a_view(name: str = "Ann") -> GraphView:
    """A centre between two offices of five."""
    me, people = UUID(int=99), [UUID(int=number) for number in range(10)]
    ties = [*combinations(people[:5], 2), *combinations(people[5:], 2), (me, people[0]), (me, people[5])]
    near = neighbours(ties)
    distance = reached(near, me)
    drawn = spots(near, me, distance)
    nodes = [
        NodeView(
            id=who, name=name, team_id=None, tier=Tier.GOLD, degree=distance.get(who, 0), x=drawn[who].x, y=drawn[who].y,
            community=drawn[who].community,
        )
        for who in [me, *people]
    ]  # fmt: skip
    edges = [EdgeView(source=a, target=b, strength=Decimal("0.5"), kinds=[Kind.PARTNERSHIP]) for a, b in ties]
    return GraphView(centre=me, nodes=nodes, edges=edges, left_out=0)


def test_a_drawing_has_everybody_once_inside_its_frame_and_each_tie() -> None:
    view = a_view()
    root = ET.fromstring(svg(view))
    circles = list(root.iter(f"{SVG}circle"))
    points = [(float(one.attrib["cx"]), float(one.attrib["cy"])) for one in circles]
    left, top, width, height = map(float, root.attrib["viewBox"].split())
    assert len(points) == len(view.nodes) == len(set(points))
    assert all(left < x < left + width and top < y < top + height for x, y in points)
    assert min(dist(one, other) for one, other in combinations(points, 2)) > 18, "no two circles lie on each other"
    ends = {(float(one.attrib["x1"]), float(one.attrib["y1"])) for one in root.iter(f"{SVG}line")}
    assert len(list(root.iter(f"{SVG}line"))) == len(view.edges)
    assert ends <= set(points)
    assert len({one.attrib["fill"] for one in circles}) == 3, "the centre and two communities"


def test_a_name_is_text_whatever_stands_in_it() -> None:
    hostile = '</text><script>alert("1")</script>&<'
    root = ET.fromstring(svg(a_view(hostile)))
    assert root.find(f".//{SVG}script") is None
    assert {one.text for one in root.iter(f"{SVG}text")} == {hostile}


def test_somebody_alone_is_a_drawing_too() -> None:
    alone = NodeView(id=UUID(int=1), name="Ann", team_id=None, tier=Tier.BRONZE, degree=0, x=0.0, y=0.0, community=0)
    root = ET.fromstring(svg(GraphView(centre=alone.id, nodes=[alone], edges=[], left_out=0)))
    assert len(list(root.iter(f"{SVG}circle"))) == 1
