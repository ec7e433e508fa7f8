"""EMHASS on the problems of a file, in its own environment; started by ``benchmarks/beside_emhass.py``.

Run as beside_emhass_worker.py PROBLEMS.json RESULTS.json, with EMHASS's own Python. It calls the optimiser.
"""

import asyncio
import json
import logging
import resource
import sys
import time
from pathlib import Path

began = time.perf_counter()
import emhass  # noqa: E402
import numpy as np  # noqa: E402
import orjson  # noqa: E402
import pandas as pd  # noqa: E402
from emhass import utils  # noqa: E402
from emhass.optimization import Optimization  # noqa: E402

IMPORTED_S = time.perf_counter() - began


async def defaults():
    """EMHASS's configuration as it comes."""
    root = Path(emhass.__file__).parent
    data = root / "data"
    folders = {
        "data_path": data,
        "root_path": root,
        "defaults_path": data / "config_defaults.json",
        "associations_path": data / "associations.csv",
    }
    log = logging.getLogger("emhass")
    log.setLevel(logging.ERROR)
    config = await utils.build_config(folders, log, folders["defaults_path"])
    _, secrets = await utils.build_secrets(folders, log, no_response=True)
    params = await utils.build_params(folders, secrets, config, log)
    return *utils.get_yaml_parse(orjson.dumps(params).decode(), log), folders, log


def solve(problem, known):
    """One problem: seconds of build and solve, and what battery and loads do (W)."""
    retrieve, optimisation, plant, folders, log = known
    steps, loads = problem["steps"], problem["loads"]
    none = [0] * len(loads)
    retrieve = {**retrieve, "optimization_time_step": pd.to_timedelta(problem["minutes"], "minutes")}
    optimisation = {
        **optimisation,
        "set_use_battery": True,
        "set_use_pv": True,
        "set_nodischarge_to_grid": False,
        "lp_solver_mip_rel_gap": problem["gap"],
        "number_of_deferrable_loads": len(loads),
        "nominal_power_of_deferrable_loads": [float(load["power"]) for load in loads],
        "minimum_power_of_deferrable_loads": [0.0] * len(loads),
        "operating_hours_of_each_deferrable_load": [load["hours"] for load in loads],
        "start_timesteps_of_each_deferrable_load": none,
        "end_timesteps_of_each_deferrable_load": none,
        "treat_deferrable_load_as_semi_cont": [True] * len(loads),
        "set_deferrable_load_single_constant": [False] * len(loads),
        "set_deferrable_startup_penalty": [0.0] * len(loads),
        "set_deferrable_max_startups": none,
        "def_minimum_on_time": none,
        "def_minimum_off_time": none,
        "deferrable_load_max_cost": [0.0] * len(loads),
        "cost_forecast_per_deferrable_load": [None] * len(loads),
        "is_electric_load": [True] * len(loads),
        "delta_forecast_daily": pd.to_timedelta(steps * problem["minutes"], "minutes"),
    }
    battery = problem["battery"]
    plant = {
        **plant,
        "maximum_power_from_grid": problem["grid"],
        "maximum_power_to_grid": problem["grid"],
        "battery_discharge_power_max": battery["power"],
        "battery_charge_power_max": battery["power"],
        "battery_discharge_efficiency": battery["efficiency"],
        "battery_charge_efficiency": battery["efficiency"],
        "battery_nominal_energy_capacity": battery["capacity"],
        "battery_minimum_state_of_charge": battery["low"],
        "battery_maximum_state_of_charge": battery["high"],
        "battery_target_state_of_charge": battery["usual"],
    }
    index = pd.date_range("2025-01-01", periods=steps, freq=f"{problem['minutes']}min", tz="UTC")
    frame = pd.DataFrame({"unit_load_cost": problem["buy"], "unit_prod_price": problem["sell"]}, index=index)
    load, sun = np.array(problem["load"]), np.array(problem["pv"])
    begun = time.perf_counter()
    optimiser = Optimization(
        retrieve, optimisation, plant, "unit_load_cost", "unit_prod_price", "profit", folders, log,
        num_timesteps=steps,
    )  # fmt: skip
    found = optimiser.perform_optimization(
        frame, sun, load, np.array(problem["buy"]), np.array(problem["sell"]),
        soc_init=battery["usual"], soc_final=battery["usual"],
    )  # fmt: skip
    seconds = time.perf_counter() - begun
    return {
        "seconds": seconds,
        "status": str(optimiser.optim_status),
        "battery": (-found["P_batt"]).tolist(),
        "loads": [found[f"P_deferrable{number}"].tolist() for number in range(len(loads))],
    }


def main():
    """Answer every problem of the file."""
    known = asyncio.run(defaults())
    problems = json.loads(Path(sys.argv[1]).read_text())
    results = [solve(problem, known) for problem in problems]
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    Path(sys.argv[2]).write_text(json.dumps({"import": IMPORTED_S, "peak": peak, "results": results}))


main()
