"""Requests about policies in plain words, without a language model: what is read, proposed, approved and done."""

from evals.graders.clerked import Clerked
from evals.suite import Gate, suite
from evals.targets.policy_clerk import ClerkTarget, shelf_beside

SUITE = suite(
    __file__, ClerkTarget(shelf_beside(__file__)), [Clerked()], [Gate("right", least=0.85), Gate("approved", least=1.0)],
    variants=("rules",), about="Intents, slots, days, money, approvals, and what Postgres holds at the end.",
)  # fmt: skip
