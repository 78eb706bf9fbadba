"""Boosted trees walked with numpy: what LightGBM dumps as JSON, laid out so that a walk always ends."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from integrations.local.tabular.sheet import Floats

LEAF = -1
_AT_ONCE = 400_000


@dataclass(frozen=True, slots=True)
class Trees:
    """All nodes of all trees in one numbering; children always stand behind their parent.

    ``feature`` is ``LEAF`` for leaves. A row goes left where its value is at most ``threshold``, or where it is missing and
    ``missing_left`` says so. ``value`` is the leaf's log-odds, and of an inner node the mean of its leaves by training rows.
    """

    roots: NDArray[np.int64]
    feature: NDArray[np.int64]
    threshold: Floats
    left: NDArray[np.int64]
    right: NDArray[np.int64]
    missing_left: NDArray[np.bool_]
    value: Floats

    def raw(self, rows: Floats) -> Floats:
        """The summed log-odds of each row."""
        return self._walk(rows, None)

    def contributions(self, rows: Floats, features: int) -> tuple[Floats, Floats]:
        """The log-odds of each row, and how much of it each feature moved it from :attr:`expected`.

        A step from a node to its child belongs to the feature asked there (Saabas 2014), so the parts add up exactly.
        """
        parts = np.zeros((len(rows), features))
        return self._walk(rows, parts), parts

    @property
    def expected(self) -> float:
        """The log-odds where nothing is known of a row."""
        return float(self.value[self.roots].sum())

    def _walk(self, rows: Floats, parts: Floats | None) -> Floats:
        total = np.empty(len(rows))
        step = max(1, _AT_ONCE // max(1, len(self.roots)))
        for start in range(0, len(rows), step):
            block = rows[start : start + step]
            at = np.tile(self.roots, (len(block), 1))
            number = np.arange(len(block))[:, None].repeat(len(self.roots), axis=1)
            open_ = self.feature[at] != LEAF
            while open_.any():
                here, row = at[open_], number[open_]
                asked = self.feature[here]
                value = block[row, asked]
                absent = np.isnan(value)
                goes_left = np.where(absent, self.missing_left[here], value <= self.threshold[here])
                child = np.where(goes_left, self.left[here], self.right[here])
                if parts is not None:
                    np.add.at(parts, (row + start, asked), self.value[child] - self.value[here])
                at[open_] = child
                open_[open_] = self.feature[child] != LEAF
            total[start : start + step] = self.value[at].sum(axis=1)
        return total

    def as_lists(self) -> dict[str, list[Any]]:
        """JSON-ready arrays."""
        names = ("roots", "feature", "threshold", "left", "right", "missing_left", "value")
        return {name: getattr(self, name).tolist() for name in names}


def trees_of(dump: Mapping[str, Any]) -> Trees:
    """From ``Booster.dump_model()`` of a model without categorical splits; raises ValueError on one with them."""
    nodes: list[list[Any]] = []
    roots = []
    for tree in dump["tree_info"]:
        roots.append(len(nodes))
        _lay_out(tree["tree_structure"], nodes)
    columns: list[Sequence[Any]] = list(zip(*nodes, strict=True)) if nodes else [()] * 6
    whole = [np.array(column, dtype=np.int64) for column in (roots, columns[0], columns[2], columns[3])]
    return Trees(
        whole[0], whole[1], np.array(columns[1], dtype=float), whole[2], whole[3], np.array(columns[4], dtype=bool),
        np.array(columns[5], dtype=float),
    )  # fmt: skip


def checked(trees: Trees, features: int) -> Trees:
    """The trees, if every walk over them ends in a leaf; raises ValueError saying what is wrong otherwise."""
    size = len(trees.feature)
    places = np.arange(size)
    inner = trees.feature != LEAF
    for name in ("threshold", "left", "right", "missing_left", "value"):
        if len(getattr(trees, name)) != size:
            raise ValueError(f"the trees have {size} nodes and {len(getattr(trees, name))} entries of {name}")
    if not (np.isfinite(trees.threshold).all() and np.isfinite(trees.value).all()):
        raise ValueError("a threshold or value of a tree is not finite")
    if size and (int(np.min(trees.feature)) < LEAF or int(np.max(trees.feature)) >= features):
        raise ValueError(f"a tree asks for a feature outside 0 to {features - 1}")
    for side in (trees.left[inner], trees.right[inner]):
        if ((side <= places[inner]) | (side >= size)).any():
            raise ValueError("a node's child does not stand behind it")
    starts = np.concatenate([trees.roots, trees.left[inner], trees.right[inner]])
    if len(starts) != size or not np.array_equal(np.sort(starts), places):
        raise ValueError("some nodes belong to no tree, or to two")
    return trees


def _lay_out(top: Mapping[str, Any], nodes: list[list[Any]]) -> None:
    # Depth first, parents before children, without recursion: a chain of nodes may be deep.
    first = len(nodes)
    waiting: list[tuple[Mapping[str, Any], int, int]] = [(top, -1, 0)]
    weights: list[float] = []
    while waiting:
        node, parent, side = waiting.pop()
        place = len(nodes)
        if parent >= 0:
            nodes[parent][side] = place
        if "leaf_value" in node:
            nodes.append([LEAF, 0.0, 0, 0, False, node["leaf_value"]])
            weights.append(float(node.get("leaf_count", 1) or 1))
            continue
        if node["decision_type"] != "<=":
            raise ValueError(f"a split by {node['decision_type']!r} is not walked here")
        # Without missing values in training LightGBM reads a missing one as zero.
        left = node["default_left"] if node["missing_type"] == "NaN" else node["threshold"] >= 0
        nodes.append([node["split_feature"], node["threshold"], 0, 0, bool(left), 0.0])
        weights.append(0.0)
        waiting += [(node["right_child"], place, 3), (node["left_child"], place, 2)]
    for place in range(len(nodes) - 1, first - 1, -1):
        feature, _, left, right, _, _ = nodes[place]
        if feature != LEAF:
            weight = weights[left - first] + weights[right - first]
            weights[place - first] = weight
            mean = (nodes[left][5] * weights[left - first] + nodes[right][5] * weights[right - first]) / weight
            nodes[place][5] = mean
