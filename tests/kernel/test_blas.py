"""A product wakes no helper threads: they would spin for longer than it takes."""

import numpy as np
from threadpoolctl import threadpool_info  # type: ignore[import-untyped]

from kernel.blas import one_blas_thread


def _threads() -> set[int]:
    return {one["num_threads"] for one in threadpool_info() if one["user_api"] == "blas"}


def test_one_thread_in_the_block_and_as_many_as_before_after_it() -> None:
    before = _threads()
    np.ones((2, 2)) @ np.ones(2)
    with one_blas_thread():
        assert _threads() == {1}
    assert _threads() == before
