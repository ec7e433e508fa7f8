"""The wire: CTS-aligned payloads as strict structs, their conversion to market objects, and their seal."""
