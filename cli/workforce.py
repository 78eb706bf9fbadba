"""The workers of one process. Apart from the session: graphs and agents load slowly, and few commands work."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from agents.registry import document_reader, specialists
from graphs.runner import LeadRunner
from kernel.settings import Profile
from services.container import Services
from workers.commissions import earn_commissions, recheck_commissions, release_commissions
from workers.documents import ask_second_opinions, read_documents
from workers.imports import take_imports
from workers.network import count_networks, settle_referrals, time_referrals, watch_conversions
from workers.offers import drain_queues, time_offers
from workers.outbox import relay_outbox
from workers.outward import claim_certificates, send_messages, tell_follow_ups, tell_producers
from workers.pipeline import PipelineWorker
from workers.policies import follow_policy_requests, time_policies
from workers.upkeep import compare_projections, learn_of_producers, sweep, watch_experiments
from workers.webhooks import send_webhooks


@asynccontextmanager
async def working(services: Services) -> AsyncIterator[PipelineWorker]:
    """This process's workers, started now and drained at the end."""
    if services.settings.profile is Profile.EMBEDDED:
        # Only the owner of the embedded stores has workers, so whatever still says "running" lost its worker.
        await services.runs.recover(everyone=True)
    worker = PipelineWorker(services, LeadRunner(services, specialists(services)))
    pipeline = asyncio.create_task(worker.run())
    loops = (
        relay_outbox(services), read_documents(services), ask_second_opinions(services, document_reader(services)),
        take_imports(services), send_webhooks(services), compare_projections(services), sweep(services),
        watch_experiments(services), learn_of_producers(services), send_messages(services), claim_certificates(services),
        time_offers(services), drain_queues(services), tell_producers(services), tell_follow_ups(services),
        time_referrals(services), settle_referrals(services), watch_conversions(services), count_networks(services),
        time_policies(services), follow_policy_requests(services), earn_commissions(services),
        release_commissions(services), recheck_commissions(services),
    )  # fmt: skip
    others = [asyncio.create_task(loop) for loop in loops]
    try:
        yield worker
    finally:
        worker.drain()
        await asyncio.gather(pipeline, return_exceptions=True)
        for task in others:
            task.cancel()
        await asyncio.gather(*others, return_exceptions=True)
