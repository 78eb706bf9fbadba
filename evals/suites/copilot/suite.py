"""Questions of producers and managers to the copilot without a language model, in words, in talks, and with confirmed writes."""

from evals.graders.conversation import Conversed
from evals.graders.state import EndState
from evals.suite import Gate, suite
from evals.targets.copilot import CopilotTarget, world_beside

SUITE = suite(
    __file__, CopilotTarget(world_beside(__file__)), [Conversed(), EndState()],
    [Gate("right", least=0.85), Gate("unasked", least=1.0)], variants=("grammar", "local"),
    about="Calls and arguments, refusals, questions back, records cited, and what Postgres holds after a confirmed write.",
)  # fmt: skip
