"""The commands of the gateway: each reads its arguments, asks a room, and shows what it says."""
