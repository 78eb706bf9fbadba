"""A book of policies in an agency of its own."""

import pytest

from domain.actor import Actor
from services.container import Services
from tests.services.policies.book import Book


@pytest.fixture
def book(services: Services, actor: Actor) -> Book:
    return Book(services, actor)
