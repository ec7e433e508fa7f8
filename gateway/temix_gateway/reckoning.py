"""What is owed and what is to come: the accounts added up from the ledger, and the forecast with a plan."""

from temix_market.instants import FIVE_MINUTES
from temix_market.intervals import enclosing
from temix_market.ports import Clock

from temix_gateway.accounts import Accounts, Sums
from temix_gateway.forecast import Forecast, forecast, plan_loads, problem_prices
from temix_gateway.home.account import Account
from temix_gateway.ledger.ledger import Ledger
from temix_gateway.lookups import account_message
from temix_gateway.market import Market
from temix_gateway.planning import Plan, Problem


class Reckoning:
    """Keeps the account at a glance, which is made anew only where something it is made of has changed."""

    def __init__(self, ledger: Ledger, accounts: Accounts, market: Market, clock: Clock) -> None:
        """Call ``add_up`` before anything else."""
        self._ledger = ledger
        self._accounts = accounts
        self._market = market
        self._clock = clock
        self._account: tuple[object, Account] | None = None

    async def add_up(self) -> None:
        """Add the ledger up; one that is locked is not to be relied on, and has no account."""
        if self._ledger.fault:
            return
        since, path = self._accounts.oldest(), self._ledger.path
        self._accounts.load(await self._ledger.read(lambda connection: Sums.of(connection, path, since)))

    def account(self, plan: Plan | None, problem: Problem | None) -> Account | None:
        """The account with a plan and the problem that it solves; none before the ledger was added up."""
        if self._accounts.stale:  # added up anew in this turn: until then the last figures stand
            return None if self._account is None else self._account[1]
        now = self._clock.now()
        made_of = enclosing(now, FIVE_MINUTES), self._ledger.head, id(plan)
        if self._account is None or self._account[0] != made_of:
            ahead = self.look_ahead(plan, problem)
            self._account = made_of, account_message(now, self._accounts, ahead, self._market.positions)
        return self._account[1]

    def look_ahead(self, plan: Plan | None, problem: Problem | None) -> Forecast:
        """What is expected to be owed with a plan, at the prices of its problem."""
        return forecast(
            self._clock.now(),
            self._accounts,
            self._market.positions,
            plan_loads(plan),
            problem_prices(problem),
        )
