"""The retailer's figures in Prometheus' text format, taken when they are asked for."""

from collections.abc import Iterable
from typing import Final

from aiohttp import web
from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric

from temix_retailer.retailer import Retailer

CONTENT_TYPE: Final = "text/plain; version=0.0.4; charset=utf-8"


class _Snapshot:
    """What one scrape sees (a ``prometheus_client`` collector)."""

    def __init__(self, families: list[Metric]) -> None:
        self._families = families

    def collect(self) -> Iterable[Metric]:
        """The families."""
        return self._families


def application(retailer: Retailer) -> web.Application:
    """Serve ``GET /metrics`` alone; whoever serves it sees to it that only the own machine asks."""

    async def tell(_: web.Request) -> web.Response:
        text = await exposition(retailer)
        return web.Response(body=text, headers={"Content-Type": CONTENT_TYPE})

    made = web.Application()
    made.add_routes([web.get("/metrics", tell)])
    return made


async def exposition(retailer: Retailer) -> bytes:
    """All figures as they are now."""
    registry = CollectorRegistry()
    registry.register(_Snapshot(list(_families(retailer, await retailer.inquiries.counts()))))
    return generate_latest(registry)


def _families(retailer: Retailer, counts: dict[str, int]) -> Iterable[Metric]:
    orders = CounterMetricFamily("temix_retailer_orders", "Orders in the book by answer.", labels=["outcome"])
    for outcome in ("booked", "opened", "refused", "voided"):
        orders.add_metric([outcome], counts[outcome])
    yield orders
    for name in ("pairs", "messages", "deliveries", "homes"):
        yield GaugeMetricFamily(f"temix_retailer_{name}", f"Rows of {name} in the book.", counts[name])
    yield CounterMetricFamily("temix_retailer_alarms", "Alarms in the book.", retailer.inquiries.alarm_count)
    yield GaugeMetricFamily("temix_retailer_listening", "Homes that listen.", retailer.listening)
    published = max((one.published_at for one in retailer.in_force), default=None)
    if published is not None:
        yield GaugeMetricFamily(
            "temix_retailer_published_seconds", "When tenders were last published.", published / 1000
        )
    commits = retailer.desk.commits
    if commits is not None:
        yield CounterMetricFamily("temix_retailer_commits", "Durable commits since the start.", commits.made)
        yield CounterMetricFamily(
            "temix_retailer_committed_work", "Pieces of work in those commits.", commits.work
        )
        yield GaugeMetricFamily(
            "temix_retailer_commit_largest", "Most pieces of work in one commit.", commits.largest
        )
        yield GaugeMetricFamily(
            "temix_retailer_work_waiting", "Pieces of work that wait for a commit.", commits.waiting
        )
