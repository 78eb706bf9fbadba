"""The stores, each asked itself."""

from __future__ import annotations

from datetime import timedelta

from integrations.blobs import LocalBlobs
from integrations.bus import NatsBus
from integrations.llm.embedder import endpoint_name
from integrations.local.embedder import shared_embedder
from kernel.errors import Unavailable
from kernel.settings import Profile, Settings
from services.doctor.findings import Finding, fail, ok, warn
from services.reach import Reached, secret_of
from store.cache.client import Cache
from store.graph.driver import GraphStore
from store.migrate import require_schema
from store.sql.engine import open_engine
from store.sql.inspect import DatabaseFacts, database_facts
from store.uow import Database
from store.vectors.leads import LeadVectors
from store.vectors.opening import open_vectors
from store.vectors.passages import PassageVectors

_OLDEST_POSTGRES = 16_00_00
_CLOCK_WARN, _CLOCK_FAIL = timedelta(seconds=2), timedelta(seconds=10)  # tokens are good for ten seconds of difference
_OLDEST_REDIS, _OLDEST_NEO4J, _OLDEST_NATS = (7, 0), (5, 0), (2, 9)
_INDEXES = {("Agency", ("id",), True), ("Producer", ("agency_id", "id"), True), ("Producer", ("agency_id",), False)}
_FULL = 0.8
_LATEST = 20


async def postgres(reached: Reached) -> list[Finding]:
    """Version, migrations, roles and row security, clock, room for connections."""
    settings = reached.settings
    engine = open_engine(secret_of(settings.postgres.app_url), settings.postgres)
    try:
        await require_schema(engine)
        facts = await database_facts(engine)
    finally:
        await engine.dispose()
    found = [ok("postgres", "migrations", "at the version of this release")]
    version = f"{facts.version // 10_000}.{facts.version % 10_000}"
    if facts.version < _OLDEST_POSTGRES:
        found.append(fail("postgres", "version", version, "use Postgres 16 or newer"))
    else:
        found.append(ok("postgres", "version", version))
    found += _guarded(facts)
    behind = abs(facts.clock_behind.total_seconds())
    words = f"this machine and Postgres differ by {behind:.2f} s"
    if abs(facts.clock_behind) > _CLOCK_FAIL:
        found.append(fail("postgres", "clock", words, "synchronise the clocks (NTP); tokens are refused past 10 s"))
    elif abs(facts.clock_behind) > _CLOCK_WARN:
        found.append(warn("postgres", "clock", words, "synchronise the clocks (NTP)"))
    else:
        found.append(ok("postgres", "clock", words))
    if facts.unsafe:
        found.append(
            fail(
                "postgres", "durability", f"{', '.join(facts.unsafe)} off", "switch on, or acknowledged leads get lost"
            )
        )
    found.append(_room(settings, facts))
    return found


def _guarded(facts: DatabaseFacts) -> list[Finding]:
    found = []
    if facts.may_too_much:
        words = "the application's role owns tables or may pass row security"
        remedy = "use leadwright_app in LEADWRIGHT_POSTGRES__APP_URL, as NOSUPERUSER NOBYPASSRLS NOCREATEROLE"
        found.append(fail("postgres", "role", words, remedy))
    else:
        found.append(ok("postgres", "role", "may neither own tables nor pass row security"))
    if facts.unguarded or facts.seen_without_agency:
        words = f"off on {', '.join(facts.unguarded)}" if facts.unguarded else "leads are visible without an agency"
        found.append(fail("postgres", "row security", words, "run `leadwright migrate`, and see who switched it off"))
    else:
        found.append(
            ok("postgres", "row security", "on for every table of agencies, and nothing is visible without one")
        )
    return found


def _room(settings: Settings, facts: DatabaseFacts) -> Finding:
    pool, pipeline = settings.postgres, settings.pipeline
    each = pool.pool_size + pool.pool_overflow + pipeline.concurrency + 3
    fits = (facts.most_connections - 3) // each
    words = f"{facts.connections} of {facts.most_connections} in use; {fits} processes of up to {each} fit"
    if fits < (2 if settings.profile is Profile.SERVER else 1):
        remedy = "raise max_connections, or lower LEADWRIGHT_POSTGRES__POOL_SIZE and POOL_OVERFLOW"
        return warn("postgres", "connections", words, remedy)
    return ok("postgres", "connections", words)


async def cache(reached: Reached) -> list[Finding]:
    """Version, eviction, persistence."""
    client = Cache(reached.settings.cache)
    try:
        facts = await client.facts()
    finally:
        await client.close()
    version = f"{facts.product} {facts.version}"
    if _numbers(facts.speaks) < _OLDEST_REDIS:
        found = [fail("cache", "version", version, "use Redis 7 or newer")]
    else:
        found = [ok("cache", "version", version)]
    if facts.limit_bytes and facts.policy == "noeviction":
        words = f"noeviction at {facts.limit_bytes >> 20} MB: when full, rate limits are off"
        found.append(warn("cache", "memory", words, "set maxmemory-policy allkeys-lru"))
    elif not facts.limit_bytes:
        found.append(warn("cache", "memory", "no maxmemory: it may take all there is", "set maxmemory, such as 256mb"))
    else:
        found.append(ok("cache", "memory", f"{facts.policy} at {facts.limit_bytes >> 20} MB"))
    kept = "keeps what it holds over a restart" if facts.persists else "forgets at a restart, which only resets limits"
    return [*found, ok("cache", "persistence", kept)]


