"""Running: local on SQLite, without services."""
