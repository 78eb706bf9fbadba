"""Questions on the broker network and commissions without a language model, in words, in talks, and with confirmed writes."""

from evals.graders.conversation import Conversed
from evals.graders.state import EndState
from evals.graders.withheld import Withheld
from evals.suite import Gate, suite
from evals.targets.copilot import world_beside
from evals.targets.referral_broker import broker_target

SUITE = suite(
    __file__, broker_target(world_beside(__file__)), [Conversed(), EndState(), Withheld()],
    [Gate("right", least=0.85), Gate("unasked", least=1.0), Gate("withheld", least=1.0)], variants=("local",),
    about="Calls and arguments, proposals, what is withheld, records cited, and what Postgres holds after a confirmed write.",
)  # fmt: skip
