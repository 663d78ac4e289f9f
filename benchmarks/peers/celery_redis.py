"""celery over redis: tasks that do nothing, put in one by one and run by a worker as it is by default.

Default: a pool of one process a core; acknowledged before the task runs. Results are not kept, which is
faster than to keep them.
"""

from __future__ import annotations

from celery import Celery
from redis import Redis
from told import broker, count_asked, rate_of, wait_until, worker

app = Celery("celery_redis", broker=broker())
app.conf.update(task_ignore_result=True, worker_hijack_root_logger=False)


@app.task
def nothing(number: int) -> None:
    """Do nothing."""


def main() -> None:
    """Done when the queue and what a worker has taken and not acknowledged are both empty."""
    server = Redis.from_url(broker())

    def done() -> bool:
        return not server.llen("celery") and not server.hlen("unacked")

    with worker("celery", "-A", "celery_redis", "worker", "--loglevel", "CRITICAL"):
        wait_until(lambda: bool(app.control.ping(timeout=0.5)))
        count = count_asked()
        before = _run()
        rate_of(lambda: nothing.delay(7), done, count)
        wait_until(lambda: _run() - before == count + max(count // 10, 1), pause=0.2)


def _run() -> int:
    """How many tasks the worker says it has taken up."""
    stats = app.control.inspect().stats() or {}
    return sum(sum(each["total"].values()) for each in stats.values())


if __name__ == "__main__":
    import celery_redis  # the task keeps the name by which the worker knows it

    celery_redis.main()
