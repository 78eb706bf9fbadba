"""A producer's network as a drawing: SVG of the spots that the service laid out."""

from __future__ import annotations

from html import escape

from domain.network.tiers import Tier
from services.network.schemas import GraphView, NodeView

_STEP = 130
_HUES = (210, 25, 140, 280, 50, 330, 180, 95)
_RADIUS = {Tier.BRONZE: 5, Tier.SILVER: 6, Tier.GOLD: 7, Tier.PLATINUM: 8, Tier.DIAMOND: 9}


def svg(view: GraphView) -> str:
    """The drawing; communities by colour, tiers by size, ties by strength. A name is a tooltip, written beside few only."""
    furthest = max((abs(part) for node in view.nodes for part in (node.x, node.y)), default=0.0)
    half = _STEP * (furthest + 0.6)
    at = {node.id: (node.x * _STEP, node.y * _STEP) for node in view.nodes}
    lines = [
        f'<line x1="{at[edge.source][0]:.1f}" y1="{at[edge.source][1]:.1f}" x2="{at[edge.target][0]:.1f}" '
        f'y2="{at[edge.target][1]:.1f}" stroke-width="{0.5 + 2.5 * float(edge.strength):.2f}"/>'
        for edge in view.edges
    ]
    named = len(view.nodes) <= 40  # noqa: PLR2004 - more names than these lie on each other
    return "\n".join([
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="{-half:.0f} {-half:.0f} {2 * half:.0f} {2 * half:.0f}" '
        f'width="{2 * half:.0f}" height="{2 * half:.0f}" font-family="sans-serif" font-size="11">',
        '<g stroke="#999" stroke-opacity="0.5">', *lines, "</g>", *(_node(node, named=named) for node in view.nodes), "</svg>",
    ])  # fmt: skip


def _node(node: NodeView, *, named: bool) -> str:
    x, y, size, name = node.x * _STEP, node.y * _STEP, _RADIUS[node.tier], escape(node.name)
    colour = f"hsl({_HUES[(node.community - 1) % len(_HUES)]} 60% 50%)" if node.community else "#222"
    word = f'<text x="{x + size + 3:.1f}" y="{y + 4:.1f}">{name}</text>' if named else ""
    title = f"<title>{name}, {node.tier.value}</title>"
    return f'<g><circle cx="{x:.1f}" cy="{y:.1f}" r="{size}" fill="{colour}">{title}</circle>{word}</g>'
