"""Every specialist, by name, built on the services it needs."""

from __future__ import annotations

from collections.abc import Mapping

from agents.base import Specialist
from agents.cascade import Cascade
from agents.chat_reader import ChatReader
from agents.classifier import Classifier
from agents.classifier_model import ClassifierModel
from agents.copilot import Copilot
from agents.copilot_local.answerer import LocalAnswerer
from agents.document_reader import DocumentReaderAgent
from agents.documents import LeadDocuments
from agents.enricher import Enricher
from agents.explainer import Explainer
from agents.extractor import Extractor
from agents.extractor_model import ExtractorModel
from agents.language_models import LanguageModels
from agents.policy_clerk import PolicyClerk
from agents.referral_broker import ReferralBroker
from agents.scorer import Scorer
from integrations.local.agency_models import AgencyModels
from integrations.local.embedder import shared_embedder
from prompts.registry import library
from services.container import Services


def specialists(services: Services) -> Mapping[str, Specialist]:
    """The specialists that a process works with; models load when first asked."""
    models, prompts = LanguageModels(services.llm), library()
    own = AgencyModels(services.settings.home_path / "models", shared_embedder().name)
    made: tuple[Specialist, ...] = (
        Cascade(Classifier(own=own), ClassifierModel(models, prompts), models),
        Cascade(Extractor(), ExtractorModel(models, prompts), models),
        Enricher(services.geography, services.enrichment),
        LeadDocuments(),
        Scorer(),
    )
    return {one.name: one for one in made}


def explainer(services: Services) -> Explainer:
    """Who tells decisions in plain words."""
    return Explainer(LanguageModels(services.llm), library())


def copilot(services: Services) -> Copilot:
    """Who answers people's questions: a language model where there is one, else rules."""
    return Copilot(LanguageModels(services.llm), library(), LocalAnswerer(), services.settings.copilot)


def referral_broker(services: Services) -> ReferralBroker:
    """Who answers on the broker network alone, in the same way."""
    return ReferralBroker(LanguageModels(services.llm), library(), LocalAnswerer(), services.settings.copilot)


def chat_reader(services: Services) -> ChatReader:
    """Who reads what the rules of the chat leave open."""
    return ChatReader(LanguageModels(services.llm), library())


def policy_clerk(services: Services) -> PolicyClerk:
    """Who reads requests about policies."""
    return PolicyClerk(LanguageModels(services.llm), library())


def document_reader(services: Services) -> DocumentReaderAgent:
    """Who gives second opinions on documents."""
    return DocumentReaderAgent(LanguageModels(services.llm), library())
