"""Every setting of the product, in one typed object. Values come from the environment (``LEADWRIGHT_...``) or ``.env``.

Nested names join with two underscores: ``LEADWRIGHT_PIPELINE__CONCURRENCY=4``. A test compares ``.env.example`` with
this file, so a setting cannot be added without its line there.
"""

from __future__ import annotations

from enum import StrEnum
from functools import cached_property
from pathlib import Path

from pydantic import BaseModel, Field, IPvAnyNetwork, SecretStr, model_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

from kernel.chat_settings import ChatSettings
from kernel.copilot_settings import CopilotSettings
from kernel.eval_settings import EvalSettings
from kernel.keeping_settings import KeepingSettings
from kernel.live_settings import LiveSettings
from kernel.llm_settings import LlmSettings
from kernel.message_settings import MessageSettings
from kernel.policy_settings import PolicySettings
from kernel.producer_settings import ProducerSettings
from kernel.webhook_settings import WebhookSettings


class Profile(StrEnum):
    """Where the stores run: started by the program from wheels, or servers reached by URL."""

    EMBEDDED = "embedded"
    SERVER = "server"


class PostgresSettings(BaseModel):
    """The system of record."""

    owner_url: SecretStr | None = Field(
        None, description="URL of the role that owns the tables; only `leadwright migrate` needs it."
    )
    app_url: SecretStr | None = Field(None, description="URL of the application role, which row security binds.")
    pool_size: int = Field(12, ge=1, le=200, description="Connections kept open by one process.")
    pool_overflow: int = Field(8, ge=0, le=200, description="Further connections at a peak.")
    statement_timeout_ms: int = Field(15_000, ge=0, description="The server ends a longer statement; 0 is no limit.")


class GraphSettings(BaseModel):
    """The network graph, reached over Bolt."""

    url: str | None = Field(None, description="bolt:// or neo4j:// URL.")
    user: str = Field("neo4j", description="User name.")
    password: SecretStr | None = Field(None, description="Password.")
    database: str = Field("neo4j", description="Database name.")
    timeout_seconds: float = Field(
        3.0, gt=0, description="A slower graph answer counts as unknown, and routing goes on."
    )


class VectorSettings(BaseModel):
    """Embeddings of leads and documents."""

    url: str | None = Field(
        None,
        description="Qdrant URL; empty keeps vectors in a folder, which the server profile cannot share: it has none.",
    )
    api_key: SecretStr | None = Field(None, description="Qdrant API key.")


class CacheSettings(BaseModel):
    """Short-lived shared state: rate limits and live fan-out."""

    url: SecretStr | None = Field(None, description="redis:// or unix:// URL.")


class BusSettings(BaseModel):
    """Events for other systems."""

    url: SecretStr | None = Field(None, description="nats:// URL; empty in the server profile publishes nowhere.")
    stream: str = Field("LEADWRIGHT", description="JetStream stream that keeps the events.")
    retain_days: int = Field(7, ge=1, description="Days that the stream keeps an event.")


class ApiSettings(BaseModel):
    """The HTTP door."""

    host: str = Field("127.0.0.1", description="Address to listen on.")
    port: int = Field(8000, ge=0, le=65535, description="Port to listen on.")
    jwt_secret: SecretStr | None = Field(
        None, description="Key that signs tokens (HS256, 32 bytes or more); embedded profile makes one and keeps it."
    )
    jwt_previous_secrets: list[SecretStr] = Field([], description="Keys that verify tokens and sign none, JSON.")
    jwt_issuer: str = Field("leadwright", description="Issuer written into and required of tokens.")
    token_minutes: int = Field(720, ge=1, description="Minutes a token of `leadwright token` is valid.")
    max_batch: int = Field(500, ge=1, le=5000, description="Leads accepted by one batch request.")
    max_body_bytes: int = Field(5_000_000, ge=1024, description="Larger request bodies get 413.")
    idempotency_hours: int = Field(48, ge=24, description="Hours an Idempotency-Key is remembered.")
    rate_per_minute: int = Field(1_200, ge=0, description="Requests a minute of one key or person; 0 is no limit.")
    rate_burst: int = Field(300, ge=1, description="Requests at once of one key or person.")
    agency_rate_per_minute: int = Field(12_000, ge=0, description="Requests a minute of one agency; 0 is no limit.")
    agency_rate_burst: int = Field(3_000, ge=1, description="Requests at once of one agency.")
    trusted_proxies: list[IPvAnyNetwork] = Field(
        [], description='Networks whose X-Forwarded-For is believed, JSON: ["10.0.0.0/8"]; none by default.'
    )


