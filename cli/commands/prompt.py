"""``leadwright prompt list|show|diff|new|release``: the words that models are given, by version."""

from __future__ import annotations

import difflib
import json
import sys
from typing import Annotated

import typer
from rich.table import Table

from cli.commands.prompt_improve import improve
from cli.samples.prompt_inputs import NONCE, SAMPLE_INPUTS
from cli.session import err, execute, out
from kernel.clock import now
from kernel.errors import FieldError, Invalid, NotFound
from kernel.settings import Settings
from prompts.prompt import Prompt
from prompts.registry import Listed, library
from prompts.release import new_version
from prompts.release import release as freeze

prompt = typer.Typer(
    no_args_is_help=True, help="The words that models are given, as files that never change once released."
)
prompt.command()(improve)

_Agent = Annotated[str, typer.Argument(metavar="ID", help="The prompt's id: classifier, extractor, ...")]


@prompt.command("list")
def list_prompts(
    *, as_json: Annotated[bool, typer.Option("--json", help="One JSON object a line on stdout.")] = False
) -> None:
    """Every version with its share, whether it is released, and why it was written. Exits 1 where a file is faulty."""

    async def work(_settings: Settings) -> list[Listed]:
        return library().listed()

    rows = execute(work)
    if as_json:
        for row in rows:
            sys.stdout.write(json.dumps(_record(row), ensure_ascii=False) + "\n")
    else:
        out.print(_table(rows))
    for row in rows:
        if row.problem:
            err.print(f"{row.id}/v{row.version}: {row.problem}", markup=False)
    if any(row.problem for row in rows):
        raise typer.Exit(1)


@prompt.command()
def show(
    agent: _Agent,
    *,
    version: Annotated[str | None, typer.Option(help="2 or v2; else the live version.")] = None,
    rendered: Annotated[bool, typer.Option("--rendered", help="With sample inputs, as a model would see it.")] = False,
) -> None:
    """A version as its file, or rendered with sample inputs and a fixed envelope id."""

    async def work(_settings: Settings) -> str:
        one = library().load(agent, None if version is None else read_version(version))
        return sample(one) if rendered else _source(agent, one.version)

    sys.stdout.write(execute(work))


@prompt.command()
def diff(
    agent: _Agent,
    first: Annotated[str, typer.Argument(metavar="V1", help="1 or v1.")],
    second: Annotated[str, typer.Argument(metavar="V2", help="2 or v2.")],
) -> None:
    """What changed between two versions, as a unified diff."""

    async def work(_settings: Settings) -> str:
        sides = [(f"{agent}/v{one}", _source(agent, one).splitlines()) for one in map(read_version, (first, second))]
        lines = difflib.unified_diff(sides[0][1], sides[1][1], sides[0][0], sides[1][0], lineterm="")
        return "".join(f"{line}\n" for line in lines)

    sys.stdout.write(execute(work))


@prompt.command()
def new(agent: _Agent, *, why: Annotated[str, typer.Option(help="Why this version exists, in a sentence.")]) -> None:
    """Copy the latest version to the next number, to be edited; never overwrites."""

    async def work(_settings: Settings) -> str:
        return str(new_version(library(), agent, why=why, changed=now().date()))

    out.print(execute(work), soft_wrap=True)


@prompt.command()
def release(agent: _Agent, version: Annotated[str, typer.Argument(metavar="VERSION", help="1 or v1.")]) -> None:
    """Freeze a version: its hash is appended to frozen.sha256, and from then on it never changes."""

    async def work(_settings: Settings) -> Prompt:
        return freeze(library(), agent, read_version(version))

    done = execute(work)
    out.print(f"{done.name} released as {done.hash[:12]}; give it a share in prompts/active.toml to use it")


def read_version(text: str) -> int:
    """``2`` or ``v2`` as a number; raises Invalid for anything else."""
    digits = text.removeprefix("v")
    if not (digits.isascii() and digits.isdigit()):
        fault = FieldError("version", "form", "is no version", "write 2 or v2", text[:80])
        raise Invalid("the version cannot be read", fields=(fault,))
    return int(digits)


def sample(one: Prompt) -> str:
    """Both messages of a prompt rendered with the sample inputs. Raises NotFound where there are none for it."""
    inputs = SAMPLE_INPUTS.get(one.id)
    if inputs is None:
        raise NotFound(f"there are no sample inputs for {one.id!r}; add them to cli/samples/prompt_inputs.py")
    shown = one.render(nonce=NONCE, **inputs)
    return f"=== system ===\n{shown.system}\n\n=== user ===\n{shown.user}\n"


def _source(agent: str, version: int) -> str:
    return library().path(agent, version).read_text(encoding="utf-8")


def _record(row: Listed) -> dict[str, object]:
    made = row.prompt
    return {
        "id": row.id, "version": row.version, "share": None if row.share is None else float(row.share),
        "released": row.released, "hash": made.hash if made else None, "output": made.output if made else None,
        "changed": made.changed.isoformat() if made else None, "why": made.why if made else None, "problem": row.problem,
    }  # fmt: skip


def _table(rows: list[Listed]) -> Table:
    table = Table(header_style="bold")
    for name in ("prompt", "share", "released", "changed", "why"):
        table.add_column(name, overflow="fold", no_wrap=name != "why")
    for row in rows:
        record = _record(row)
        table.add_row(
            f"{row.id}/v{row.version}", "-" if row.share is None else f"{row.share:%}", "yes" if row.released else "no",
            str(record["changed"] or "-"), str(row.problem or record["why"]),
        )  # fmt: skip
    return table
