"""Logs: one JSON object a line, and no personal data in it whatever is passed in."""

from outreach.logs.personal import Hit, find_personal
from outreach.logs.redaction import HIDDEN, SHAPES, redact
from outreach.logs.writing import Writer, configure, get

__all__ = ["HIDDEN", "SHAPES", "Hit", "Writer", "configure", "find_personal", "get", "redact"]
