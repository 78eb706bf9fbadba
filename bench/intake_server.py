"""One side of the intake bench: our application, or a bare one that writes the same two rows. ``ours|bare`` and a port.

Started by the bench in the home of running stores; says ``ready`` on stdout and ends with its stdin.
"""

from __future__ import annotations

import asyncio
import socket
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import datetime
from typing import Annotated, Any
from uuid import UUID, uuid4

import uvicorn
from fastapi import Depends, FastAPI, Request
from fastapi.responses import JSONResponse
from pydantic import BaseModel
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession, async_sessionmaker, create_async_engine
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column
from sqlalchemy.types import DateTime

from api.app import create_app
from kernel.clock import now
from kernel.settings import Settings
from kernel.telemetry.logs import configure_logs
from services.opening import open_services


class Table(DeclarativeBase):
    """What a first version of such a service would have."""

    type_annotation_map = {dict[str, Any]: JSONB(), datetime: DateTime(timezone=True)}  # noqa: RUF012 - read by SQLAlchemy


class BareLead(Table):
    """A lead as its sender wrote it."""

    __tablename__ = "bench_lead"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    email: Mapped[str | None]
    phone: Mapped[str | None]
    body: Mapped[dict[str, Any]]
    received_at: Mapped[datetime]


class BareMessage(Table):
    """The message about it that a relay would send."""

    __tablename__ = "bench_outbox"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    subject: Mapped[str]
    payload: Mapped[dict[str, Any]]
    created_at: Mapped[datetime]


class BareBody(BaseModel):
    """The fields that the bench sends."""

    full_name: str
    email: str
    phone: str
    zip: str
    line: str
    message: str
    source: str


async def opened(request: Request) -> AsyncIterator[AsyncSession]:
    """A transaction for one request."""
    async with request.app.state.sessions() as session, session.begin():
        yield session


async def create(body: BareBody, session: Annotated[AsyncSession, Depends(opened)]) -> JSONResponse:
    """Write the two rows."""
    lead_id, moment = uuid4(), now()
    session.add(BareLead(id=lead_id, email=body.email, phone=body.phone, body=body.model_dump(), received_at=moment))
    session.add(BareMessage(id=uuid4(), subject="lead", payload={"lead_id": str(lead_id)}, created_at=moment))
    await session.flush()
    return JSONResponse({"lead_id": str(lead_id)}, status_code=202)


def bare_app(engine: AsyncEngine) -> FastAPI:
    """FastAPI, SQLAlchemy's ORM and two rows; no sign-in, no reading, no history."""
    app = FastAPI()
    app.state.sessions = async_sessionmaker(engine, expire_on_commit=False)
    app.post("/leads", status_code=202)(create)
    return app


@asynccontextmanager
async def side(name: str) -> AsyncIterator[FastAPI]:
    """The application named ``ours`` or ``bare``, over the stores of the home."""
    async with open_services(Settings()) as services:
        if name == "ours":
            yield create_app(services)
            return
        url = services.settings.postgres.owner_url
        assert url is not None, "the stores were opened"
        pool = services.settings.postgres
        engine = create_async_engine(url.get_secret_value(), pool_size=pool.pool_size, max_overflow=pool.pool_overflow)
        async with engine.begin() as connection:
            await connection.run_sync(Table.metadata.create_all)
        yield bare_app(engine)
        await engine.dispose()


class _Server(uvicorn.Server):
    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        sys.stdout.write("ready\n")
        sys.stdout.flush()


async def _main(name: str, port: int) -> None:
    configure_logs(
        level="ERROR", as_json=True
    )  # to stderr: nobody reads stdout after its first line, and a full pipe stops us
    async with side(name) as app:
        server = _Server(uvicorn.Config(app, port=port, log_config=None, access_log=False, lifespan="off"))
        serving = asyncio.create_task(server.serve())
        await asyncio.to_thread(sys.stdin.read)
        server.should_exit = True
        await serving


if __name__ == "__main__":
    asyncio.run(_main(sys.argv[1], int(sys.argv[2])))
