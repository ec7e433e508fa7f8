"""What every test has: the house rules, and this repository's custom_components before any other."""

import custom_components  # noqa: F401, I001  (the plugin's own test folder has a package of this name)

import logging
from collections.abc import Iterator

import pytest
import structlog
from blockbuster import BlockBuster, blockbuster_ctx

pytest_plugins = ["tests.rules", "pytester"]

# Home Assistant's plugin has every statement and connection of its recorder told.
for talkative in ("sqlalchemy.engine", "homeassistant.components.recorder.pool"):
    logging.getLogger(talkative).setLevel(logging.WARNING)


@pytest.fixture(autouse=True)
def logs_as_they_come() -> Iterator[None]:
    """What a command has set up for its own process shall hide no event from the next test."""
    yield
    structlog.reset_defaults()


@pytest.fixture
def integration_unblocked() -> Iterator[BlockBuster]:
    """Make the integration fail where it blocks the event loop, also by what it calls in Home Assistant.

    The gateway beside it in the same process is none of Home Assistant's; its own tests have ``no_blocking``.
    """
    with blockbuster_ctx(["custom_components.temix"]) as guard:
        yield guard


@pytest.fixture
def no_blocking() -> Iterator[BlockBuster]:
    """Make our code fail where it blocks the event loop: a file, a database, a sleep."""
    with blockbuster_ctx(
        ["temix_gateway", "temix_reception", "temix_retailer", "custom_components"]
    ) as guard:
        yield guard
