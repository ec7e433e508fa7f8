"""The search among whole schedules: what batteries do counts, and few beginnings are enough."""

import numpy as np
import pytest
from temix_gateway.planning.case import Case
from temix_gateway.planning.planner import plan
from temix_gateway.planning.program import INFINITE, Program
from temix_gateway.planning.result import Level
from temix_gateway.planning.tariff import Answer, Tariff

from tests.gateway.planning.homes import home, tapering, uniform

pytestmark = pytest.mark.timeout(60)


def least(tariff: Tariff, answer: Answer, step: int, net: float) -> float:
    """What a net load (Wh) costs in a step where a battery does its best: a linear program."""
    program = Program()
    over = np.array([net - tariff.position[step]]) / 1000
    row = program.add_rows(over, over)
    bought = program.add_columns(tariff.buy[step], upper=tariff.buy_depth[step] / 1000)
    sold = program.add_columns(-tariff.sell[step], upper=tariff.sell_depth[step] / 1000)
    given = program.add_columns(answer.give_price[[step]], upper=answer.give_depth[[step]] / 1000)
    taken = program.add_columns(-answer.charge_price[[step]], upper=answer.charge_depth[[step]] / 1000)
    for columns, sign in ((bought, 1.0), (sold, -1.0), (given, 1.0), (taken, -1.0)):
        program.put(row, columns, sign)
    found = program.solve(5.0)
    assert found is not None
    assert abs(found.objective) < INFINITE
    return found.objective


@pytest.mark.parametrize("seed", range(4))
def test_beside_batteries_a_net_load_costs_what_their_best_answer_leaves(seed: int) -> None:
    rng = np.random.default_rng(seed)
    tariff = Case.of(home(uniform(12), seed, devices=())).tariff
    worth = rng.uniform(0.02, 0.3, 12)
    answer = Answer(0.9 * worth, rng.uniform(0, 400, 12), worth / 0.9, rng.uniform(0, 400, 12))

    joined = tariff.beside([answer])

    for step in range(12):
        nets = rng.uniform(-900, 900, 5)
        costs = [joined.cost(np.full(12, net))[step] for net in nets.tolist()]
        true = [least(tariff, answer, step, net) for net in nets.tolist()]
        assert np.diff(costs) == pytest.approx(np.diff(true), abs=1e-7)


def test_the_search_ends_by_itself_where_nothing_more_is_gained() -> None:
    found = plan(home(tapering()), budget=30.0)

    assert found.level is Level.COLUMNS
    assert found.bound is not None
    assert found.seconds < 15.0  # 0.4 s where it was measured; busy machines pass too
