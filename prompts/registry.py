"""Which prompts there are, which are live and with what share, and that a released version is what it was."""

from __future__ import annotations

import hashlib
import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from functools import cache
from pathlib import Path
from uuid import UUID

from kernel.errors import Conflict, FieldError, Invalid, NotFound
from prompts.prompt import Prompt, build

ACTIVE, FROZEN, PARTIALS = "active.toml", "frozen.sha256", "partials"
_FILE = re.compile(r"v([1-9][0-9]{0,3})\.md")
_FROZEN_LINE = re.compile(r"([0-9a-f]{64})  ([a-z][a-z0-9_]*)/v([1-9][0-9]{0,3})\.md")


@dataclass(frozen=True, slots=True)
class Listed:
    """A version in the list; ``share`` is None where it is not live, ``problem`` says why a file cannot be read."""

    id: str
    version: int
    share: Decimal | None
    released: bool
    prompt: Prompt | None
    problem: str | None = None


class Library:
    """The prompts of a folder, read once. A live version must be released and unchanged, or it is not handed out."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._partials = {path.name: _text(path) for path in sorted((folder / PARTIALS).glob("*.md"))}
        self._shares = read_shares(_text(folder / ACTIVE))
        self._frozen = read_frozen(_text(folder / FROZEN))
        self._built: dict[tuple[str, int], Prompt] = {}

    @property
    def agents(self) -> tuple[str, ...]:
        """The agents that have prompts, sorted."""
        return tuple(sorted({path.parent.name for path in self.folder.glob("*/v*.md") if _FILE.fullmatch(path.name)}))

    @property
    def shares(self) -> Mapping[str, Mapping[int, Decimal]]:
        """Live versions with their shares, by agent."""
        return self._shares

    @property
    def frozen(self) -> Mapping[tuple[str, int], str]:
        """Content hash of every released version."""
        return self._frozen

    @property
    def partials(self) -> Mapping[str, str]:
        """Partials by file name."""
        return self._partials

    def versions(self, agent: str) -> tuple[int, ...]:
        """The versions of an agent in order. Raises NotFound naming the agents there are."""
        matches = (_FILE.fullmatch(path.name) for path in (self.folder / agent).glob("v*.md"))
        found = tuple(sorted(int(match[1]) for match in matches if match))
        if agent not in self.agents:
            raise NotFound(f"there is no prompt {agent!r}; there are {', '.join(self.agents)}")
        return found

    def path(self, agent: str, version: int) -> Path:
        """The file of a version. Raises NotFound naming the versions there are."""
        if version not in self.versions(agent):
            there = ", ".join(f"v{one}" for one in self.versions(agent))
            raise NotFound(f"prompt {agent!r} has no version {version}; there are {there}")
        return self.folder / agent / f"v{version}.md"

    def load(self, agent: str, version: int | None = None, unit: str | UUID | None = None) -> Prompt:
        """The named version, else the live one for ``unit`` (a lead's id, so that one lead always sees one version).

        Without a unit it is the live version with the largest share. Raises NotFound, Invalid for a faulty file, and Conflict
        for a live version that was never released or was changed since.
        """
        if version is not None:
            return self._prompt(agent, version)
        shares = self._shares.get(agent)
        if shares is None:
            self.versions(agent)
            raise NotFound(f"prompt {agent!r} has no live version; give it a share in {ACTIVE}")
        chosen = max(shares, key=lambda one: (shares[one], one)) if unit is None else choose(agent, shares, str(unit))
        prompt = self._prompt(agent, chosen)
        self.require_unchanged(prompt)
        return prompt

    def require_unchanged(self, prompt: Prompt) -> None:
        """Raises Conflict unless the prompt is exactly what was released."""
        frozen = self._frozen.get((prompt.id, prompt.version))
        if frozen is None:
            raise Conflict(
                f"{prompt.name} is not released; run `leadwright prompt release {prompt.id} {prompt.version}`"
            )
        if frozen != prompt.hash:
            raise Conflict(
                f"{prompt.name} or a partial it uses was changed after its release ({frozen[:12]} became {prompt.hash[:12]});"
                f" restore it and write the change as a new version with `leadwright prompt new {prompt.id}`"
            )

    def listed(self) -> list[Listed]:
        """Every version of every agent; a faulty file is listed with its problem."""
        rows = []
        for agent in self.agents:
            for version in self.versions(agent):
                share, released = self._shares.get(agent, {}).get(version), (agent, version) in self._frozen
                try:
                    rows.append(Listed(agent, version, share, released, self._prompt(agent, version)))
                except Invalid as problem:
                    words = "; ".join(f"{one.field} {one.message}" for one in problem.fields)
                    rows.append(Listed(agent, version, share, released, None, words))
        return rows

    def _prompt(self, agent: str, version: int) -> Prompt:
        if (agent, version) not in self._built:
            path = self.path(agent, version)
            file = f"{agent}/{path.name}"
            self._built[agent, version] = build(file, _text(path), self._partials, agent=agent, version=version)
        return self._built[agent, version]


@cache
def library() -> Library:
    """The shipped prompts."""
    return Library(Path(__file__).parent)


def load(agent: str, version: int | None = None, unit: str | UUID | None = None) -> Prompt:
    """A shipped prompt; see :meth:`Library.load`."""
    return library().load(agent, version, unit)


def choose(agent: str, shares: Mapping[int, Decimal], unit: str) -> int:
    """The version for a unit: its place in [0, 1), from SHA-256 of agent and unit, falls into one version's share.

    Shares lie side by side in the order of versions, so a share that grows takes units only from its neighbour.
    """
    place = Decimal(int(hashlib.sha256(f"{agent}\x1f{unit}".encode()).hexdigest()[:13], 16)) / Decimal(16**13)
    reached = Decimal(0)
    for version in sorted(shares):
        reached += shares[version]
        if place < reached:
            return version
    return max(shares)


def read_shares(source: str) -> dict[str, dict[int, Decimal]]:
    """``[agent]`` tables of ``vN = share``. Raises Invalid unless every share is above 0 and each agent's add up to 1."""
    try:
        tables = tomllib.loads(source, parse_float=Decimal)
    except tomllib.TOMLDecodeError as problem:
        raise Invalid(f"{ACTIVE} is no TOML: {problem}") from problem
    faults: list[FieldError] = []
    read: dict[str, dict[int, Decimal]] = {}
    for agent, table in tables.items():
        field = f"{ACTIVE}: {agent}"
        if not isinstance(table, dict):
            faults.append(
                FieldError(field, "form", "is no table", f"write [{agent}] and below it v1 = 1.0", str(table)[:80])
            )
            continue
        shares: dict[int, Decimal] = {}
        for name, share in table.items():
            match = _FILE.fullmatch(f"{name}.md")
            number = isinstance(share, int | Decimal) and not isinstance(share, bool) and Decimal(share).is_finite()
            if match and number and 0 < share <= 1:
                shares[int(match[1])] = Decimal(share)
            else:
                faults.append(
                    FieldError(f"{field}.{name}", "share", "is no share", "write vN = above 0 to 1.0", str(share)[:80])
                )
        if len(shares) == len(table) and sum(shares.values()) != 1:
            total = str(sum(shares.values()))
            faults.append(FieldError(field, "share", "has shares that do not add up to 1", "correct them", total))
        read[agent] = shares
    if faults:
        raise Invalid(f"{ACTIVE} is not valid", fields=tuple(faults))
    return read


def read_frozen(source: str) -> dict[tuple[str, int], str]:
    """``hash  agent/vN.md`` lines; those after # are for people.

    Raises Invalid for any other line and for a version that is there already.
    """
    frozen: dict[tuple[str, int], str] = {}
    for number, line in enumerate(source.splitlines(), start=1):
        if not line.strip() or line.startswith("#"):
            continue
        match = _FROZEN_LINE.fullmatch(line)
        key = (match[2], int(match[3])) if match else None
        if match is None or key is None or key in frozen:
            word = "names a version a second time" if key in frozen else "is no hash, two blanks and agent/vN.md"
            fault = FieldError(
                f"{FROZEN}, line {number}", "form", word, "restore the file from version control", line[:80]
            )
            raise Invalid(f"{FROZEN} is not valid", fields=(fault,))
        frozen[key] = match[1]
    return frozen


def _text(path: Path) -> str:
    """A file with plain line feeds, as hashes and templates want it."""
    try:
        return path.read_text(encoding="utf-8").replace("\r\n", "\n")
    except FileNotFoundError:
        raise NotFound(f"{path.name} is missing from the folder of prompts") from None
    except UnicodeDecodeError:
        raise Invalid(f"{path.parent.name}/{path.name} is not UTF-8; save it as UTF-8") from None
