"""The referral broker: partners for leads, referrals and their follow-up, connections and standing in the network."""

from __future__ import annotations

from agents.conversing import Conversant
from domain.asking.catalogue import BROKER


class ReferralBroker(Conversant):
    """A specialist: the network's tools, whatever else its person may do. What it would do is proposed, as by the copilot."""

    name = "referral_broker"
    tools = BROKER
