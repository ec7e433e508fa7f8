"""Commands to the gateway, told to a person where they fail."""

from collections.abc import Awaitable

from homeassistant.exceptions import HomeAssistantError

from .client import CommandFailed, TemixError
from .const import DOMAIN


async def carry_out[T](command: Awaitable[T]) -> T:
    """Wait for a command.

    Raises:
        HomeAssistantError: the gateway refused it, with its own words, or could not be reached.
    """
    try:
        return await command
    except TemixError as error:
        raise HomeAssistantError(
            translation_domain=DOMAIN,
            translation_key="command_refused" if isinstance(error, CommandFailed) else "cannot_connect",
            translation_placeholders={"error": str(error)},
        ) from error
