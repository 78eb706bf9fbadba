"""The eval harness against a bare loop and its peers: the same cases and prompts, one endpoint that answers after 50 ms.

Ours, a bare loop on our own client and one on aiohttp run in turns; the peers run once, in the same minutes, each in an
installation of its own that is made beside the bench's data: pydantic-evals and Inspect AI by uv, promptfoo by npm. One that
cannot be installed or run here is left out with the reason.
"""

from __future__ import annotations

import asyncio
import json
import shutil
import sys
import time
from asyncio.subprocess import DEVNULL, PIPE
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median
from typing import Any

from bench.eval_sides import PROMPTS, WANTED, text

ANSWER_SECONDS = 0.05
OVER_BARE = 1.15
"""Goal: at most this many times the bare loop of the same client."""
MEGABYTES = 150.0
"""Goal: less memory."""
SIDES = ("ours", "bare", "aiohttp")
_PYTHON_PEERS = ("pydantic-aiohttp", "pydantic", "inspect")
_NAMES = {
    "pydantic-aiohttp": "pydantic-evals with aiohttp", "pydantic": "pydantic-evals with the OpenAI client",
    "inspect": "Inspect AI", "promptfoo": "promptfoo",
}  # fmt: skip
_PACKAGES = ("pydantic-evals>=2.31,<2.32", "inspect-ai>=0.3.200,<0.4", "openai>=2.54", "aiohttp>=3.14,<4")
_PROMPTFOO = "promptfoo@~0.118.0"  # the last line that runs on Node 20
_INSTALL_SECONDS, _PEER_SECONDS = 420.0, 300.0
_ROOT = Path(__file__).resolve().parents[1]


@dataclass(frozen=True, slots=True)
class Took:
    """One turn of one side. ``right`` counts answers that came and were graded as right."""

    seconds: float
    cpu: float
    megabytes: float
    right: int


@dataclass
class Evals:
    """Turns by side, one turn of each peer, and why a peer is missing."""

    calls: int
    turns: dict[str, list[Took]] = field(default_factory=lambda: {name: [] for name in SIDES})
    peers: dict[str, Took] = field(default_factory=dict)
    left_out: dict[str, str] = field(default_factory=dict)

    @property
    def over_bare(self) -> float:
        """Our seconds over those of the bare loop, median over the turns."""
        return median(
            ours.seconds / bare.seconds for ours, bare in zip(self.turns["ours"], self.turns["bare"], strict=True)
        )

    @property
    def seconds(self) -> float:
        """Ours, median over the turns."""
        return median(one.seconds for one in self.turns["ours"])

    @property
    def megabytes(self) -> float:
        """The most that any turn of ours held."""
        return max(one.megabytes for one in self.turns["ours"])

    @property
    def whole(self) -> bool:
        """Whether every side and peer got every answer, or its seconds mean nothing."""
        took = [*(one for turns in self.turns.values() for one in turns), *self.peers.values()]
        return all(one.right == self.calls for one in took)

    @property
    def held(self) -> bool:
        """Whether every goal was met."""
        fastest = all(self.seconds < one.seconds for one in self.peers.values())
        return self.whole and fastest and self.over_bare <= OVER_BARE and self.megabytes < MEGABYTES


async def evals(cases: int, in_flight: int, rounds: int, folder: Path, *, peers: bool) -> Evals:
    """``rounds`` turns of our sides, then each peer once. ``folder`` keeps the peers' installations for the next time."""
    found = Evals(cases * len(PROMPTS))
    async with _endpoint() as port:
        numbers = [str(port), str(cases), str(in_flight)]
        for _ in range(rounds):
            for name in SIDES:
                found.turns[name].append(_took(await _run([sys.executable, "-m", "bench.eval_sides", name, *numbers])))
        if peers:
            await _python_peers(found, folder / "python", numbers)
            await _promptfoo(found, folder / "promptfoo", port, cases, in_flight)
    return found


@asynccontextmanager
async def _endpoint() -> AsyncIterator[int]:
    """The port of an endpoint in a process of its own."""
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "bench.eval_endpoint", str(ANSWER_SECONDS), cwd=_ROOT, stdin=PIPE, stdout=PIPE
    )
    assert process.stdin is not None
    assert process.stdout is not None
    try:
        yield int(await process.stdout.readline())
    finally:
        process.stdin.close()
        await process.wait()


class _Failed(Exception):
    """A command ended otherwise than well; the message is its last words."""


