"""What holds in every case of a home in virtual time."""

import pytest
from blockbuster import BlockBuster


@pytest.fixture(autouse=True)
def _unblocked(integration_unblocked: BlockBuster) -> None:
    """Whatever happens, the integration never blocks the event loop.

    What it hands to a thread may block; this loop has none, and does it in between.
    """
    for function in integration_unblocked.functions.values():
        function.can_block_in("temix_replay/virtual_time.py", "run_in_executor")
