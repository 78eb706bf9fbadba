"""Facts of a message: how many are found, and that none is made up."""

from evals.graders.exact import Exact
from evals.graders.fields import Fields
from evals.graders.grounded import Grounded
from evals.suite import Gate, suite
from evals.targets.agent import AgentTarget

SUITE = suite(
    __file__, AgentTarget("extractor"),
    [Fields("fields", "fields", value="value"), Exact("do_not_call"), Grounded()],
    [Gate("fields.right", least=0.75), Gate("exact", least=0.95), Gate("grounded", least=1.0)],
    about="Short messages with facts in them, and facts that are near but are not the person's.",
)  # fmt: skip
