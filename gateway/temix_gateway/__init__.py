"""The gateway: holds one home's money and trades for it."""