async def _run(
    command: Sequence[str],
    *,
    seconds: float = _PEER_SECONDS,
    folder: Path = _ROOT,
    env: Sequence[str] = (),
    fine: int = 0,
) -> bytes:
    """What a command printed. Raises _Failed. ``env`` adds NAME=value; ``fine`` is a further exit code that is well."""
    process = await asyncio.create_subprocess_exec(
        *(["env", *env] if env else []), *command, cwd=folder, stdin=DEVNULL, stdout=PIPE, stderr=PIPE
    )
    try:
        said, trouble = await asyncio.wait_for(process.communicate(), seconds)
    except TimeoutError:
        process.kill()
        await process.wait()
        raise _Failed(f"took longer than {seconds:.0f} s") from None
    if process.returncode not in {0, fine}:
        last = (trouble or said).decode(errors="replace").strip().splitlines()
        raise _Failed(" / ".join(last[-3:])[:300] or f"exit code {process.returncode}")
    return said


def _took(said: bytes) -> Took:
    record = json.loads(said.strip().splitlines()[-1])
    return Took(record["seconds"], record["cpu"], record["megabytes"], int(record["right"]))


async def _python_peers(found: Evals, folder: Path, numbers: Sequence[str]) -> None:
    python = folder / "bin" / "python"
    uv = shutil.which("uv", path=str(Path(sys.executable).parent)) or shutil.which("uv")
    try:
        if not python.exists():
            if uv is None:
                raise _Failed("uv is not there to install it")
            await _run([uv, "venv", "-q", "--python", sys.executable, str(folder)])
        if uv is not None:
            install = [uv, "pip", "install", "-q", "--python", str(python), *_PACKAGES]
            await _run(install, seconds=_INSTALL_SECONDS)
    except _Failed as problem:
        found.left_out |= {_NAMES[name]: str(problem) for name in _PYTHON_PEERS}
        return
    for name in _PYTHON_PEERS:
        try:
            found.peers[_NAMES[name]] = _took(await _run([str(python), "-m", "bench.eval_peers", name, *numbers]))
        except _Failed as problem:
            found.left_out[_NAMES[name]] = str(problem)


async def _promptfoo(found: Evals, folder: Path, port: int, cases: int, in_flight: int) -> None:
    """Promptfoo as its users run it: one command, results in its own SQLite file."""
    program = folder / "node_modules" / ".bin" / "promptfoo"
    name = _NAMES["promptfoo"]
    npm = shutil.which("npm")
    try:
        if not program.exists():
            if npm is None:
                raise _Failed("npm is not there to install it")
            await asyncio.to_thread(folder.mkdir, parents=True, exist_ok=True)
            install = [npm, "install", "--no-audit", "--no-fund", "--prefix", str(folder), _PROMPTFOO]
            await _run(install, seconds=_INSTALL_SECONDS, env=["PLAYWRIGHT_SKIP_BROWSER_DOWNLOAD=1"])
        await asyncio.to_thread(_write_config, folder, port, cases)
        quiet = [
            "PROMPTFOO_DISABLE_TELEMETRY=1", "PROMPTFOO_DISABLE_UPDATE=1", "PROMPTFOO_DISABLE_REMOTE_GENERATION=1",
            f"PROMPTFOO_CONFIG_DIR={folder / 'home'}",
        ]  # fmt: skip
        command = [str(program), "eval", "-c", "bench.json", "--no-cache", "-j", str(in_flight), "--no-progress-bar",
                   "--no-table", "-o", "out.json"]  # fmt: skip
        began = time.perf_counter()
        await _run(command, folder=folder, env=quiet, fine=100)
        seconds = time.perf_counter() - began
        right = (await asyncio.to_thread(_read_results, folder))["successes"]
        found.peers[name] = Took(seconds, 0.0, 0.0, int(right))
    except _Failed as problem:
        found.left_out[name] = str(problem)


def _write_config(folder: Path, port: int, cases: int) -> None:
    (folder / "out.json").unlink(missing_ok=True)
    provider = {
        "apiBaseUrl": f"http://127.0.0.1:{port}/v1", "apiKey": "none", "max_tokens": 800, "temperature": 0,
    }  # fmt: skip
    config: dict[str, Any] = {
        "prompts": [prompt.replace("{input}", "{{input}}") for prompt in PROMPTS],
        "providers": [{"id": "openai:chat:fixed", "config": provider}],
        "tests": [
            {"vars": {"input": text(number)}, "assert": [{"type": "equals", "value": WANTED}]}
            for number in range(cases)
        ],
    }
    (folder / "bench.json").write_text(json.dumps(config))


def _read_results(folder: Path) -> dict[str, Any]:
    stats: dict[str, Any] = json.loads((folder / "out.json").read_text())["results"]["stats"]
    return stats
