"""huey over SQLite with fsync: tasks that do nothing, all put in one by one, then run by one thread.

Its worker and whoever puts tasks in wait for each other's lock if both are at work at once; one after
the other is many times faster, so that is what is measured.
"""

from __future__ import annotations

import logging
import time

from huey import SqliteHuey
from told import broker, count_asked, told, wait_until

huey = SqliteHuey("bench", filename=broker(), fsync=True, results=False)
logging.getLogger("huey").setLevel(logging.ERROR)


@huey.task()
def nothing(number: int) -> None:
    """Do nothing."""


def main() -> None:
    """Done when nothing waits."""
    count = count_asked()
    nothing(7)
    began = time.perf_counter()
    for _ in range(count):
        nothing(7)
    put = time.perf_counter() - began
    consumer = huey.create_consumer(workers=1, periodic=False)
    consumer.start()
    wait_until(lambda: not huey.pending_count(), pause=0.05)
    took = time.perf_counter() - began
    consumer.stop(graceful=True)
    told(rate=count / took, enqueue_rate=count / put, tasks=count)


if __name__ == "__main__":
    main()
