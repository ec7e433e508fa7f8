"""Planning: from prices, forecasts and wishes to a schedule for every device, and the reasons for it."""

from temix_gateway.planning.explain import explain
from temix_gateway.planning.planner import plan
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
    "explain",
    "plan",
    "read_problem",
]
