"""Settings of language models: endpoint, models of the agents, limits, prices, traces."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum

from pydantic import BaseModel, Field, SecretStr, field_validator, model_validator


class ModelPrice(BaseModel):
    """What a vendor charges for one million tokens, in US dollars."""

    input: Decimal = Field(ge=0, decimal_places=6, description="Fresh input tokens.")
    cached: Decimal = Field(ge=0, decimal_places=6, description="Input tokens that the vendor had in its cache.")
    output: Decimal = Field(ge=0, decimal_places=6, description="Output tokens, reasoning included.")


class FallbackPrice(ModelPrice):
    """What a model without a known price is taken to cost; high on purpose, so that it errs towards the budget."""

    input: Decimal = Field(Decimal(10), ge=0, decimal_places=6, description="Fresh input of a model without a price.")
    cached: Decimal = Field(Decimal(10), ge=0, decimal_places=6, description="Cached input of a model without a price.")
    output: Decimal = Field(Decimal(40), ge=0, decimal_places=6, description="Output of a model without a price.")


class AgentModel(BaseModel):
    """What one agent asks for; a part that is not set is as for all agents."""

    model: str | None = Field(None, min_length=1, description="Model name as the vendor knows it.")
    temperature: float | None = Field(None, ge=0, le=2, description="Sampling temperature.")
    max_tokens: int | None = Field(None, ge=1, description="Most output tokens of one answer.")
    timeout_seconds: float | None = Field(None, gt=0, description="Time limit of one HTTP attempt.")


@dataclass(frozen=True, slots=True)
class ModelSettings:
    """What one agent asks for, complete. ``temperature`` None is not sent."""

    model: str
    temperature: float | None
    max_tokens: int
    timeout_seconds: float


class LangSmithSettings(BaseModel):
    """Optional export of traces; what goes in and out of a step is hidden in them always."""

    tracing: bool = Field(default=False, description="Send traces of graphs and agents to LangSmith.")
    api_key: SecretStr | None = Field(None, description="LangSmith API key; tracing needs it.")
    project: str = Field("leadwright", description="LangSmith project.")
    endpoint: str | None = Field(None, description="LangSmith URL of an installation of your own or another region.")


class AnswerForm(StrEnum):
    """How an endpoint is made to give typed answers: by a tool call, by a JSON schema, or by asking for JSON in words."""

    TOOL = "tool"
    SCHEMA = "schema"
    PROMPTED = "prompted"


class LlmSettings(BaseModel):
    """The language model behind every agent. Without a key and an endpoint, agents answer with local models and rules."""

    api_key: SecretStr | None = Field(None, description="API key of the endpoint.")
    base_url: str | None = Field(None, description="OpenAI-compatible endpoint, with its /v1; empty is OpenAI's own.")
    model: str = Field("gpt-4o-mini", min_length=1, description="Model of every agent that names no other.")
    temperature: float | None = Field(
        0.0, ge=0, le=2, description="Temperature for all agents; the word none sends none."
    )
    embedding_model: str | None = Field(
        None, min_length=1, description="Model for embeddings at the endpoint; empty uses the local one."
    )
    embedding_dimensions: int = Field(1536, ge=8, le=8192, description="Length of that model's vectors.")
    max_tokens: int = Field(800, ge=1, description="Most output tokens of one answer.")
    timeout_seconds: float = Field(10.0, gt=0, description="Time limit of one HTTP attempt.")
    answer_form: AnswerForm = Field(
        AnswerForm.TOOL, description="How typed answers are asked for: tool, schema or prompted, as the endpoint can."
    )
    agents: dict[str, AgentModel] = Field({}, description='Own values of an agent, JSON: {"scorer": {"model": "m"}}.')
    attempts: int = Field(3, ge=1, le=8, description="HTTP attempts of one request; nothing else repeats it.")
    deadline_seconds: float = Field(
        15.0,
        gt=0,
        description="Limit of one request with all attempts and waits; keep it below PIPELINE__NODE_SECONDS.",
    )
    in_flight: int = Field(8, ge=1, le=256, description="Requests at the endpoint at once, from this process.")
    requests_per_minute: int = Field(0, ge=0, description="Requests a minute to one model; 0 is no limit.")
    tokens_per_minute: int = Field(0, ge=0, description="Tokens a minute to one model; 0 is no limit.")
    breaker_failures: int = Field(5, ge=1, description="Failures in a row after which nothing is sent for a while.")
    breaker_cooldown_seconds: float = Field(30.0, gt=0, description="That while; one probe then decides.")
    prices: dict[str, ModelPrice] = Field(
        {},
        description='Prices by model, JSON: {"m": {"input": "1", "cached": "0.5", "output": "4"}}; above the shipped.',
    )
    fallback_price: FallbackPrice = FallbackPrice()
    daily_budget_usd: Decimal = Field(
        Decimal(10), ge=0, description="US dollars that each agency may spend in one UTC day; past it local only."
    )
    langsmith: LangSmithSettings = LangSmithSettings()

    def for_agent(self, agent: str) -> ModelSettings:
        """The agent's own values above those of all agents."""
        own = self.agents.get(agent, AgentModel())
        return ModelSettings(
            own.model or self.model,
            self.temperature if own.temperature is None else own.temperature,
            own.max_tokens or self.max_tokens,
            own.timeout_seconds or self.timeout_seconds,
        )

    @field_validator("temperature", mode="before")
    @classmethod
    def _none_is_a_word(cls, value: object) -> object:
        return None if value == "none" else value  # models that reason refuse a temperature

    @field_validator("base_url")
    @classmethod
    def _is_a_url(cls, value: str | None) -> str | None:
        if value is not None and not value.startswith(("http://", "https://")):
            msg = f"{value!r} is no URL; write it as https://host/v1"
            raise ValueError(msg)
        return value

    @model_validator(mode="after")
    def _tracing_has_a_key(self) -> LlmSettings:
        if self.langsmith.tracing and self.langsmith.api_key is None:
            msg = "tracing needs LEADWRIGHT_LLM__LANGSMITH__API_KEY; set it or leave LANGSMITH__TRACING off"
            raise ValueError(msg)
        return self
