"""Which of several numbers a person is contacted from: always the same one."""

from __future__ import annotations

from collections.abc import Sequence

from outreach.domain import Sender, digest_of

__all__ = ["sticky"]


def sticky(person: str, senders: Sequence[Sender]) -> Sender:
    """The sender with the highest digest of person and sender (rendezvous hashing).

    A number that is added takes over only those who now fall to it; one that is taken away loses only
    its own. Thaler and Ravishankar, "A name-based mapping scheme for rendezvous", 1996.

    :param senders: at least one, in any order.
    """
    return max(senders, key=lambda sender: (digest_of([person, sender.id]), sender.id))
