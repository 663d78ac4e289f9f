"""What outreach itself offers, through the same hooks as everybody: checks, packs, a filter, a choice."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Sequence
from pathlib import Path

from jinja2.sandbox import SandboxedEnvironment

import outreach
from outreach.domain import Contact, Sender
from outreach.hookspecs import OUTREACH_API, hookimpl
from outreach.policy.check import Check
from outreach.policy.checks import builtin_checks

__all__ = ["Builtin", "spoken"]


class Builtin:
    """The plugin called ``outreach``.

    :param packs: the shipped ``config/policies``; every folder below it with a ``pack.yaml`` is offered.
    """

    OUTREACH_API = OUTREACH_API
    __version__ = outreach.__version__

    def __init__(self, packs: Path) -> None:
        self._packs = packs

    @hookimpl
    def outreach_register_checks(self, register: Callable[[Check], None]) -> None:
        """The kinds of checks of the shipped packs."""
        for check in builtin_checks():
            register(check)

    @hookimpl
    def outreach_register_packs(self, register: Callable[[Path], None]) -> None:
        """The shipped packs."""
        for pack in sorted(self._packs.rglob("pack.yaml")):
            register(pack.parent)

    @hookimpl
    def outreach_prepare_templates(self, environment: SandboxedEnvironment) -> None:
        """The filter ``spoken`` for call scripts."""
        environment.filters["spoken"] = spoken

    @hookimpl
    def outreach_choose_sender(self, contact: Contact, senders: Sequence[Sender]) -> Sender:
        """The same person is always contacted from the same number, so that she can know it as ours.

        Rendezvous hashing: a sender that is added or taken away moves only those it must.
        """
        return max(senders, key=lambda sender: _score(contact.person, sender.id))


def spoken(number: object) -> str:
    """A number as it is read aloud: its digits apart, in the groups in which it is written.

    ``+1 614-555-0123`` gives ``1, 6 1 4, 5 5 5, 0 1 2 3``; an unbroken North American number is put into
    its usual groups, any other into groups of three from the left.
    """
    text = str(number)
    if found := re.fullmatch(r"\+1(\d{3})(\d{3})(\d{4})", text):
        groups = ["1", *found.groups()]
    else:
        groups = re.findall(r"\d+", text)
        if len(groups) == 1 and len(groups[0]) > 4:
            groups = re.findall(r"\d{1,3}", groups[0])
    return ", ".join(" ".join(group) for group in groups)


def _score(person: str, sender: str) -> bytes:
    return hashlib.sha256(f"{person}\n{sender}".encode()).digest()
