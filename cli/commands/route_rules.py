"""``leadwright route rules|weights|strategy``: how leads are distributed."""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Callable, Coroutine
from datetime import timedelta
from pathlib import Path
from typing import Annotated, Any, NoReturn, TypeVar

import typer
import yaml
from pydantic import BaseModel
from rich.markup import escape

from cli.session import execute, in_agency, out
from domain.actor import Actor
from kernel.clock import now
from kernel.errors import FieldError, Invalid
from kernel.settings import Settings
from services.container import Services
from services.routing.schemas import PolicyKind, TriedView

T = TypeVar("T")

Agency = Annotated[str | None, typer.Option(help="Slug of the agency; else LEADWRIGHT_AGENCY.")]
File = Annotated[Path, typer.Argument(metavar="FILE", exists=True, dir_okay=False, help="YAML or JSON.")]
AsJson = Annotated[bool, typer.Option("--json", help="One JSON object.")]
Version = Annotated[int, typer.Argument(min=0, help="Its number, as `versions` lists it; 0 is what is shipped.")]
Why = Annotated[str, typer.Option(help="Why, for the record.")]
_UNITS = {"h": "hours", "d": "days", "w": "weeks"}


def _commands(kind: PolicyKind) -> typer.Typer:
    """``show``, ``versions``, ``check``, ``set`` and ``restore`` for a kind."""
    app = typer.Typer(no_args_is_help=True, help=f"The agency's {kind.value}.")
    _looking(app, kind)
    _changing(app, kind)
    return app


def _looking(app: typer.Typer, kind: PolicyKind) -> None:
    @app.command("show", help=f"Show the {kind.value} in force.")
    def show(*, as_json: AsJson = False, agency: Agency = None) -> None:
        found = _do(agency, lambda services, actor: services.distribution.in_force(actor, kind))
        if as_json:
            _print(found)
            return
        when = "" if found.at is None else f", {found.at:%Y-%m-%d %H:%M}"
        out.print(f"version {found.version} by {escape(found.by)}{when}: {escape(found.why)}")
        out.print(escape(yaml.safe_dump(found.body, sort_keys=False, allow_unicode=True)))

    @app.command("versions", help=f"List every version of the {kind.value}, newest first.")
    def versions(*, as_json: AsJson = False, agency: Agency = None) -> None:
        found = _do(agency, lambda services, actor: services.distribution.versions(actor, kind))
        for one in found.items:
            if as_json:
                _print(one)
            else:
                out.print(f"{one.version}  {one.at:%Y-%m-%d %H:%M}  {escape(one.by)}  {escape(one.why)}")
        if not found.items and not as_json:
            out.print(f"the {kind.value} are as shipped: version 0")

    @app.command("check", help="Say whether a file could be saved; nothing is.")
    def check(file: File, *, as_json: AsJson = False, agency: Agency = None) -> None:
        body = read_body(file, kind)
        found = _do(agency, lambda services, actor: services.distribution.check(actor, kind, body))
        if as_json:
            _print(found)
        else:
            out.print(f"{kind.value} hold ({found.digest[:12]}); nothing was saved")


def _changing(app: typer.Typer, kind: PolicyKind) -> None:
    @app.command("set", help="Save a file as a new version, in force from the next lead on.")
    def save(file: File, *, why: Why = "set by hand", as_json: AsJson = False, agency: Agency = None) -> None:
        body = read_body(file, kind)
        saved = _do(agency, lambda services, actor: services.distribution.put(actor, kind, body, why, expected=None))
        if as_json:
            _print(saved)
        else:
            out.print(f"{kind.value} are at version {saved.version}, in force from the next lead on")

    @app.command("restore", help=f"Put an earlier version of the {kind.value} in force again, as a new version.")
    def restore(
        version: Version,
        *,
        why: Annotated[str | None, typer.Option(help="Why, for the record.")] = None,
        as_json: AsJson = False,
        agency: Agency = None,
    ) -> None:
        saved = _do(
            agency, lambda services, actor: services.distribution.restore(actor, kind, version, why, expected=None)
        )
        if as_json:
            _print(saved)
        else:
            out.print(f"{kind.value} are at version {saved.version}: {escape(saved.why)}")


rules = _commands(PolicyKind.RULES)
weights = _commands(PolicyKind.WEIGHTS)
strategy = _commands(PolicyKind.STRATEGY)


@rules.command("try")
def try_rules(
    file: File,
    *,
    since: Annotated[str, typer.Option(help="How far back: hours, days or weeks, as in 36h, 90d, 12w.")] = "90d",
    as_json: AsJson = False,
    agency: Agency = None,
) -> None:
    """Try rules on past decisions: what would have matched, who would have got the leads."""
    body, span = read_body(file, PolicyKind.RULES), _span(since)
    found = _do(agency, lambda services, actor: services.distribution.try_on(actor, body, now() - span))
    if as_json:
        _print(found)
    else:
        out.print(escape(_told(found)))


def _told(found: TriedView) -> str:
    lines = [
        f"{found.computed} of {found.decisions} decisions computed again; {found.changed} leads would have gone elsewhere"
    ]
    lines += [f"  {one.rule}: matched {one.matched}, took out {one.removed} producers" for one in found.rules]
    lines += [
        f"  lead {one.lead_id}: {one.before or 'nobody'} -> {one.after or 'nobody'} ({', '.join([one.code, *one.rules])})"
        for one in found.leads
    ]
    return "\n".join(lines)


def _do(agency: str | None, ask: Callable[[Services, Actor], Coroutine[Any, Any, T]]) -> T:
    return execute(in_agency("cli", agency, ask))


def _print(found: BaseModel) -> None:
    sys.stdout.write(found.model_dump_json() + "\n")


def read_body(file: Path, kind: PolicyKind) -> Any:
    """The file's body: the document itself, or what stands in it under the kind's name."""
    try:
        # Dates become texts, as they are in JSON.
        body = json.loads(json.dumps(yaml.safe_load(file.read_text(encoding="utf-8")), default=str))
    except (yaml.YAMLError, UnicodeDecodeError, TypeError, ValueError) as problem:
        _refuse("FILE", "is neither YAML nor JSON", f"correct it: {str(problem)[:200]}", file.name)
    return body[kind.value] if isinstance(body, dict) and set(body) == {kind.value} else body


def _span(text: str) -> timedelta:
    found = re.fullmatch(r"([1-9][0-9]{0,3})([hdw])", text)
    if found is None:
        _refuse("--since", "is no span of time", "give hours, days or weeks, as in 36h, 90d, 12w", text)
    return timedelta(**{_UNITS[found[2]]: int(found[1])})


def _refuse(field: str, message: str, remedy: str, value: str) -> NoReturn:
    def refuse(_: Settings) -> Coroutine[Any, Any, None]:
        raise Invalid("this cannot be read", fields=(FieldError(field, "malformed", message, remedy, value[:80]),))

    execute(refuse)
    raise typer.Exit(1)
