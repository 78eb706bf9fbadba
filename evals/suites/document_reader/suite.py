"""What a document states, on which page and in which words: declarations, cards, quotes, loss runs, notices, letters."""

from evals.graders.exact import Exact
from evals.graders.fields import Fields
from evals.graders.grounded import Grounded
from evals.graders.paged import OnPage, Pages
from evals.suite import Gate, suite
from evals.targets.document import DocumentTarget

MONEY = (
    "premium",
    "taxes_and_fees",
    "total_insured_value",
    "loss.amount#1",
    "loss.amount#2",
    "loss.reserve#1",
    "loss.reserve#2",
)

SUITE = suite(
    __file__, DocumentTarget(),
    [Exact("kind", name="kind"),
     Fields("fields", "fields", value="value", tolerances=dict.fromkeys(MONEY, 0.005)),
     Pages(), Grounded(source="pages"), OnPage()],
    [Gate("kind", least=0.85), Gate("fields.right", least=0.9), Gate("fields.invented", most=0.2), Gate("page", least=0.9),
     Gate("grounded", least=1.0), Gate("on_page", least=1.0)],
    about="Documents as people send them, with lines that are near a fact and lines that speak to a machine.",
)  # fmt: skip
