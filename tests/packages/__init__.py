"""The packages in which the gateway comes."""
