"""Line, intent, urgency and scope: the local models alone, the cascade, and a language model alone."""

from evals.graders.exact import Exact
from evals.graders.grounded import Grounded
from evals.graders.labels import Calibration, Labels
from evals.suite import Gate, suite
from evals.targets.agent import AgentTarget

SUITE = suite(
    __file__, AgentTarget("classifier"),
    [Labels("line", name="line"), Labels("intent", name="intent"), Labels("urgency", name="urgency"),
     Exact("out_of_scope", name="scope"), Exact("language", name="language"), Calibration("line"), Grounded()],
    [Gate("line", least=0.8), Gate("scope", least=0.95), Gate("grounded", least=1.0)],
    about="Messages as people write them, English, Spanish and both; what a word says and what a sentence does.",
)  # fmt: skip
