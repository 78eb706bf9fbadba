"""Prometheus metrics, named once here so that dashboards can rely on them. Labels never hold personal data."""

from __future__ import annotations

from prometheus_client import Counter, Gauge, Histogram

_SECONDS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 30)

LEADS_RECEIVED = Counter("leadwright_leads_received", "Leads accepted or refused at the door", ["source", "outcome"])
LEADS_FINISHED = Counter("leadwright_leads_finished", "Leads whose pipeline ended", ["status"])
DECISIONS = Counter("leadwright_decisions", "Decisions by specialist and source", ["specialist", "source", "degraded"])
CASCADE = Counter(
    "leadwright_cascade",
    "Answers: local, llm_same, llm_other, no_model, over_budget, failed",
    ["specialist", "outcome"],
)
NODE_SECONDS = Histogram("leadwright_node_seconds", "Duration of one pipeline step", ["node"], buckets=_SECONDS)
LEAD_SECONDS = Histogram("leadwright_lead_seconds", "From receipt to the end of the pipeline", buckets=_SECONDS)
RUNS_IN_FLIGHT = Gauge("leadwright_runs_in_flight", "Pipeline runs being worked by this process")
RUNS_RECOVERED = Counter("leadwright_runs_recovered", "Runs taken over from a worker that fell silent")
CLAIMS_REFUSED = Counter("leadwright_claims_refused", "Claims of a producer refused inside the transaction", ["code"])
OUTBOX_PUBLISHED = Counter("leadwright_outbox_published", "Events handed to the bus", ["subject"])
WEBHOOK_ATTEMPTS = Counter(
    "leadwright_webhook_attempts", "Attempts to deliver: delivered, failed, dead, lease_lost", ["outcome"]
)
MESSAGES = Counter(
    "leadwright_messages", "Attempts to send to people by the state they led to, and lease_lost", ["outcome"]
)
PROJECTIONS_COMPARED = Counter(
    "leadwright_projections_compared", "Projections beside Postgres: same, differs, away", ["projection", "outcome"]
)
HTTP_SECONDS = Histogram("leadwright_http_seconds", "Duration of a request", ["operation", "status"], buckets=_SECONDS)
LLM_CALLS = Counter("leadwright_llm_calls", "Requests to a language model by outcome", ["agent", "outcome"])
LLM_SECONDS = Histogram("leadwright_llm_seconds", "Duration of one HTTP attempt", ["agent"], buckets=_SECONDS)
LLM_TOKENS = Counter("leadwright_llm_tokens", "Tokens by kind: input, cached, output", ["agent", "kind"])
LLM_COST = Counter("leadwright_llm_cost_usd", "What language models cost, in US dollars", ["agent"])
LLM_ROWS_LOST = Counter("leadwright_llm_rows_lost", "Rows of the LLM ledger that could not be kept", ["reason"])
