"""What tokens cost. Settings override the shipped prices, and an unknown model costs the fallback.

Shipped prices are those of genai-prices 0.2.3, the open price list of https://github.com/pydantic/genai-prices.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal

from integrations.llm.calls import Usage
from kernel.llm_settings import ModelPrice

_MILLION = Decimal(1_000_000)
_DATED = re.compile(r"-\d{4}-\d{2}-\d{2}$")


def _price(fresh: str, cached: str, output: str) -> ModelPrice:
    return ModelPrice(input=Decimal(fresh), cached=Decimal(cached), output=Decimal(output))


SHIPPED: Mapping[str, ModelPrice] = {
    "gpt-4o-mini": _price("0.15", "0.075", "0.60"),
    "gpt-4o": _price("2.50", "1.25", "10"),
    "gpt-4.1": _price("2", "0.50", "8"),
    "gpt-4.1-mini": _price("0.40", "0.10", "1.60"),
    "gpt-4.1-nano": _price("0.10", "0.025", "0.40"),
    "gpt-5": _price("1.25", "0.125", "10"),
    "gpt-5-mini": _price("0.25", "0.025", "2"),
    "gpt-5-nano": _price("0.05", "0.005", "0.40"),
    "text-embedding-3-small": _price("0.02", "0.02", "0"),
    "text-embedding-3-large": _price("0.13", "0.13", "0"),
}


@dataclass(frozen=True, slots=True)
class Prices:
    """Prices by model name; a dated name (``gpt-4o-mini-2024-07-18``) costs what its plain name costs."""

    known: Mapping[str, ModelPrice]
    fallback: ModelPrice

    @classmethod
    def of(cls, own: Mapping[str, ModelPrice], fallback: ModelPrice) -> Prices:
        """The shipped prices with ``own`` above them."""
        return cls({**SHIPPED, **own}, fallback)

    def find(self, model: str) -> tuple[ModelPrice, bool]:
        """The price of ``model``, and whether it is known or the fallback."""
        found = self.known.get(model) or self.known.get(_DATED.sub("", model))
        return (found, True) if found is not None else (self.fallback, False)

    def cost(self, model: str, usage: Usage) -> Decimal:
        """US dollars, exact: prices have at most six decimals, so a cost has at most twelve."""
        price, _ = self.find(model)
        return (usage.input * price.input + usage.cached * price.cached + usage.output * price.output) / _MILLION
