"""Planning: from prices, forecasts and wishes to a schedule."""
