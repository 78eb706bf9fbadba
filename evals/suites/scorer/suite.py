"""The score within bounds that a sales manager would set, and the order of the tiers."""

from evals.graders.exact import Exact
from evals.graders.numbers import Near
from evals.suite import Gate, suite
from evals.targets.agent import AgentTarget

SUITE = suite(
    __file__, AgentTarget("scorer"), [Near("score", name="score"), Exact("tier", any_of=True, name="tier")],
    [Gate("score", least=0.9), Gate("tier", least=0.85)],
    about="Leads whose worth is plain to a person; bounds are wide where it is a matter of taste.",
)  # fmt: skip
