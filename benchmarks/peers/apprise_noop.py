"""apprise with a service that does nothing: one notify after the other; nothing is checked or stored."""

from __future__ import annotations

import statistics
import time

import apprise
from apprise import NotifyBase
from told import count_asked, told

TEXT = "This is from a debt collector. Please call us about your account. " * 9


class Nothing(NotifyBase):
    """Takes every message, at once."""

    service_name = "Nothing"
    secure_protocol = "noop"
    request_rate_per_sec = 0

    def url(self, *args: object, **kwargs: object) -> str:
        return "noop://nowhere"

    def send(self, body: str, title: str = "", **kwargs: object) -> bool:
        return True


def main() -> None:
    """Each notify is timed too, for the question of one contact alone."""
    count = count_asked()
    notifier = apprise.Apprise()
    notifier.add(Nothing(host="nowhere"))
    each = []
    for number in range(count // 10):
        notifier.notify(title="About your account", body=f"Person {number}. {TEXT}")
    began = time.perf_counter()
    for number in range(count):
        start = time.perf_counter()
        if not notifier.notify(title="About your account", body=f"Person {number}. {TEXT}"):
            raise SystemExit("apprise did not take a message")
        each.append(time.perf_counter() - start)
    took = time.perf_counter() - began
    cuts = statistics.quantiles(each, n=100)
    told(rate=count / took, p50=statistics.median(each), p99=cuts[98], tasks=count)


if __name__ == "__main__":
    main()
