"""Planning: from prices, forecasts and wishes to a schedule for every device, and the reasons for it.

What is here is what is asked and answered. Whoever plans loads numpy and a solver, with ``planner``,
``explain`` and ``forecast``: the gateway's own process has ``worker`` do that in another.
"""

from temix_gateway.planning.problem import Problem, Segment, Step, check, read_problem
from temix_gateway.planning.result import (
    Alternative,
    DevicePlan,
    Explanation,
    Level,
    Plan,
    Reason,
    Unmet,
    Why,
)

__all__ = [
    "Alternative",
    "DevicePlan",
    "Explanation",
    "Level",
    "Plan",
    "Problem",
    "Reason",
    "Segment",
    "Step",
    "Unmet",
    "Why",
    "check",
    "read_problem",
]
