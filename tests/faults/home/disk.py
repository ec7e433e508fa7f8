"""Home Assistant's storage in memory. Unlike the test plugin's it keeps no list of what was ever written."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from unittest.mock import patch

from homeassistant.helpers.json import json_bytes
from homeassistant.helpers.storage import Store

_load = Store._async_load


@contextmanager
def stored_in(files: dict[str, Any]) -> Iterator[None]:
    """Let every store read from and write to ``files``, by its key."""

    async def load(store: Store[Any]) -> Any:
        if store._data is None:
            if store.key not in files:
                store._load_task = None  # the next attempt looks again
                return None
            store._data = files[store.key]
        return await _load(store)

    async def write(store: Store[Any], data: dict[str, Any]) -> None:
        if "data_func" in data:
            data["data"] = data.pop("data_func")()
        files[store.key] = json.loads(json_bytes(data))

    async def remove(store: Store[Any]) -> None:
        files.pop(store.key, None)

    with (
        patch.object(Store, "_async_load", load),
        patch.object(Store, "_async_write_data", write),
        patch.object(Store, "async_remove", remove),
    ):
        yield
