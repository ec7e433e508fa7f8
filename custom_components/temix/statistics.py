"""External statistics of what is settled: energy and money by the hour, from the gateway's ledger.

The gateway's hours are the truth: after a correction every later sum is written anew. Sums are exact decimals
that are rounded to the nearest float when they are stored, and read back to the billionth.
"""

import asyncio
import logging
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, Final

from homeassistant.components.recorder.models import StatisticData, StatisticMeanType, StatisticMetaData
from homeassistant.components.recorder.statistics import (
    async_add_external_statistics,
    statistics_during_period,
)
from homeassistant.const import UnitOfEnergy
from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers.recorder import get_instance
from homeassistant.util import dt as dt_util
from homeassistant.util import slugify

from .client import SettledHour, TemixError
from .const import DOMAIN

if TYPE_CHECKING:
    from .coordinator import TemixCoordinator

_LOGGER = logging.getLogger(__name__)

AT_ONCE: Final = timedelta(days=31)
"""The gateway answers for so long at once."""

CORRECTED_WITHIN: Final = timedelta(days=62)
"""An hour is final after 10 days; older ones are looked at only when everything is read."""

FIRST: Final = datetime(2020, 1, 1, tzinfo=UTC)
"""Nothing is older than the first gateways, whatever one says of itself."""

BILLIONTH: Final = Decimal("1e-9")

type Sums = dict[str, Decimal]


@dataclass(frozen=True, slots=True)
class Kind:
    """One statistic: energy in kWh, or money in the tenders' currency."""

    key: str
    is_energy: bool

    def of(self, hour: SettledHour) -> Decimal:
        """Its amount in one hour."""
        amount = getattr(hour, self.key)
        return Decimal(amount) / 1000 if self.is_energy else amount


KINDS: Final = (
    Kind("imported", is_energy=True),
    Kind("exported", is_energy=True),
    Kind("cost", is_energy=False),
    Kind("compensation", is_energy=False),
)


def statistic_id(gateway_id: str, kind: Kind) -> str:
    """The statistic's id; it never changes."""
    return f"{DOMAIN}:{slugify(gateway_id)}_{kind.key}"


class SettledStatistics:
    """Brings a gateway's settled hours to the recorder, each time the ledger has settled or corrected."""

    def __init__(self, hass: HomeAssistant, coordinator: TemixCoordinator) -> None:
        """Know nothing of the recorder yet."""
        self._hass = hass
        self._coordinator = coordinator
        self._seen = -1
        self._imported: int | None = None
        self._task: asyncio.Task[None] | None = None

    @callback
    def look(self) -> None:
        """Import if the ledger's revision has risen; at most one import runs."""
        account = self._coordinator.data.account
        if account is None or account.since is None or account.revision == self._seen:
            return
        if "recorder" not in self._hass.config.components or (self._task and not self._task.done()):
            return
        self._seen = account.revision
        self._task = self._coordinator.config_entry.async_create_background_task(
            self._hass, self._run(account.since), f"{DOMAIN} statistics"
        )

    async def _run(self, since: datetime) -> None:
        try:
            await self.async_import(since)
        except TemixError as error:
            self._seen = -1  # the next state begins anew
            _LOGGER.debug("No settled hours from the gateway: %s", error)
        else:
            self.look()

    async def async_import(self, since: datetime) -> None:
        """Write what has changed since the last import, and every sum after it.

        Raises:
            TemixError: the gateway does not answer.
        """
        now = dt_util.utcnow()
        start = max(FIRST, since.replace(minute=0, second=0, microsecond=0))
        if self._imported is None:
            changed, revision = await self._hours(start, now, 0)
        else:
            changed, revision = await self._hours(max(start, now - CORRECTED_WITHIN), now, self._imported)
        if changed:
            first = changed[0].start
            hours = changed if self._imported is None else (await self._hours(first, now, 0))[0]
            sums = dict.fromkeys((kind.key for kind in KINDS), Decimal())
            if self._imported is not None:
                sums = await self._sums_before(start, first)
            self._write(hours, sums)
        self._imported = revision

    async def _hours(
        self, start: datetime, end: datetime, changed_after: int
    ) -> tuple[Sequence[SettledHour], int]:
        """The hours of a time that changed after a revision, in order, and the newest revision."""
        found: list[SettledHour] = []
        revision = changed_after
        while start < end:
            until = min(start + AT_ONCE, end.replace(minute=0, second=0, microsecond=0) + timedelta(hours=1))
            answer = await self._coordinator.client.get_settled_hours(start, until, changed_after)
            found += answer.hours
            revision, start = max(revision, answer.revision), until
        return sorted(found, key=lambda hour: hour.start), revision

    async def _sums_before(self, start: datetime, first: datetime) -> Sums:
        """Every sum before ``first``, as the recorder has it."""
        recorder = get_instance(self._hass)
        await recorder.async_block_till_done()
        ids = {self._id(kind): kind.key for kind in KINDS}
        sums = dict.fromkeys(ids.values(), Decimal())
        for since in (max(start, first - AT_ONCE), start):
            rows = await recorder.async_add_executor_job(
                statistics_during_period, self._hass, since, first, set(ids), "hour", None, {"sum"}
            )
            if rows:
                for name, found in rows.items():
                    sums[ids[name]] = Decimal(found[-1].get("sum") or 0).quantize(BILLIONTH)
                break
        return sums

    @callback
    def _write(self, hours: Sequence[SettledHour], sums: Sums) -> None:
        title, currency = self._coordinator.config_entry.title, self._coordinator.data.currency
        for kind in KINDS:
            total = sums[kind.key]
            rows: list[StatisticData] = []
            for hour in hours:
                total += kind.of(hour)
                rows.append(StatisticData(start=hour.start, state=float(kind.of(hour)), sum=float(total)))
            metadata = StatisticMetaData(
                mean_type=StatisticMeanType.NONE,
                has_sum=True,
                name=f"{title} {kind.key}",
                source=DOMAIN,
                statistic_id=self._id(kind),
                unit_class="energy" if kind.is_energy else None,
                unit_of_measurement=UnitOfEnergy.KILO_WATT_HOUR if kind.is_energy else currency,
            )
            async_add_external_statistics(self._hass, metadata, rows)

    def _id(self, kind: Kind) -> str:
        return statistic_id(self._coordinator.config_entry.unique_id or "", kind)
