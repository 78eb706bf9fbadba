"""``leadwright eval review``: a person labels answers, one at a time; stopping and coming back loses nothing."""

from __future__ import annotations

import getpass
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated

import typer

from cli.commands.eval_report import Run, labels_of, load_run
from cli.session import err, execute, out
from evals.reports.review import ENOUGH, Drawn, Labels, ReviewItem, review_queue, reviewed_metric
from evals.reports.wording import legible, shown
from kernel.clock import now
from kernel.settings import Settings
from store.evals.labels import HumanLabel

_KEYS = "p pass, f fail, n note, s skip, u undo, q quit"


def review(
    run: Run,
    *,
    metric: Annotated[
        str | None, typer.Option(help="What is judged; else the first pass/fail metric of quality.")
    ] = None,
    size: Annotated[int, typer.Option(min=1, max=10_000, help="Answers to label in all.")] = 60,
    reviewer: Annotated[str | None, typer.Option(help="Who labels; else the name of this account.")] = None,
) -> None:
    """Label answers of a run: a random sample, disagreements of graders, and answers that were unsure of themselves.

    Variant and scores stay unsaid. The same answers come in the same order every time, less those that this reviewer labelled.
    """
    who = reviewer or getpass.getuser()

    async def work(settings: Settings) -> tuple[int, int]:
        store = labels_of(settings)
        result = await load_run(settings, run)
        judged = reviewed_metric(result, metric)
        done = [one for one in await store.labels(result.run_id) if one.reviewer == who and one.metric == judged.name]
        items = review_queue(result, judged.name, size=size, done=done)
        await Session(result.run_id, who, store, items, len(done)).run()
        labels = [one for one in await store.labels(result.run_id) if one.metric == judged.name]
        return len(labels), sum(one.drawn == Drawn.RANDOM for one in labels)

    total, baseline = execute(work)
    lacking = f"; {ENOUGH - baseline} more until a judge can be corrected by them" if baseline < ENOUGH else ""
    err.print(f"{total} labels of this run, {baseline} of a random sample{lacking}")


@dataclass
class Session:
    """One sitting. Every label is kept at once."""

    run_id: str
    reviewer: str
    store: Labels
    items: Sequence[ReviewItem]
    before: int

    async def run(self) -> None:
        """Until all is labelled or skipped, the reviewer quits, or the input ends."""
        if not self.items:
            out.print("Nothing is left to label.")
            return
        given: list[tuple[int, HumanLabel | None]] = []
        place, note = 0, ""
        self._show(place)
        while place < len(self.items):
            key = self._ask()
            if key in {"q", None}:
                return
            if key == "n":
                note = (self._line("note: ") or "").strip()
                continue
            if key == "u":
                place = await self._undo(given, place)
            elif key in {"p", "f", "s"}:
                label = None if key == "s" else await self._label(self.items[place], key == "p", note)
                given.append((place, label))
                place += 1
            else:
                out.print(_KEYS)
                continue
            note = ""
            if place < len(self.items):
                self._show(place)
        out.print("That was the last one.")

    async def _label(self, item: ReviewItem, passed: bool, note: str) -> HumanLabel:  # noqa: FBT001 - the key that was pressed
        answer = item.answer
        label = HumanLabel(
            self.run_id, answer.case, answer.variant, answer.trial, item.metric.name, float(passed), note, self.reviewer,
            item.drawn.value, now(),
        )  # fmt: skip
        await self.store.label(label)
        return label

    async def _undo(self, given: list[tuple[int, HumanLabel | None]], place: int) -> int:
        if not given:
            out.print("There is nothing to take back in this sitting.")
            return place
        back, label = given.pop()
        if label is not None:
            await self.store.unlabel(label)
        return back

    def _show(self, place: int) -> None:
        item = self.items[place]
        out.rule(f"{self.before + place + 1} of {self.before + len(self.items)}", characters="-")
        expected = None if item.case.expected is None else shown(item.case.expected).text
        for name, text in (
            ("why", item.case.why), ("input", shown(item.case.input).text), ("expected", expected),
            ("answer", shown(item.answer.output).text),
        ):  # fmt: skip
            if text:
                out.print(f"[bold]{name}[/]")
                out.print(legible(text), markup=False, soft_wrap=True)
        out.print(f"{legible(item.metric.name)}?  {_KEYS}", markup=False)

    def _ask(self) -> str | None:
        line = self._line("> ")
        return None if line is None else line.strip().lower()[:1]

    @staticmethod
    def _line(prompt: str) -> str | None:
        out.print(prompt, end="")
        line = sys.stdin.readline()
        return line or None
