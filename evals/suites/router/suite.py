"""Who gets a lead, or why a person must look: the whole lead graph on stores of its own, judged by what Postgres holds."""

from evals.graders.exact import OneOf
from evals.graders.state import EndState
from evals.records import Role
from evals.suite import Gate, suite
from evals.targets.book import book_beside
from evals.targets.graph import GraphTarget

SUITE = suite(
    __file__, GraphTarget(book_beside(__file__)),
    [EndState(), EndState("safe", "nobody_unfit", Role.SAFETY),
     OneOf(("assigned", "offered", "queued", "duplicate"), "status", "ended")],
    [Gate("state", least=1.0), Gate("nobody_unfit", least=1.0), Gate("ended", least=1.0)],
    about="Licences, appointments, E&O, hours, room, declines, fit, strategies, rules and holds.",
)  # fmt: skip
