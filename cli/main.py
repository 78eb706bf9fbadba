"""``leadwright``: the commands."""

from __future__ import annotations

import typer

from cli.commands.access import access
from cli.commands.bench import bench
from cli.commands.chat import chat
from cli.commands.classify import classify
from cli.commands.contact import contact
from cli.commands.doctor import doctor
from cli.commands.documents import documents
from cli.commands.duplicates import duplicates
from cli.commands.eval import evaluate
from cli.commands.eval_langsmith import langsmith_cases, langsmith_upload
from cli.commands.eval_report import report, trend
from cli.commands.eval_review import review
from cli.commands.experiment import experiment
from cli.commands.explain import explain
from cli.commands.knowledge import knowledge
from cli.commands.message import message
from cli.commands.offer import offer
from cli.commands.process import process
from cli.commands.processes import api, worker
from cli.commands.producer import producer
from cli.commands.prompt import prompt
from cli.commands.prompt_improve import improve
from cli.commands.receipt import receipt
from cli.commands.route import route
from cli.commands.scorer import scorer
from cli.commands.serve import run, serve
from cli.commands.source import source
from cli.commands.token import token
from cli.commands.upkeep import load, migrate, rebuild
from cli.commands.watch import watch
from cli.commands.webhooks import webhooks

app = typer.Typer(
    no_args_is_help=True, add_completion=False, pretty_exceptions_enable=False, rich_markup_mode="rich",
    help="Insurance leads in, licensed and explained assignments out.",
)  # fmt: skip
agency = typer.Typer(no_args_is_help=True, help="Load an agency's producers and network.")
agency.command("load")(load)
app.add_typer(agency, name="agency")
for each in (report, trend, review, langsmith_upload, langsmith_cases):
    evaluate.command()(each)
prompt.command()(improve)
app.command("chat")(chat)
app.add_typer(access, name="access")
app.add_typer(bench, name="bench")
app.add_typer(classify, name="classify")
app.add_typer(contact, name="contact")
app.add_typer(evaluate, name="eval")
app.add_typer(route, name="route")
app.add_typer(scorer, name="scorer")
app.add_typer(producer, name="producer")
app.add_typer(prompt, name="prompt")
app.add_typer(documents, name="documents")
app.add_typer(duplicates, name="duplicates")
app.add_typer(experiment, name="experiment")
app.add_typer(knowledge, name="knowledge")
app.add_typer(offer, name="offer")
app.add_typer(message, name="message")
app.add_typer(source, name="source")
app.add_typer(webhooks, name="webhooks")
for command in (run, serve, api, worker, process, receipt, explain, token, watch, doctor, migrate, rebuild):
    app.command(command.__name__)(command)


def main() -> None:
    """Entry point of the ``leadwright`` script."""
    app()


if __name__ == "__main__":
    main()
