"""Trading: moves the position towards the plan, within limits."""
