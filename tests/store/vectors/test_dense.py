"""The matrix of a folder answers as a walk over its points would, whatever was written and deleted before."""

from __future__ import annotations

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from store.vectors.dense import DenseIndex, DenseQuery
from store.vectors.hybrid import AGENCY

KEYS = [f"k{number}" for number in range(8)]
WRITES = st.lists(
    st.tuples(st.sampled_from(KEYS), st.integers(0, 10_000), st.sampled_from("ab"), st.booleans()), max_size=40
)


@settings(max_examples=200, deadline=None)
@given(
    WRITES, st.integers(1, 6), st.lists(st.sampled_from(KEYS), max_size=3, unique=True), st.sampled_from(["auto", None])
)
def test_a_search_finds_what_a_walk_over_the_points_finds(
    writes: list[tuple[str, int, str, bool]], limit: int, exclude: list[str], line: str | None
) -> None:
    index, points = DenseIndex(4), dict[str, tuple[np.ndarray, dict[str, str]]]()
    for key, seed, agency, keep in writes:
        if keep:
            vector = np.random.default_rng(seed).normal(size=4)
            payload = {AGENCY: agency, "line": "auto" if seed % 2 else "home", "key": key}
            index.put(key, vector.tolist(), payload)
            points[key] = (vector / np.linalg.norm(vector), payload)
        else:
            index.remove(key)
            points.pop(key, None)
    asked = np.array([1.0, 2.0, -1.0, 0.5])
    filters = {} if line is None else {"line": line}
    found = index.search(DenseQuery(asked.tolist(), "a", limit, exclude, filters))
    walked = sorted(
        (
            -float(vector @ asked) / float(np.linalg.norm(asked))
            for key, (vector, payload) in points.items()
            if payload[AGENCY] == "a" and key not in exclude and (line is None or payload["line"] == line)
        )
    )[:limit]
    assert np.allclose([-one.cosine for one in found], walked, atol=1e-5)
    assert all(points[one.payload["key"]][1] == one.payload for one in found)


def test_it_grows_past_its_first_size() -> None:
    index = DenseIndex(2)
    for number in range(3_000):
        index.put(str(number), [1.0, number / 3_000], {AGENCY: "a", "number": number})
    (nearest,) = index.search(DenseQuery([1.0, 2_999 / 3_000], "a", 1, [], {}))
    assert nearest.payload["number"] == 2_999
