"""Honest statistics: pure functions on arrays; what is asked of a number stands in docs/howto/eval-statistics.md."""
