"""What happens to a home whoever controls it: weather, sunshine, and what its people do."""
