"""Every error of outreach, and what each asks of the reader.

    OutreachError
    ├── StartError                 outreach does not start; never contained
    │   ├── SettingsError          a value is missing, unknown or impossible
    │   ├── PluginError            a plugin cannot be loaded, or two clash
    │   ├── PolicyError            a pack cannot be read or is unlawful in itself
    │   └── LedgerError            the ledger is foreign, damaged, too new or cannot be written
    └── ContainedError             one row, contact or request fails; the rest goes on
        ├── InputError             what came in cannot be used
        │   └── KeyTaken           another contact has this campaign and key
        ├── DraftError             no words, sender or route for this contact
        ├── NotCleared             something tried to send without a valid pass
        └── LedgerBusy             the ledger could not be locked in time; nothing was done
            └── LedgerConflict     two writes got in each other's way; this one was undone

An error tells up to four things, each on its line: what happened, where, why, and what to do.
No error text ever holds personal data: name a line, a column, a key or one of our ids instead.
A refusal by a rule is not an error but an answer (see :class:`outreach.domain.Decision`).
"""

from __future__ import annotations

__all__ = [
    "ContainedError",
    "DraftError",
    "InputError",
    "KeyTaken",
    "LedgerBusy",
    "LedgerConflict",
    "LedgerError",
    "NotCleared",
    "OutreachError",
    "PluginError",
    "PolicyError",
    "SettingsError",
    "StartError",
]


class OutreachError(Exception):
    """Something in outreach went wrong.

    :param what: one sentence, no personal data.
    :param where: file and line, setting, or one of our ids.
    :param why: the cause, where it is not plain from ``what``.
    :param remedy: what the reader can do now.
    """

    def __init__(self, what: str = "", *, where: str = "", why: str = "", remedy: str = "") -> None:
        self.what = what or (type(self).__doc__ or "").split("\n", 1)[0]
        self.where = where
        self.why = why
        self.remedy = remedy
        super().__init__(self.what)

    def __str__(self) -> str:
        lines = [self.what]
        for label, text in (("where", self.where), ("why", self.why), ("do", self.remedy)):
            if text:
                lines.append(f"  {label + ':':<7}{text}")
        return "\n".join(lines)

    def as_dict(self) -> dict[str, str]:
        """The same four parts for ``--json``; empty parts are left out."""
        parts = {"what": self.what, "where": self.where, "why": self.why, "remedy": self.remedy}
        return {"error": type(self).__name__, **{key: text for key, text in parts.items() if text}}


class StartError(OutreachError):
    """outreach cannot start."""


class SettingsError(StartError):
    """A setting is missing, unknown or impossible."""


class PluginError(StartError):
    """A plugin cannot be used."""


class PolicyError(StartError):
    """A policy pack cannot be used."""


class LedgerError(StartError):
    """The ledger cannot be used."""


class ContainedError(OutreachError):
    """One contact or request failed; the others go on."""


class InputError(ContainedError):
    """What came in cannot be used.

    :param column: the column or field at fault, where one is.
    """

    def __init__(
        self, what: str = "", *, where: str = "", why: str = "", remedy: str = "", column: str = ""
    ) -> None:
        super().__init__(what, where=where, why=why, remedy=remedy)
        self.column = column


class KeyTaken(InputError):
    """A contact with this campaign and key is already in the ledger."""


class DraftError(ContainedError):
    """No words, sender or route can be found for this contact."""


class NotCleared(ContainedError):
    """A channel was handed something that is not a valid pass; nothing was sent."""


class LedgerBusy(ContainedError):
    """The ledger could not be locked in time; nothing was done."""


class LedgerConflict(LedgerBusy):
    """Two writes to the ledger got in each other's way; this one was undone and can be made again."""
