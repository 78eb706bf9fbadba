"""Who somebody is must move neither who may have the lead nor whom it goes to: each pair through the whole lead graph."""

from evals.graders.unmoved import Unmoved
from evals.suite import Gate, suite
from evals.targets.book import book_beside
from evals.targets.graph import GraphTarget
from evals.targets.swapped import Swapped

SUITE = suite(
    __file__, Swapped(GraphTarget(book_beside(__file__)), whole=True),
    [Unmoved(("eligible", "gates", "refused"), part="state", name="candidates_unmoved"),
     Unmoved(("order",), part="state", name="order_unmoved"), Unmoved(("totals",), part="state", name="points_unmoved"),
     Unmoved(("status", "reason", "producer"), part="state", name="producer_unmoved"),
     Unmoved(("line", "score", "tier"), part="state", name="worth_unmoved")],
    [Gate(f"{what}_unmoved", least=1.0) for what in ("candidates", "order", "points", "producer", "worth")],
    about="Names, neighbourhoods, languages and gendered words through gates, ranking and claim.",
)  # fmt: skip
