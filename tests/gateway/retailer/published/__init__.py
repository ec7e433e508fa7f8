"""Tests of the services that publish prices, and of the gateway that only takes prices."""
