"""How connections are accepted."""