async def graph(reached: Reached) -> list[Finding]:
    """Version, constraints and indexes."""
    store = GraphStore(reached.settings.graph)
    try:
        agent, indexes = await store.agent(), set(await store.indexes())
    finally:
        await store.close()
    if _numbers(agent.partition("/")[2]) < _OLDEST_NEO4J:
        found = [fail("graph", "version", agent, "use Neo4j 5 or newer")]
    else:
        found = [ok("graph", "version", agent)]
    if missing := _INDEXES - indexes:
        words = f"{len(missing)} of {len(_INDEXES)} constraints and indexes missing"
        remedy = "they are made when an agency is loaded or `leadwright rebuild graph` is run"
        return [*found, warn("graph", "constraints", words, remedy)]
    return [*found, ok("graph", "constraints", "all there")]


async def bus(reached: Reached) -> list[Finding]:
    """Version, stream, disk."""
    settings = reached.settings.bus
    if settings.url is None:
        return [warn("bus", "stream", "no bus: events stay in the history", "set LEADWRIGHT_BUS__URL to publish them")]
    client = NatsBus(settings)
    try:
        facts = await client.facts()
    finally:
        await client.close()
    version = facts.version.strip("<>").rpartition(" v")[2]
    if _numbers(version) < _OLDEST_NATS:
        found = [fail("bus", "version", f"NATS {version}", "use NATS 2.10 or newer")]
    else:
        found = [ok("bus", "version", f"NATS {version}")]
    words = f"{settings.stream}: {facts.messages} events, {facts.bytes >> 20} MB, {facts.replicas} copies"
    if facts.on_disk:
        found.append(ok("bus", "stream", words))
    else:
        found.append(fail("bus", "stream", f"{words}, in memory", "make the stream anew with storage on disk"))
    if facts.limit_bytes > 0 and facts.used_bytes > _FULL * facts.limit_bytes:
        words = f"{facts.used_bytes >> 20} of {facts.limit_bytes >> 20} MB used"
        found.append(warn("bus", "disk", words, "give the account more, or lower LEADWRIGHT_BUS__RETAIN_DAYS"))
    return found


async def vectors(reached: Reached) -> list[Finding]:
    """Collections, and whether they are of the embedder in use."""
    settings = reached.settings
    if settings.vectors.url is None and settings.profile is Profile.SERVER:
        words = "no Qdrant: leads have no similar ones, and questions to documents are refused"
        return [warn("vectors", "server", words, "set LEADWRIGHT_VECTORS__URL")]
    if settings.vectors.url is None and not reached.owner:
        return [ok("vectors", "folder", "held by the process that owns this home, which alone can look into it")]
    store = await open_vectors(settings.vectors, reached.vectors_folder)
    try:
        names = await store.collections()
    finally:
        await store.close()
    llm = settings.llm
    model = (
        endpoint_name(llm.embedding_model, llm.embedding_dimensions) if llm.embedding_model else shared_embedder().name
    )
    own = {f"{one.prefix}{model}" for one in (LeadVectors, PassageVectors)}
    if others := [name for name in names if name not in own]:
        words = f"{', '.join(others)} of another embedder than {model}"
        return [warn("vectors", "embedder", words, "run `leadwright rebuild vectors` for each agency")]
    return [ok("vectors", "collections", ", ".join(names) or "none yet")]


async def blobs(reached: Reached) -> list[Finding]:
    """The folder of documents: whether it takes files, and whether it is the one that other processes use."""
    settings = reached.settings
    folder = LocalBlobs(settings.home_path / "blobs")
    await folder.probe()
    found = [ok("blobs", "writable", str(settings.home_path / "blobs"))]
    database = Database(open_engine(secret_of(settings.postgres.app_url), settings.postgres))
    try:
        async with database.platform() as platform:
            latest = await platform.latest_documents(_LATEST)
    except Unavailable:
        return [*found, warn("blobs", "shared", "not examined without the database", "mend Postgres first")]
    finally:
        await database.close()
    missing = sum([not await folder.holds(agency_id, sha256) for agency_id, sha256 in latest])
    if missing:
        words = f"{missing} of the last {len(latest)} documents are not in this folder"
        remedy = "mount the folder that all processes share as LEADWRIGHT_HOME, or restore it from the backup"
        return [*found, fail("blobs", "shared", words, remedy)]
    return [*found, ok("blobs", "shared", f"the last {len(latest)} documents are here")]


def _numbers(version: str) -> tuple[int, ...]:
    """The leading numbers of a version; none for a text without."""
    numbers: list[int] = []
    for part in version.split(maxsplit=1)[0].split(".") if version.strip() else []:
        digits = "".join(letter for letter in part if letter.isdigit())
        if not digits:
            break
        numbers.append(int(digits))
    return tuple(numbers)
