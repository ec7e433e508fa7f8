"""The commissioning pages."""