class AccessSettings(BaseModel):
    """Signing in."""

    access_minutes: int = Field(15, ge=1, le=1_440, description="Minutes an access token is valid.")
    refresh_days: int = Field(30, ge=1, le=365, description="Days until a person must give the password again.")
    once_hours: int = Field(72, ge=1, le=720, description="Hours a one-time token for a new password is valid.")
    overlap_hours: int = Field(24, ge=0, le=720, description="Hours a rotated API key stays valid, if not said.")


class ProcessSettings(BaseModel):
    """How the processes of the server profile start, watch and stop."""

    drain_seconds: float = Field(
        0.0, ge=0, le=300, description="Seconds that an API which was told to stop answers on, saying not ready."
    )
    compare_minutes: float = Field(
        30.0, ge=0, description="Minutes between comparisons of graph and vectors with Postgres; 0 compares never."
    )
    worker_host: str = Field("127.0.0.1", description="Address where a worker's health and metrics are.")
    worker_port: int | None = Field(
        None, ge=0, le=65535, description="Port of a worker's health and metrics; empty opens none."
    )


class IntakeSettings(BaseModel):
    """How leads are read."""

    region: str = Field("US", description="Country assumed for phone numbers without one; empty assumes none.")
    max_file_bytes: int = Field(100_000_000, ge=1024, description="Larger files of leads get 413.")
    duplicate_window_days: int = Field(30, ge=0, description="Days in which the same person and line is a duplicate.")


class InboundSettings(BaseModel):
    """Doors for sources of leads, which sign with secrets of their own."""

    secret_key: SecretStr | None = Field(
        None, description="Key that seals stored secrets and signs links; embedded profile makes one and keeps it."
    )
    earlier_secret_keys: list[SecretStr] = Field(
        [], description="Keys before that one, JSON; what they sealed and signed still opens and holds."
    )
    signature_seconds: int = Field(
        300, ge=1, le=3600, description="A signature's time may differ from ours by so much."
    )
    ping_seconds: int = Field(300, ge=10, le=86_400, description="Seconds for which a ping's price and token hold.")
    max_body_bytes: int = Field(262_144, ge=1024, description="Larger bodies at these doors get 413.")
    public_url: str = Field(
        "http://127.0.0.1:8000", pattern=r"^https?://[^/]+$", description="Where people reach the API; for links."
    )
    confirm_hours: int = Field(72, ge=1, le=720, description="Hours in which a person may confirm by the link.")


class CertificateSettings(BaseModel):
    """Consent certificates; without a key none is claimed, and the lead says so."""

    trustedform_key: SecretStr | None = Field(None, description="API key of the TrustedForm account.")
    timeout_seconds: float = Field(10.0, gt=0, description="A slower vendor counts as away.")


class DocumentSettings(BaseModel):
    """How documents are read."""

    max_bytes: int = Field(25_000_000, ge=1024, description="Larger files get 413.")
    max_pages: int = Field(200, ge=1, le=5000, description="A longer PDF is refused.")
    max_pixels: int = Field(60_000_000, ge=1_000_000, description="A picture with more is refused.")
    read_seconds: float = Field(60.0, gt=0, description="Time limit for a document without recognition.")
    ocr_page_seconds: float = Field(120.0, gt=0, description="Time limit for the recognition of one page.")
    clamd: str | None = Field(
        None,
        pattern=r"^(unix:///.+|tcp://[^/]+)$",
        description="ClamAV daemon, unix:///path or tcp://host:port; empty scans nothing and says so.",
    )


class PipelineSettings(BaseModel):
    """How leads are worked."""

    concurrency: int = Field(8, ge=1, le=64, description="Leads in flight in one worker process.")
    lease_seconds: float = Field(15.0, gt=1, description="A worker silent for longer loses its runs to another.")
    poll_seconds: float = Field(1.0, gt=0, description="How often an idle worker looks without being told.")
    node_seconds: float = Field(
        20.0, gt=0, description="Time limit of one step; past it the step leaves a marked decision."
    )
    max_attempts: int = Field(20, ge=1, description="Starts of one run; past it a person gets the lead.")


class DnbSettings(BaseModel):
    """Dun & Bradstreet Direct+; without a key nothing is asked there."""

    key: SecretStr | None = Field(None, description="Consumer key.")
    secret: SecretStr | None = Field(None, description="Consumer secret.")
    url: str = Field("https://plus.dnb.com", description="Where Direct+ answers.")
    min_confidence: int = Field(7, ge=1, le=10, description="A match with a lower D&B confidence code counts as none.")

    @model_validator(mode="after")
    def _key_and_secret_together(self) -> DnbSettings:
        if (self.key is None) != (self.secret is None):
            msg = "the key and the secret of Dun & Bradstreet go together; set both or neither"
            raise ValueError(msg)
        return self


