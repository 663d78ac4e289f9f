"""What a project sets, where each value came from, and what is wrong with it if it cannot be used.

Precedence: command line, ``OUTREACH_…`` in the environment, ``.env``, ``outreach.toml`` found upward from
the current folder, defaults. Loaded once, at start; nothing here is on the path of a contact.
"""

from outreach.settings.loading import FILE_NAME, load_settings
from outreach.settings.model import (
    CollectorTable,
    CreditorTable,
    LedgerTable,
    LogTable,
    RoutesTable,
    SenderTable,
    Settings,
)
from outreach.settings.origins import HIDDEN, Origin, origins, without_password

__all__ = [
    "FILE_NAME",
    "HIDDEN",
    "CollectorTable",
    "CreditorTable",
    "LedgerTable",
    "LogTable",
    "Origin",
    "RoutesTable",
    "SenderTable",
    "Settings",
    "load_settings",
    "origins",
    "without_password",
]
