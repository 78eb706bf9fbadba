"""Where the risk lies and what the clock shows there: from columns, from the text, and where they contradict each other."""

from evals.graders.exact import Exact
from evals.graders.fields import JsonEqual
from evals.records import Role
from evals.suite import Gate, suite
from evals.targets.agent import AgentTarget

SUITE = suite(
    __file__, AgentTarget("enricher"),
    [JsonEqual("states", "states", name="states"), Exact("time_zone", name="time_zone"),
     Exact("local_time.weekday", name="weekday"), Exact("needs_review", name="review", role=Role.SAFETY)],
    [Gate("states", least=0.9), Gate("time_zone", least=0.9), Gate("weekday", least=1.0), Gate("review", least=1.0)],
    about="Places as people give them; a place that is not sure must go to a person.",
)  # fmt: skip
