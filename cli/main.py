"""``leadwright``: the commands."""

from __future__ import annotations

import typer

from cli.listing import Listed, listing

# fmt: off
COMMANDS = {
    "access": Listed("access", "access", "Who may sign in, and the keys of programs."),
    "agency": Listed("upkeep", "agency", "Load an agency's producers and network."),
    "api": Listed("processes", "api", "Serve the API only, on servers; workers are processes of their own."),
    "ask": Listed("ask", "ask",
        "Ask the copilot. What it would change waits for a y at the terminal, and without a terminal is only shown."),
    "bench": Listed("bench", "bench", "Measure the running system beside its goals."),
    "chat": Listed("chat", "chat", "Talk to a source's chat: a message a line on stdin, until it ends. What is sent is a lead."),
    "classify": Listed("classify", "classify",
        "Line, intent and urgency of each row of a table: `classify FILE --column C`; or learn from labelled rows."),
    "commission": Listed("commission", "commission",
        "Commissions: every cent explained, statements in and out, reconciliation."),
    "contact": Listed("contact", "contact", "May this person be contacted? And who does not wish it."),
    "doctor": Listed("doctor", "doctor",
        "Examine stores, settings, prompts and models; exits 1 where something has to be mended."),
    "documents": Listed("documents", "documents", "Read documents; needs no store, and no key."),
    "duplicates": Listed("duplicates", "duplicates", "Measure how duplicates are found."),
    "eval": Listed("eval", "evaluate", "Whether a prompt, a model or a change is better: suites and their runs."),
    "experiment": Listed("experiment", "experiment", "Prompts against each other on live leads."),
    "explain": Listed("explain", "explain", "Say in plain words why a lead was read, scored and given as it was."),
    "knowledge": Listed("knowledge", "knowledge", "The agency's documents: load, search, evaluate."),
    "message": Listed("message", "message", "Messages to people: what was sent, and in which words."),
    "migrate": Listed("upkeep", "migrate", "Bring the database to the newest version."),
    "network": Listed("network", "network", "The broker network: edge files in, reach, scores, value."),
    "offer": Listed("offer", "offer", "Offers of leads to producers."),
    "policy": Listed("policy_request", "policy",
        "Insurance policies as of any day; reports, exports, documents, letters; requests in plain words."),
    "process": Listed("process", "process",
        "Send a lead file through the pipeline; the same file again shows its results and repeats nothing."),
    "producer": Listed("producer", "producer", "Producers: records, pauses, absences, licences, numbers."),
    "prompt": Listed("prompt", "prompt", "The words that models are given, as files that never change once released."),
    "rebuild": Listed("upkeep", "rebuild", "Make a projection anew from what it is a projection of."),
    "receipt": Listed("receipt", "receipt", "Print a receipt and replay it; exits 1 when the replay gives another answer."),
    "route": Listed("route", "route", "How leads are distributed, and what another way would do."),
    "run": Listed("serve", "run", "Load the sample agency, send the sample leads through the pipeline, explain one, and serve."),
    "scorer": Listed("scorer", "scorer", "Learn scores from an agency's own history, in any columns."),
    "serve": Listed("serve", "serve", "Serve the API and work the pipeline until Ctrl-C."),
    "source": Listed("source", "source", "Sources of leads: settings, secrets, what is left of their caps."),
    "support": Listed("support", "support", "Requests of producers for help, and the queue of the agency."),
    "token": Listed("token", "token", "Print a token for the API, alone on stdout."),
    "watch": Listed("watch", "watch",
        "Print what happens to leads or policies, and go on where it stopped after a drop, until Ctrl-C."),
    "webhooks": Listed("webhooks", "webhooks", "Subscriptions to events, and events delivered again."),
    "worker": Listed("processes", "worker",
        "Work the pipeline, the outbox and documents only, on servers, until SIGTERM or Ctrl-C; what was "
        "begun goes on elsewhere."),
}
# fmt: on
app = typer.Typer(
    cls=listing(COMMANDS),
    callback=lambda: None,
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode="rich",
    help="Insurance leads in, licensed and explained assignments out.",
)  # fmt: skip


def main() -> None:
    """Entry point of the ``leadwright`` script."""
    app()


if __name__ == "__main__":
    main()
