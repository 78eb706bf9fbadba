"""What can go wrong with a model, in the product's own errors; bodies and keys never get into their texts."""

from __future__ import annotations

from decimal import Decimal

from kernel.errors import AppError, Unavailable

TRANSIENT = frozenset({408, 409, 425, 429})


class OverBudget(AppError):
    """The agency's LLM budget of the day is spent: answer locally and mark the decision."""

    status, code, title = 402, "llm_over_budget", "The day's budget for language models is spent"

    def __init__(self, spent_usd: Decimal, budget_usd: Decimal) -> None:
        super().__init__(
            f"{spent_usd:.4f} of {budget_usd} US dollars are spent or set aside for this UTC day; wait for the next one, or "
            "raise LEADWRIGHT_LLM__DAILY_BUDGET_USD"
        )


class BadAnswer(AppError):
    """The model answered, and the answer is of no use: malformed, cut off, refused."""

    status, code, title = 502, "llm_bad_answer", "The language model gave no usable answer"


class Exhausted(Unavailable):
    """The model could not be asked, or did not answer, within every attempt that the gateway allows: nobody above it tries
    again, or the attempts would multiply.
    """


class NoCaller(AppError):
    """A request to a model without a caller: a fault in our own code."""

    status, code, title = 500, "llm_no_caller", "Nobody asked the language model"

    def __init__(self) -> None:
        super().__init__(
            "a model is asked on behalf of an agency and an agent; wrap the call in on_behalf(CallContext(...))"
        )
