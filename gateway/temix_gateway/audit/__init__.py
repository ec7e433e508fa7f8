"""The audit: what a settled day would have cost otherwise."""