class JsonSourceSettings(BaseModel):
    """Any other vendor that answers a GET with JSON; without a URL nothing is asked."""

    url: str | None = Field(None, description="Address with {name}, {state}, {zip} where the query goes.")
    name: str = Field("json", pattern="^[a-z0-9-]+$", description="What its facts are signed with.")
    headers: dict[str, SecretStr] = Field(default_factory=dict, description="Headers of each request, as JSON.")
    fields: dict[str, str] = Field(default_factory=dict, description="Our field: dotted path in its answer, as JSON.")
    as_of: str | None = Field(None, description="Dotted path of the day its facts were true; else today.")
    confidence: float = Field(0.7, ge=0, le=1, description="How far its facts are trusted.")

    @model_validator(mode="after")
    def _fields_are_named(self) -> JsonSourceSettings:
        if self.url is not None and not self.fields:
            msg = 'a JSON source needs its fields, such as {"employees": "company.size"}'
            raise ValueError(msg)
        return self


class EnrichmentSettings(BaseModel):
    """Vendors of facts about businesses and places."""

    timeout_seconds: float = Field(4.0, gt=0, description="A slower vendor counts as away.")
    dnb: DnbSettings = DnbSettings()
    json_source: JsonSourceSettings = JsonSourceSettings()


class TelemetrySettings(BaseModel):
    """Logs, traces and metrics."""

    log_level: str = Field("WARNING", pattern="^(DEBUG|INFO|WARNING|ERROR)$", description="Lowest level written.")
    log_json: bool = Field(default=False, description="One JSON object a line instead of readable text.")
    otlp_endpoint: str | None = Field(None, description="OTLP/HTTP collector for traces; empty exports none.")


class Settings(BaseSettings):
    """The whole configuration. Build it once at a door and hand it down; nothing else reads the environment."""

    model_config = SettingsConfigDict(
        env_prefix="LEADWRIGHT_", env_nested_delimiter="__", env_file=".env", extra="forbid", frozen=True,
        env_ignore_empty=True,
    )  # fmt: skip

    home: Path = Field(
        Path(".leadwright"),
        description="Folder of the embedded profile's data; in the server profile documents and own models, shared by all.",
    )
    profile: Profile = Field(Profile.EMBEDDED, description="embedded or server.")
    agency: str = Field("sample", description="Slug of the agency that commands act for when none is named.")
    postgres: PostgresSettings = PostgresSettings()
    graph: GraphSettings = GraphSettings()
    vectors: VectorSettings = VectorSettings()
    cache: CacheSettings = CacheSettings()
    bus: BusSettings = BusSettings()
    api: ApiSettings = ApiSettings()
    access: AccessSettings = AccessSettings()
    processes: ProcessSettings = ProcessSettings()
    intake: IntakeSettings = IntakeSettings()
    inbound: InboundSettings = InboundSettings()
    messages: MessageSettings = MessageSettings()
    certificates: CertificateSettings = CertificateSettings()
    documents: DocumentSettings = DocumentSettings()
    pipeline: PipelineSettings = PipelineSettings()
    keeping: KeepingSettings = KeepingSettings()
    producers: ProducerSettings = ProducerSettings()
    copilot: CopilotSettings = CopilotSettings()
    policies: PolicySettings = PolicySettings()
    live: LiveSettings = LiveSettings()
    chat: ChatSettings = ChatSettings()
    webhooks: WebhookSettings = WebhookSettings()
    enrichment: EnrichmentSettings = EnrichmentSettings()
    llm: LlmSettings = LlmSettings()
    evals: EvalSettings = EvalSettings()
    telemetry: TelemetrySettings = TelemetrySettings()

    @model_validator(mode="after")
    def _server_profile_is_complete(self) -> Settings:
        if self.profile is Profile.SERVER:
            wanted = {
                "POSTGRES__APP_URL": self.postgres.app_url, "GRAPH__URL": self.graph.url,
                "CACHE__URL": self.cache.url, "API__JWT_SECRET": self.api.jwt_secret,
            }  # fmt: skip
            missing = [f"LEADWRIGHT_{name}" for name, value in wanted.items() if value is None]
            if missing:
                msg = f"the server profile needs {', '.join(missing)}; set them or use LEADWRIGHT_PROFILE=embedded"
                raise ValueError(msg)
        given = ([self.api.jwt_secret] if self.api.jwt_secret else []) + self.api.jwt_previous_secrets
        if any(len(secret.get_secret_value().encode()) < 32 for secret in given):  # noqa: PLR2004
            msg = "every LEADWRIGHT_API__JWT_SECRET must have 32 bytes or more (RFC 7518, section 3.2)"
            raise ValueError(msg)
        key = self.inbound.secret_key
        if key is not None and len(key.get_secret_value().encode()) < 32:  # noqa: PLR2004
            msg = "LEADWRIGHT_INBOUND__SECRET_KEY must have 32 bytes or more"
            raise ValueError(msg)
        return self

    @cached_property
    def home_path(self) -> Path:
        """The data folder, absolute."""
        return self.home.expanduser().resolve()
