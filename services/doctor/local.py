"""What needs no store: settings, prompts, models."""

from __future__ import annotations

import asyncio
from ipaddress import ip_address
from urllib.parse import parse_qs, urlsplit

from integrations.local.embedder import shared_embedder
from integrations.local.seeds import TASKS
from integrations.local.shipped import shipped_model
from kernel.errors import AppError
from kernel.settings import Profile, Settings
from prompts.registry import library
from services.doctor.findings import Finding, fail, ok, passwords_of, secrets_in, warn

_KNOWN_PASSWORDS = frozenset({
    "admin", "changeme", "change-me", "example", "leadwright", "neo4j", "nats", "password", "password123", "postgres",
    "qdrant", "redis", "secret", "test",
})  # fmt: skip
_FEWEST_LETTERS = 10
_DAY_MINUTES = 1_440


async def prompts() -> list[Finding]:
    """Whether every released prompt is what was released."""
    there, wrong = library(), []
    for agent, version in sorted(there.frozen):
        try:
            there.require_unchanged(there.load(agent, version))
        except AppError as problem:
            wrong.append(problem.detail)
    wrong += [f"{row.id} v{row.version}: {row.problem}" for row in there.listed() if row.problem]
    if wrong:
        return [fail("prompts", "frozen", "; ".join(wrong), "install the release again, or restore the prompts folder")]
    return [ok("prompts", "frozen", f"{len(there.frozen)} released versions unchanged")]


async def models(settings: Settings) -> list[Finding]:
    """Whether the shipped models load and the embedder reads."""

    def loaded() -> str:
        for task in TASKS:
            for quick in (False, True):
                shipped_model(task, quick=quick)
        if settings.llm.embedding_model is not None:
            return settings.llm.embedding_model
        embedder = shared_embedder()
        embedder.embed(["a lead"], kind="query")
        return embedder.name

    try:
        name = await asyncio.to_thread(loaded)
    except (OSError, ValueError, KeyError, ImportError) as problem:
        return [fail("models", "shipped", f"cannot be read ({type(problem).__name__})", "install the release again")]
    return [ok("models", "shipped", f"{len(TASKS)} classifiers and their quick twins; embedder {name}")]


def settings_of(settings: Settings) -> list[Finding]:
    """Settings that are unsafe where this runs."""
    found = [*_secrets(settings), *_plain(settings), *_served(settings)]
    return found or [ok("settings", "safety", "nothing unsafe")]


def _secrets(settings: Settings) -> list[Finding]:
    found = []
    known = {word for word in secrets_in(settings) if word.lower() in _KNOWN_PASSWORDS}
    if known:
        words = f"{len(known)} passwords are ones that everybody tries first"
        found.append(fail("settings", "passwords", words, "set random ones; `make secrets` writes some"))
    jwt = settings.api.jwt_secret
    if jwt is not None and len(set(jwt.get_secret_value())) < _FEWEST_LETTERS:
        remedy = "set LEADWRIGHT_API__JWT_SECRET to 32 random bytes or more"
        found.append(fail("settings", "jwt secret", "is easily guessed", remedy))
    if settings.api.token_minutes > _DAY_MINUTES:
        words = f"tokens are good for {settings.api.token_minutes} minutes"
        found.append(warn("settings", "tokens", words, "lower LEADWRIGHT_API__TOKEN_MINUTES to a day or less"))
    if settings.profile is Profile.SERVER and settings.postgres.owner_url is not None:
        remedy = "only `leadwright migrate` needs LEADWRIGHT_POSTGRES__OWNER_URL; keep it from APIs and workers"
        found.append(warn("settings", "owner", "this process could change tables", remedy))
    return found


def _plain(settings: Settings) -> list[Finding]:
    """Connections to other machines that anybody between can read, or that need no password."""
    if settings.profile is Profile.EMBEDDED:
        return []
    postgres = settings.postgres.app_url.get_secret_value() if settings.postgres.app_url else ""
    cache = settings.cache.url.get_secret_value() if settings.cache.url else ""
    bus = settings.bus.url.get_secret_value() if settings.bus.url else ""
    graph, vectors = settings.graph.url or "", settings.vectors.url or ""
    secure = {
        "postgres": {"ssl", "sslmode"} & parse_qs(urlsplit(postgres).query).keys(),
        "graph": "+s" in urlsplit(graph).scheme, "cache": cache.startswith(("rediss:", "unix:")),
        "bus": bus.startswith(("tls:", "wss:")), "vectors": vectors.startswith("https:"),
    }  # fmt: skip
    urls = {"postgres": postgres, "graph": graph, "cache": cache, "bus": bus, "vectors": vectors}
    elsewhere = {name for name, url in urls.items() if _is_elsewhere(url)}
    found = []
    if plain := sorted(name for name in elsewhere if not secure[name]):
        remedy = "use TLS where the network between is not yours alone (docs/howto/servers.md)"
        found.append(warn("settings", "encryption", f"plain connections to {', '.join(plain)}", remedy))
    passwords = {
        "postgres": passwords_of(postgres), "graph": settings.graph.password, "cache": passwords_of(cache),
        "bus": passwords_of(bus) or urlsplit(bus).username, "vectors": settings.vectors.api_key,
    }  # fmt: skip
    if unlocked := sorted(name for name in elsewhere if not passwords[name]):
        found.append(
            fail("settings", "passwords", f"{', '.join(unlocked)} without a password", "set one on both sides")
        )
    return found


def _served(settings: Settings) -> list[Finding]:
    found = []
    if settings.profile is Profile.EMBEDDED and not _is_loopback(settings.api.host):
        words = f"an embedded installation listens on {settings.api.host} without TLS"
        found.append(
            warn("settings", "api", words, "put a proxy with TLS before it, and LEADWRIGHT_API__HOST=127.0.0.1")
        )
    if settings.postgres.statement_timeout_ms == 0:
        remedy = "set LEADWRIGHT_POSTGRES__STATEMENT_TIMEOUT_MS, such as 15000"
        found.append(warn("settings", "statements", "a statement may run for ever", remedy))
    if settings.documents.clamd is None:
        remedy = "set LEADWRIGHT_DOCUMENTS__CLAMD to a ClamAV daemon"
        found.append(warn("settings", "virus scan", "documents are not scanned, and say so", remedy))
    llm = settings.llm
    if (
        llm.api_key is not None
        and llm.base_url is not None
        and llm.base_url.startswith("http:")
        and _is_elsewhere(llm.base_url)
    ):
        found.append(fail("settings", "language model", "the key goes out unencrypted", "use https in LLM__BASE_URL"))
    return found


def _is_elsewhere(url: str) -> bool:
    """Whether the URL names another machine; a unix socket and an empty URL do not."""
    try:
        host = urlsplit(url).hostname
    except ValueError:
        return False
    return bool(host) and not url.startswith("unix:") and not _is_loopback(str(host))


def _is_loopback(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
