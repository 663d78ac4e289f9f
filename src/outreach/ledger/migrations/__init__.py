"""The history of the schema, shipped in the package: the same for every database."""

from typing import Final

__all__ = ["REVISIONS"]

REVISIONS: Final = ("0001", "0002", "0003", "0004", "0005")
"""Every revision, oldest first; the last is what this version of outreach works with.

Kept here so that opening a ledger need not load Alembic; a test compares it with the scripts.
"""
