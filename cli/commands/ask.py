"""``leadwright ask``: a question to the copilot, or a conversation with it."""

from __future__ import annotations

import json
import sys
from enum import StrEnum
from typing import Annotated
from uuid import UUID

import typer

from agents.referral_broker import ReferralBroker
from agents.registry import copilot, referral_broker
from cli.session import agency_actor, err, execute, out, session
from domain.access.roles import SCOPES, Role, producer_of
from domain.actor import Actor, ActorKind
from graphs.copilot import Conversations
from kernel.errors import AppError
from kernel.ids import new_id
from kernel.settings import Settings
from services.container import Services
from services.copilot.schemas import TurnView


class Who(StrEnum):
    """Who may be asked."""

    COPILOT = "copilot"
    BROKER = "referral-broker"


def ask(
    question: Annotated[str | None, typer.Argument(help="In plain words; without one a conversation begins.")] = None,
    *,
    producer: Annotated[
        str | None, typer.Option("--as", metavar="PRODUCER", help="As this producer (external id); else as a manager.")
    ] = None,
    thread: Annotated[UUID | None, typer.Option(help="Go on in this conversation.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="The turn as one JSON object on stdout.")] = False,
    agent: Annotated[
        Who, typer.Option(help="Who answers: the copilot, or the referral broker, with the network alone.")
    ] = Who.COPILOT,
    agency: Annotated[str | None, typer.Option(help="Slug of the agency; else LEADWRIGHT_AGENCY.")] = None,
) -> None:
    """Ask the copilot. What it would change waits for a y at the terminal, and without a terminal is only shown."""

    async def work(settings: Settings) -> bool:
        async with session(settings) as services:
            actor = await _actor(services, agency, producer)
            talk = _talk(services, agent)
            try:
                if question is not None:
                    turn = await talk.ask(actor, thread, question, str(new_id()))
                    await _tell(talk, actor, turn, as_json=as_json)
                    return turn.state == "answered"
                await _converse(talk, actor, thread, as_json=as_json)
                return True
            finally:
                await talk.drain()

    if not execute(work):
        raise typer.Exit(1)


def _talk(services: Services, agent: Who) -> Conversations:
    if agent is Who.BROKER:
        return Conversations(services, referral_broker(services), only=ReferralBroker.tools)
    return Conversations(services, copilot(services))


async def _converse(talk: Conversations, actor: Actor, thread: UUID | None, *, as_json: bool) -> None:
    """Until an empty line or the end of the input."""
    while True:
        err.print("you: ", end="")  # not typer.prompt: it puts a blank on stdout, where only JSON may stand
        said = sys.stdin.readline().strip()
        if not said:
            return
        turn = await talk.ask(actor, thread, said, str(new_id()))
        thread = turn.thread_id
        await _tell(talk, actor, turn, as_json=as_json)


async def _tell(talk: Conversations, actor: Actor, turn: TurnView, *, as_json: bool) -> None:
    if as_json:
        sys.stdout.write(json.dumps(turn.model_dump(mode="json")) + "\n")
        return
    if turn.answer is None:
        err.print(turn.failure or turn.state, markup=False)
        return
    out.print(turn.answer.text, markup=False)
    for action in turn.actions:
        if not sys.stdin.isatty():
            err.print(f"waits for your word: {action.id}", markup=False)
            continue
        word = typer.confirm(action.summary, err=True)
        try:
            done = await talk.decide(actor, action.id, word, action.digest)
        except AppError as problem:
            err.print(problem.detail, markup=False)
            continue
        out.print(
            done.state if done.state != "failed" else f"failed: {(done.result or {}).get('detail')}", markup=False
        )


async def _actor(services: Services, agency: str | None, producer: str | None) -> Actor:
    platform = await agency_actor(services, "cli", agency)
    if producer is None:
        return Actor(platform.agency_id, ActorKind.PERSON, "cli:manager", SCOPES[Role.MANAGER])
    row = await services.assistance.finding.producer_named(platform, producer)
    return producer_of(platform.agency_id, row.id)
