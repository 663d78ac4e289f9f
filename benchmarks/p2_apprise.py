"""P2: guarded, durable dispatch against apprise's notify, which checks and stores nothing."""

from __future__ import annotations

from figures import Figure, How, NotMeasured, figure, in_turn, middle, not_measured
from p1_dispatch import dispatched
from peer import peer

WHAT = "guarded, durable dispatch against apprise's no-op notify"


def measure(how: How) -> list[Figure]:
    """Both in turn, each in a process of its own."""
    contacts, notifies = how.pick(4_000, 20_000), how.pick(5_000, 20_000)
    try:
        told = in_turn(
            how.pick(3, 5),
            lambda _: peer("apprise_noop", notifies)["rate"],
            lambda _: dispatched(how.folder, contacts).rate,
        )
    except NotMeasured as why:
        return [not_measured("P2", WHAT, str(why))]
    theirs, ours = zip(*told, strict=True)
    rates = {"contacts_per_second": middle(ours), "notifies_per_second": middle(theirs)}
    return [figure("P2", WHAT, [mine / other for other, mine in told], **rates, contacts=contacts)]
