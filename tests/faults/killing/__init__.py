"""Real processes that trade over TLS and are really killed, at labelled points."""
