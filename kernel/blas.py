"""Products of matrices in one thread.

BLAS shares a product of about 1,000 rows or more out to helper threads, which wait for the next one in a loop: 30 to 40 ms of a
core, for a product that takes one. A service with other work for its cores is better off without them.
"""

from __future__ import annotations

from contextlib import AbstractContextManager

from threadpoolctl import get_cached_controller  # type: ignore[import-untyped]


def one_blas_thread() -> AbstractContextManager[object]:
    """For the time of a ``with`` block no product is shared out.

    The setting is the process's own: of threads that ask for it at once only the first one's block counts.
    """
    limit: AbstractContextManager[object] = get_cached_controller().limit(limits=1, user_api="blas")
    return limit
