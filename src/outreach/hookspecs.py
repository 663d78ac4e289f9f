"""Every hook of outreach: what an integrator or a compliance engineer may implement.

Hooks are of three kinds.

*Registration* (historic): called once for each plugin, at start. You hand over objects; the core
decides when to use them. Wrappers are refused.
*Choice* (firstresult): several answers are right and one is wanted. Never used for anything that
permits or forbids.
*Announcement*: something has happened and is already recorded. What you return is ignored; what you
raise is logged under your plugin's name, and you are told again later.

No hook can permit a contact or change its words after they were judged. You may leave out any argument
you do not need.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, Protocol

import pluggy
from jinja2.sandbox import SandboxedEnvironment

from outreach.channels import Channel
from outreach.domain import Consumer, Contact, Event, Sender
from outreach.policy.check import Check

__all__ = ["OUTREACH_API", "FactSource", "hookimpl"]

OUTREACH_API = 1
"""The version of this surface. A plugin states the one it was written for."""

hookspec = pluggy.HookspecMarker("outreach")
hookimpl = pluggy.HookimplMarker("outreach")


class FactSource(Protocol):
    """Someone outside who can tell: a CRM, a consent store, a suppression list.

    ``name`` is for the record; ``facts`` the names of the facts it gives. Asked once a group, before
    any lock, within the time limit of the settings.
    """

    name: str
    facts: frozenset[str]

    def ask(self, consumers: Sequence[Consumer]) -> Sequence[Mapping[str, Any]]:
        """For each consumer the facts known of her: plain JSON values by fact name.

        Return every fact you give for every consumer; a missing one is *unknown*, which blocks where a
        rule needs it. Truth values restrict when true (``suppressed: true``).
        """
        ...


# ---- Registration --------------------------------------------------------------------------------


@hookspec(historic=True)
def outreach_register_channels(register: Callable[[Channel], None], settings: Mapping[str, Any]) -> None:
    """Offer one or more channels.

    Build each from your own settings here, so that a missing credential stops the start and not a
    contact.

    :param register: takes one channel; its ``name`` must be new.
    :param settings: your own table of ``outreach.toml``, ``[plugin.<your name>]``, and ``folder``: the
        project's folder.

    Called: once, at start.
    If you raise: outreach does not start.
    """


@hookspec(historic=True)
def outreach_register_checks(register: Callable[[Check], None]) -> None:
    """Offer kinds of checks that packs can use by name.

    A check does nothing until a pack has a rule with ``check: <its kind>``.

    :param register: takes one check; its ``kind`` must be new.

    Called: once, at start.
    If you raise: outreach does not start. A check that raises later blocks the contact it was judging.
    """


@hookspec(historic=True)
def outreach_register_packs(register: Callable[[Path], None], settings: Mapping[str, Any]) -> None:
    """Offer folders with policy packs, besides ``config/policies`` of outreach and of the project.

    Packs only add or narrow.

    :param register: takes a folder that holds a ``pack.yaml`` and its ``cases.yaml``.
    :param settings: as for channels.

    Called: once, at start.
    If you raise: outreach does not start.
    """


@hookspec(historic=True)
def outreach_register_fact_sources(
    register: Callable[[FactSource], None], settings: Mapping[str, Any]
) -> None:
    """Offer a source of facts: a CRM, a consent store, a suppression list.

    Several sources may give the same fact: checks see the least permitting reading of all answers.

    :param register: takes one :class:`FactSource`; its ``name`` must be new.
    :param settings: as for channels.

    Called: once, at start.
    If you raise: outreach does not start. A source that raises or is late when asked leaves its facts
    unknown, which blocks where a rule needs them.
    """


@hookspec(historic=True)
def outreach_prepare_templates(environment: SandboxedEnvironment) -> None:
    """Add filters to the template environment.

    :param environment: sandboxed and strict about undefined names.

    Called: once, at start.
    If you raise: outreach does not start.
    """


# ---- Choice --------------------------------------------------------------------------------------


@hookspec(firstresult=True)
def outreach_choose_sender(contact: Contact, senders: Sequence[Sender]) -> Sender | None:
    """Choose the number, address or letterhead a contact is sent from.

    Stops at the first answer that is not ``None``. The choice is made before the contact is judged,
    so every rule sees it. Without an answer the first of ``senders`` is taken.

    :param contact: the contact, not to be kept.
    :param senders: those configured for this creditor and channel; choose among them.
    :returns: one of ``senders``, or ``None`` to leave the choice to others.

    Called: once for each contact with more than one sender, before it is judged.
    If you raise, or return a stranger: the contact is blocked.
    """


# ---- Announcement --------------------------------------------------------------------------------


@hookspec
def outreach_event_recorded(event: Event, settings: Mapping[str, Any]) -> None:
    """Learn that an event was committed to the ledger.

    One hook for everything that happens; choose by ``event.kind``.

    :param event: frozen; addresses, debts and people are the ledger's tokens, free text is left out.
    :param settings: as for channels.

    Called: after the commit, in order within a stream, at least once (keep ``event.id``).
    If you raise: you keep your place and are told again with growing pauses; nobody else waits.
    """
