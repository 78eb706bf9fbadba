"""``leadwright classify train`` and ``use``: models from labelled rows, judged beside the present one."""

from __future__ import annotations

import csv
import json
import random
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest
from typer.testing import CliRunner

from agents.classifier import Classifier
from cli.commands import classify_train
from cli.commands.classify_train import Order
from cli.main import app
from domain.actor import system_actor
from domain.leads.case import LeadCase
from integrations.local.agency_models import AgencyModels
from integrations.local.embedder import shared_embedder
from integrations.local.shipped import shipped_model
from integrations.local.text_model import TextModel
from kernel.errors import Invalid
from kernel.ids import new_id

RUNNER = CliRunner()
COLOURS = {"red": "crimson scarlet ruby", "blue": "navy azure cobalt", "oos": "seven eleven forty"}


def a_file(path: Path, per_label: int = 30, part: str | None = None) -> Path:
    chance = random.Random(5)
    with path.open("w", newline="") as target:
        writer = csv.writer(target)
        writer.writerow(["text", "kind", "part"])
        for label, words in COLOURS.items():
            for number in range(per_label):
                text = f"{chance.choice(words.split())} {chance.choice(words.split())} {number % 7}{label[0]}"
                writer.writerow([text, label, part or ("train" if number % 3 else "val")])
    return path


def an_order(file: Path, **changed: object) -> Order:
    order = Order(file, "text", "kind", {}, None, None, 2000, 7, None, 0.05)
    return replace(order, **changed)  # type: ignore[arg-type]


def test_any_labels_are_learnt_written_and_used(tmp_path: Path) -> None:
    file, folder = a_file(tmp_path / "rows.csv"), tmp_path / "model"
    done = RUNNER.invoke(
        app,
        ["classify", "train", str(file), "--column", "text", "--label", "kind", "--split", "part=train:val",
         "--out-of-scope", "oos", "--out", str(folder)],
    )  # fmt: skip
    assert done.exit_code == 0, done.stderr
    assert "out-of-scope recall" in done.stderr
    assert sorted(path.name for path in folder.iterdir()) == ["label.json", "label.npz", "vectors.npz"]
    used = RUNNER.invoke(
        app, ["classify", str(file), "--model", str(folder), "--column", "text", "--label", "kind", "--json"]
    )
    assert used.exit_code == 0, used.stderr
    records = [json.loads(line) for line in used.stdout.splitlines()]
    assert {"row", "label", "confidence", "sure", "out_of_scope", "inside"} == set(records[0])
    assert sum(record["label"] == "red" for record in records[:30]) > 25


def test_options_may_come_before_the_file(tmp_path: Path) -> None:
    file = a_file(tmp_path / "rows.csv", 2)
    done = RUNNER.invoke(app, ["classify", "--column", "text", "--json", str(file)])
    assert done.exit_code == 0, done.stderr
    assert len(done.stdout.splitlines()) == 6


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--split", "part=train"], "--split"),
        (["--split", "part=train:never"], "parts that occur"),
        (["--labels-map", "red"], "--labels-map"),
        (["--train-rows", "20"], "too_few|too little"),
        (["--label", "colour"], "no such column"),
    ],
)
def test_bad_orders_are_named(tmp_path: Path, arguments: list[str], said: str) -> None:
    file = a_file(tmp_path / "rows.csv")
    plain = ["classify", "train", str(file), "--column", "text", "--label", "kind", "--out", str(tmp_path / "m")]
    done = RUNNER.invoke(app, [*plain, *arguments])
    assert done.exit_code == 1
    assert any(part in done.stderr for part in said.split("|"))


@pytest.mark.parametrize("content", [None, b"not json"])
def test_model_that_cannot_be_read_is_named(tmp_path: Path, content: bytes | None) -> None:
    folder = tmp_path / "model"
    folder.mkdir()
    if content is not None:
        (folder / "line.json").write_bytes(content)
    file = a_file(tmp_path / "rows.csv", 2)
    done = RUNNER.invoke(app, ["classify", str(file), "--column", "text", "--model", str(folder)])
    assert done.exit_code == 1
    assert "--model" in done.stderr


def test_labels_that_are_no_lines_are_refused_for_the_pipeline(tmp_path: Path) -> None:
    models = AgencyModels(tmp_path / "models", shared_embedder().name)
    with pytest.raises(Invalid) as refused:
        classify_train._for_agency(an_order(a_file(tmp_path / "rows.csv")), system_actor(new_id(), "test"), models)
    assert "--labels-map" in refused.value.fields[0].remedy


def test_worse_model_is_kept_and_not_used(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    shipped = shipped_model("line")
    worse = TextModel(
        replace(shipped.card, version="line-own-worse"), -shipped.gram_weights, -shipped.vector_weights, shipped.bias,
        shipped.idf, shipped.vector_mean,
    )  # fmt: skip
    monkeypatch.setattr(classify_train, "_trained", lambda *_: worse)
    file = tmp_path / "rows.csv"
    texts = {"auto": "car insurance quote", "home": "homeowners insurance quote", "life": "term life quote"}
    file.write_text(
        "text,kind\n" + "".join(f"{text} {n},{label}\n" for label, text in texts.items() for n in range(12))
    )
    models, actor = AgencyModels(tmp_path / "models", shared_embedder().name), system_actor(new_id(), "test")
    classify_train._for_agency(an_order(file, train_rows=18), actor, models)
    assert models.versions(actor.agency_id) == ["line-own-worse"]
    assert models.active(actor.agency_id) is None


@pytest.mark.slow
@pytest.mark.timeout(900)
async def test_better_model_answers_its_agency_from_then_on(tmp_path: Path) -> None:
    file = tmp_path / "rows.csv"
    words = {"pet": "zorbel", "auto": "quagg", "umbrella": "frimp"}
    file.write_text(
        "text,kind\n"
        + "".join(f"{word} number {n} please,{label}\n" for label, word in words.items() for n in range(60))
    )
    models, actor = AgencyModels(tmp_path / "models", shared_embedder().name), system_actor(new_id(), "test")
    classify_train._for_agency(an_order(file), actor, models)
    active = models.active(actor.agency_id)
    assert active is not None
    classifier = Classifier(own=models)
    at = datetime(2026, 11, 25, tzinfo=UTC)
    ours = await classifier.decide(LeadCase(new_id(), actor.agency_id, at, "zorbel number 7 please"), {})
    theirs = await classifier.decide(LeadCase(new_id(), new_id(), at, "zorbel number 7 please"), {})
    assert ours.value["line"] == "pet"
    assert active.card.version in ours.version
    assert active.card.version not in theirs.version
    still = await classifier.decide(LeadCase(new_id(), actor.agency_id, at, "my mother needs Medicare part D"), {})
    assert still.value["line"] == "medicare"
