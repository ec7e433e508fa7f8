"""The local API for Home Assistant: one WebSocket over TLS, served by the gateway."""
