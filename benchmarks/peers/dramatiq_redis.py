"""dramatiq over redis: messages that do nothing, put in one by one, run by one process of eight threads."""

from __future__ import annotations

import dramatiq
from dramatiq.brokers.redis import RedisBroker
from told import broker, count_asked, rate_of, worker

redis = RedisBroker(url=broker())
dramatiq.set_broker(redis)


@dramatiq.actor
def nothing(number: int) -> None:
    """Do nothing."""


def main() -> None:
    """Done when nothing waits and nothing is unacknowledged."""
    with worker("dramatiq", "dramatiq_redis", "--processes", "1", "--threads", "8"):
        rate_of(lambda: nothing.send(7), lambda: not redis.do_qsize("default"), count_asked())


if __name__ == "__main__":
    import dramatiq_redis  # the task keeps the name by which the worker knows it

    dramatiq_redis.main()
