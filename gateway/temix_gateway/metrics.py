"""The gateway's figures in Prometheus' text format, taken when they are asked for."""

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.core import (
    CounterMetricFamily,
    GaugeMetricFamily,
    HistogramMetricFamily,
    InfoMetricFamily,
    Metric,
)
from temix_market.instants import SECOND

from temix_gateway.core import Core
from temix_gateway.ledger.ledger import Ledger
from temix_gateway.planning import Level
from temix_gateway.planning.worker import PlannerProcess
from temix_gateway.pulse import Pulse

CONTENT_TYPE: Final = "text/plain; version=0.0.4; charset=utf-8"
OUTCOMES: Final = ("booked", "opened", "refused", "voided")


@dataclass(frozen=True, slots=True)
class Sources:
    """Whose figures are told."""

    core: Core
    ledger: Ledger
    planner: PlannerProcess
    pulse: Pulse
    version: str


async def exposition(sources: Sources) -> bytes:
    """All figures as they are now."""
    pending = 0 if sources.ledger.fault else len(await sources.ledger.pending())
    registry = CollectorRegistry()
    registry.register(_Snapshot([*_trading(sources, pending), *_planning(sources), *_process(sources)]))
    return generate_latest(registry)


class _Snapshot:
    """What one scrape sees (a ``prometheus_client`` collector)."""

    def __init__(self, families: list[Metric]) -> None:
        self._families = families

    def collect(self) -> Iterable[Metric]:
        """The families."""
        return self._families


def _trading(sources: Sources, pending: int) -> Iterable[Metric]:
    core, ledger = sources.core, sources.ledger
    orders = CounterMetricFamily(
        "temix_orders", "Orders with a definite answer since the start.", labels=["outcome"]
    )
    for outcome in OUTCOMES:
        orders.add_metric([outcome], ledger.answered[outcome])
    yield orders
    yield GaugeMetricFamily("temix_orders_pending", "Orders without a definite answer.", pending)
    state = core.state()
    yield GaugeMetricFamily(
        "temix_retailer_up", "Whether the retailer's link is up.", state.retailer.connected
    )
    age = core.contact.proof_age
    if age is not None:
        yield GaugeMetricFamily(
            "temix_clock_proof_age_seconds", "Since the clock was last proven right.", age / SECOND
        )
    reasons = core.locked()
    yield GaugeMetricFamily("temix_trading_locked", "For how many reasons nothing is traded.", len(reasons))
    why = GaugeMetricFamily("temix_trading_lock", "A reason why nothing is traded.", labels=["reason"])
    for reason in reasons:
        why.add_metric([reason], 1)
    yield why
    yield GaugeMetricFamily(
        "temix_deliveries_unreported",
        "Readings that the retailer has not acknowledged.",
        core.books.unreported,
    )
    yield CounterMetricFamily("temix_ledger_records", "Records in the ledger's chain.", ledger.head.sequence)
    yield InfoMetricFamily("temix_ledger_head", "The chain's head.", {"head": ledger.head.head})
    yield GaugeMetricFamily("temix_ledger_bytes", "Size of the live file with its log.", _size(ledger.path))
    yield GaugeMetricFamily("temix_ledger_faulty", "Whether the ledger is locked.", bool(ledger.fault))


def _planning(sources: Sources) -> Iterable[Metric]:
    plans, plan = sources.core.plans, sources.core.plans.in_force
    yield CounterMetricFamily("temix_plans", "Plans made since the start.", plans.made)
    yield CounterMetricFamily(
        "temix_planner_lost", "Planner processes that died or hung.", sources.planner.lost
    )
    if plan is not None:
        yield GaugeMetricFamily("temix_plan_seconds", "What the last plan took.", plan.seconds)
        levels = GaugeMetricFamily("temix_plan_level", "How the last plan was found.", labels=["level"])
        for level in Level:
            levels.add_metric([level.value], plan.level is level)
        yield levels


def _process(sources: Sources) -> Iterable[Metric]:
    pulse, latency = sources.pulse, sources.ledger.latency
    yield InfoMetricFamily("temix_gateway", "This program.", {"version": sources.version})
    yield GaugeMetricFamily("temix_loop_lag_seconds", "How late the event loop was last.", pulse.lag_s)
    yield GaugeMetricFamily(
        "temix_loop_lag_worst_seconds", "The same at most since the start.", pulse.worst_lag_s
    )
    yield GaugeMetricFamily("temix_writer_queue", "Pieces of work that wait for the ledger.", latency.waiting)
    yield HistogramMetricFamily(
        "temix_ledger_work_seconds",
        "From asking the ledger until it was done; what writes is durable then.",
        buckets=latency.cumulative(),
        sum_value=latency.total_s,
    )


def _size(path: Path) -> int:
    files = (path, path.with_name(path.name + "-wal"))
    return sum(file.stat().st_size for file in files if file.exists())
