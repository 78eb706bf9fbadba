"""Settings of live updates; a part of :mod:`kernel.settings`. Limits count in each process."""

from __future__ import annotations

from pydantic import BaseModel, Field


class LiveSettings(BaseModel):
    """Sockets and event streams."""

    ticket_seconds: int = Field(30, ge=5, le=300, description="Seconds in which a ticket opens a socket, once.")
    heartbeat_seconds: float = Field(15.0, gt=0, le=120, description="Longest silence towards a listener.")
    check_seconds: float = Field(
        2.0, gt=0, le=60, description="How often credentials of listeners are looked at again."
    )
    queue: int = Field(256, ge=8, le=10_000, description="Messages that wait for one slow listener; more cut it off.")
    remembered: int = Field(2_000, ge=0, description="Latest events of an agency kept in memory for who comes back.")
    connections: int = Field(5_000, ge=1, description="Listeners of one process.")
    actor_connections: int = Field(20, ge=1, description="Listeners of one person or key.")
    address_connections: int = Field(1_000, ge=1, description="Listeners from one address.")
    subscriptions: int = Field(50, ge=1, description="Channels of one socket.")
    frame_bytes: int = Field(4_096, ge=256, description="A longer frame from a client ends its socket.")
    origins: list[str] = Field(
        [], description='Web origins whose pages may open sockets, JSON: ["https://app.example.com"]; ours always may.'
    )
