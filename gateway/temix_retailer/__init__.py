"""The reference retailer: load-serving entity and distribution operator with one book."""
