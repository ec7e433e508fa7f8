"""The whole integration in virtual time, between devices that misbehave and a gateway led by the test."""
