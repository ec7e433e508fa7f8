"""Planning: from prices, forecasts and wishes to a schedule for every device, and the reasons for it."""

from temix_gateway.planning.planner import plan
from temix_gateway.planning.problem import Problem, Segment, Step, check, read_problem
from temix_gateway.planning.result import DevicePlan, Level, Plan, Reason, Unmet, Why

__all__ = [
    "DevicePlan",
    "Level",
    "Plan",
    "Problem",
    "Reason",
    "Segment",
    "Step",
    "Unmet",
    "Why",
    "check",
    "plan",
    "read_problem",
]
