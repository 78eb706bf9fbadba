"""``leadwright classify train FILE --column C --label L``: a line model from an agency's own rows, used where it is better."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import typer

from agents.classifier import Classifier
from cli.commands.classify_rows import answered_by, labelled_rows, read_labels, report
from cli.session import agency_actor, err, execute, out, session
from domain.actor import Actor, Scope
from evals.files.classification import Answer, measure
from evals.files.promotion import Comparison, compare, split_rows
from evals.files.scope import ScopeAnswer, ScopeFigures, measure_scope
from integrations.local.agency_models import AgencyModels
from integrations.local.embedder import Embedder, shared_embedder
from integrations.local.hints import OUT_OF_SCOPE, names_lines
from integrations.local.text_model import LINE_TASK, TextModel
from integrations.local.vector_cache import CachedEmbedder
from kernel.clock import now
from kernel.errors import FieldError, Invalid
from kernel.settings import Settings

Rows = list[tuple[str, str]]
_SHARE = 0.8


@dataclass(frozen=True, slots=True)
class Order:
    """What was asked for."""

    file: Path
    column: str
    label: str
    names: Mapping[str, str]
    split: str | None
    train_rows: int | None
    test_rows: int
    seed: int
    out_of_scope: str | None
    error_bound: float


def train(
    file: Annotated[Path, typer.Argument(help="A CSV file with a header, plain or .gz.", exists=True, dir_okay=False)],
    *,
    column: Annotated[str, typer.Option(help="The column that holds the text.")],
    label: Annotated[str, typer.Option(help="The column that holds the right label.")],
    labels_map: Annotated[str, typer.Option(help="Labels as our lines: 'auto-insurance=auto,pension=other'.")] = "",
    out_folder: Annotated[
        Path | None, typer.Option("--out", help="Write the model here; no agency, no stores.")
    ] = None,
    agency: Annotated[str | None, typer.Option(help="Slug of the agency that will use it.")] = None,
    train_rows: Annotated[int | None, typer.Option(help="Rows to learn from; four fifths unless told.", min=1)] = None,
    test_rows: Annotated[int, typer.Option(help="At most so many other rows to judge by.", min=1)] = 2000,
    split: Annotated[str | None, typer.Option(help="Parts by a column instead: 'part=train:val'.")] = None,
    seed: Annotated[int, typer.Option(help="Which rows fall into which part.")] = 7,
    out_of_scope: Annotated[str | None, typer.Option(help="The label of rows that are not for the model.")] = None,
    error_bound: Annotated[
        float, typer.Option(help="Share of sure answers that may be wrong.", min=0.001, max=0.5)
    ] = 0.05,
) -> None:
    """Learn from labelled rows of your own, on top of the shipped examples; used from then on where it is shown to be better."""

    async def work(settings: Settings) -> None:
        names = read_labels(labels_map)
        order = Order(file, column, label, names, split, train_rows, test_rows, seed, out_of_scope, error_bound)
        if out_folder is not None:
            _to_folder(order, out_folder)
            return
        async with session(settings) as services:
            actor = await agency_actor(services, "classifier", agency)
        models = AgencyModels(settings.home_path / "models", shared_embedder().name)
        _for_agency(order, actor, models)

    execute(work)


def use(
    version: Annotated[str, typer.Argument(help="A kept model's name, or 'shipped'.")],
    *,
    agency: Annotated[str | None, typer.Option(help="Slug of the agency.")] = None,
) -> None:
    """Choose the line model of an agency by hand: one that it trained, or the shipped one."""

    async def work(settings: Settings) -> None:
        async with session(settings) as services:
            actor = await agency_actor(services, "classifier", agency)
        actor.require(Scope.AGENCY_ADMIN)
        models = AgencyModels(settings.home_path / "models", shared_embedder().name)
        if version == "shipped":
            models.retire(actor.agency_id)
        else:
            models.promote(actor.agency_id, version, {}, now())
        out.print(f"in use: {version}; kept: {', '.join(models.versions(actor.agency_id)) or 'none'}")

    execute(work)


def _to_folder(order: Order, folder: Path) -> None:
    embedder = CachedEmbedder(shared_embedder(), folder / "vectors.npz", _told)
    learnt, judged = _parts(order)
    model = _trained(order, learnt, embedder)
    model.save(folder)
    _judge(model, None, judged, order, embedder)
    out.print(f"written to {folder}; classify with --model {folder}", markup=False, soft_wrap=True)


def _for_agency(order: Order, actor: Actor, models: AgencyModels) -> None:
    actor.require(Scope.AGENCY_ADMIN)
    embedder = CachedEmbedder(shared_embedder(), models.folder(actor.agency_id) / "vectors.npz", _told)
    learnt, judged = _parts(order)
    if not names_lines([label for _, label in learnt + judged], order.out_of_scope):
        strange = sorted({label for _, label in learnt if not names_lines([label], order.out_of_scope)})
        fault = FieldError(
            "--label", "not_lines", f"{', '.join(strange[:5])} are no lines of ours",
            "say which line each is with --labels-map 'theirs=ours,...', or write a model of any labels with --out",
        )  # fmt: skip
        raise Invalid("the pipeline cannot use these labels", fields=(fault,))
    model = _trained(order, learnt, embedder)
    models.keep(actor.agency_id, model)
    found = _judge(model, models.active(actor.agency_id), judged, order, embedder)
    if found is not None and found.better:
        figures = {"accuracy": found.new.accuracy, "before": found.present.accuracy, "rows": float(found.new.n)}
        models.promote(actor.agency_id, model.card.version, figures, now())
        out.print(f"{model.card.version} is in use from now on")
    else:
        out.print(f"{model.card.version} is kept and not in use: it was not shown to be better")


def _trained(order: Order, learnt: Rows, embedder: Embedder) -> TextModel:
    from integrations.local.own_model import LabelledText, train_own  # noqa: PLC0415 - two seconds of scikit-learn

    rows = [LabelledText(text, label) for text, label in learnt]
    model = train_own(rows, embedder, error_bound=order.error_bound, scope_label=order.out_of_scope)
    card, held = model.card, model.card.held_out
    _say(
        f"{card.version}: {card.rows} rows, {len(card.labels)} labels; in folds it did not learn from: accuracy"
        f" {held['accuracy']:.4f}, {held['sure_share']:.4f} answered surely with accuracy {held['sure_accuracy']:.4f}"
        f" (bound {1 - card.error_bound:.2f}; error at most {card.error_upper:.4f} with 95 % confidence)"
    )
    return model


def _parts(order: Order) -> tuple[Rows, Rows]:
    """Rows to learn from and rows to judge by, labels in our words."""
    wanted = [order.column, order.label]
    name, _, parts = (order.split or "").partition("=")
    if order.split is not None:
        first, mark, second = parts.partition(":")
        if not mark:
            fault = FieldError(
                "--split", "form", "not a column with two parts", "write 'column=train:test'", order.split[:80]
            )
            raise Invalid("the split cannot be read", fields=(fault,))
        rows = labelled_rows(order.file, [*wanted, name], order.names)
        learnt = [(text, label) for text, label, part in rows if part == first]
        judged = [(text, label) for text, label, part in rows if part == second]
    else:
        whole = [(text, label) for text, label in labelled_rows(order.file, wanted, order.names)]
        count = order.train_rows or int(len(whole) * _SHARE)
        learnt, judged = split_rows(whole, count, order.test_rows, order.seed)
    if not learnt or not judged:
        fault = FieldError(
            "FILE", "too_few", f"{len(learnt)} rows to learn from and {len(judged)} to judge by",
            "give a longer file, fewer --train-rows, or parts that occur in --split",
        )  # fmt: skip
        raise Invalid("the file does not give both parts", fields=(fault,))
    return learnt, judged


def _judge(
    model: TextModel, present: TextModel | None, judged: Rows, order: Order, embedder: Embedder
) -> Comparison | None:
    """Print the figures on ``judged``; for a line model beside those of the present one."""
    if model.card.task != LINE_TASK:
        _print_labels(model, judged, order, embedder)
        return None
    judged = [(text, OUT_OF_SCOPE if label == order.out_of_scope else label) for text, label in judged]
    new = _line_answers(model, judged, embedder)
    found = compare(new, _line_answers(present, judged, embedder))
    _say("the new model on rows it did not learn from:\n" + report(found.new))
    name = present.card.version if present else "the shipped model"
    _say(f"{name} on the same rows:\n" + report(found.present))
    _say(f"only the new one right: {found.won} rows, only the present one: {found.lost}; by chance {found.chance:.4f}")
    return found


def _line_answers(model: TextModel | None, rows: Rows, embedder: Embedder) -> list[Answer]:
    classifier = Classifier(embedder, line_model=model)
    decisions = classifier.classify_texts([text for text, _ in rows], now().date())
    answers = []
    for (_, wanted), decision in zip(rows, decisions, strict=True):
        given = OUT_OF_SCOPE if decision.value["out_of_scope"] else decision.value["line"]
        answers.append(Answer(given, wanted, decision.confidence, not decision.needs_review))
    return answers


def _print_labels(model: TextModel, rows: Rows, order: Order, embedder: Embedder) -> None:
    given = answered_by(model, [text for text, _ in rows], embedder)
    known = [(one, wanted) for one, (_, wanted) in zip(given, rows, strict=True) if wanted != order.out_of_scope]
    answers = [Answer(one.label, wanted, one.confidence, one.sure) for one, wanted in known]
    _say("rows in scope that it did not learn from:\n" + report(measure(answers)))
    if order.out_of_scope is not None and len(known) < len(rows):
        scope = [
            ScopeAnswer(one.inside, outside=wanted == order.out_of_scope, right=one.label == wanted)
            for one, (_, wanted) in zip(given, rows, strict=True)
        ]
        _say(scope_report(measure_scope(scope), scope, model.card.scope_threshold))


def scope_report(figures: ScopeFigures, answers: Sequence[ScopeAnswer], threshold: float | None) -> str:
    """The scope figures for reading, and what the threshold fixed in training gives on these rows."""
    lines = [
        f"scope: {figures.inside} rows in, {figures.outside} out; accuracy {figures.accuracy:.4f} in scope when nothing is"
        f" turned away, AUROC {figures.auroc:.4f}"
    ]
    if figures.recall is None:
        lines.append(f"an accuracy of {figures.goal:.2f} in scope is out of reach, so there is no recall at it")
    else:
        lines.append(f"out-of-scope recall {figures.recall:.4f} at in-scope accuracy {figures.kept_accuracy:.4f}")
    if threshold is not None:
        inside = [one for one in answers if not one.outside]
        kept = sum(one.right and one.inside >= threshold for one in inside) / figures.inside
        recall = sum(one.outside and one.inside < threshold for one in answers) / figures.outside
        lines.append(
            f"at the threshold fixed in training ({threshold:.4f}): recall {recall:.4f}, in-scope accuracy {kept:.4f}"
        )
    return "\n".join(lines)


def _say(text: str) -> None:
    """On stderr, as it stands: labels may look like markup."""
    err.print(text, markup=False, soft_wrap=True)


def _told(done: int, of: int) -> None:
    _say(f"embedded {done} of {of} texts")
