"""CTS-aligned payloads, and how they are written, signed and chained."""
