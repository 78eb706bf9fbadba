"""Real servers from wheels, started as child processes: Postgres, ArcadeDB, Valkey and NATS without an installation."""

from store.embedded.endpoints import ALL, BUS, CACHE, GRAPH, POSTGRES, Endpoints
from store.embedded.home import Home
from store.embedded.supervisor import EmbeddedStores

__all__ = ["ALL", "BUS", "CACHE", "GRAPH", "POSTGRES", "EmbeddedStores", "Endpoints", "Home"]
