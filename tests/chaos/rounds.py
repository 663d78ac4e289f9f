"""What befalls a storm, round by round, drawn from its seed: who works, who dies where, what goes wrong."""

from __future__ import annotations

import random
from collections import deque
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from tests.chaos.faults import AGENT_STEPS, ANY, RECOVERY_STEPS, SEND_STEPS, STEPS, TELL_STEPS
from tests.chaos.plan import Plan
from tests.chaos.processes import LATER, Task

__all__ = ["TROUBLES", "Round", "Weather"]

TROUBLES = (
    "clock-forward",  # hours, while both work
    "clock-back",  # hours, when one has worked and before the other does; then it is set right
    "disk",  # full, while both work
    "cut",  # nobody can write for a while
    "restart",  # the store dies and comes back
    "twice-the-file",  # one campaign file, two processes
    "twice-the-sweep",  # what is due, two processes
    "two-machines",  # two campaigns over the same people
)


@dataclass(frozen=True, slots=True)
class Round:
    """Two workers, and what befalls them together; "" for nothing."""

    tasks: tuple[Task, Task]
    trouble: str = ""
    after: float = 0.0  # seconds after both are ready
    hours: int = 0  # by which the clock jumps
    rest: bool = True  # whether the next round is at another time of day
    in_turn: bool = False  # whether the second begins when the first has ended


class Weather:
    """Draws rounds until as many kills have happened as were wished.

    :param steps: at which somebody has to die at least once; the other kills fall anywhere.
    :param shared: whether the store is one that workers of the distributed engine can share.
    """

    def __init__(
        self,
        seed: int,
        plan: Plan,
        kills: int,
        steps: Sequence[str],
        troubles: Iterable[str],
        shared: bool,
    ) -> None:
        self._chance = random.Random(seed)
        self._plan = plan
        self._shared = shared
        wished = self._chance.sample(steps, len(steps))
        wished.sort(key=lambda step: step not in SEND_STEPS)  # before agents can call, tasks have to be there
        others = self._chance.choices([*STEPS, ANY, ANY, LATER, LATER], k=max(0, kills - len(wished)))
        self._kills = deque([*wished, *others])
        self._troubles = [*troubles]
        self._next_troubles: deque[str] = deque()
        self._missed: set[str] = set()
        self._drawn = 0
        self._agents = 0
        self._said = 0

    @property
    def left(self) -> int:
        """How many kills are still to come."""
        return len(self._kills)

    def again(self, step: str) -> None:
        """A worker ended before it came to this step; somebody else has to die there, and soon."""
        self._kills.appendleft(step)
        self._missed.add(step)

    def next(self, number: int) -> Round:
        """The next round."""
        self._drawn = number
        trouble = self._trouble() if number % 2 else ""
        if self._kills and self._kills[0] in RECOVERY_STEPS:
            trouble = ""
            tasks = self._killed_again()
        elif trouble == "twice-the-file":
            tasks = [Task(self._files(1))] * 2
        elif trouble == "twice-the-sweep":
            tasks = [Task(self._work("0.5"))] * 2
        elif trouble == "clock-back":
            # What the first records stands in the future of the second.
            tasks = [Task(self._chance.choice([self._files(2), self._tell(), self._agent()]))]
            tasks += [Task(self._chance.choice([self._files(3), self._work()]))]
        elif trouble == "two-machines":
            _, *campaigns = self._files(2)  # each its own, over the same people
            tasks = [Task(("send", each), machine=f"host-{each[:3]}") for each in campaigns]
            tasks[0] = self._doomed(tasks[0], ANY) if self._kills else tasks[0]
        else:
            tasks = [self._killed() if self._kills_now() else Task(self._any_work()) for _ in range(2)]
        return Round(
            (tasks[0], tasks[1]),
            trouble,
            after=self._chance.uniform(0.0, 0.4),
            hours=self._chance.randint(1, 5) if trouble == "clock-forward" else -self._chance.randint(1, 4),
            rest=self._chance.random() < 0.8,
            in_turn=trouble == "clock-back" or tasks[1].die.partition(":")[0] in RECOVERY_STEPS,
        )

    def _kills_now(self) -> bool:
        return bool(self._kills) and self._kills[0] not in RECOVERY_STEPS

    def _trouble(self) -> str:
        """Each in turn, in an order of chance, so that none is left out."""
        if not self._next_troubles:
            self._next_troubles.extend(self._chance.sample(self._troubles, len(self._troubles)))
        return self._next_troubles.popleft() if self._next_troubles else ""

    def _killed_again(self) -> list[Task]:
        """One leaves something to be recovered, and the next dies while it does that."""
        step = self._kills.popleft()
        work = self._chance.choice([self._work(), self._files(3)])
        first = Task(work, die=f"{self._chance.choice(('committed', 'noted', 'sent'))}:1")
        return [first, Task(("work", "0.5"), die=f"{step}:1")]

    def _killed(self) -> Task:
        step = self._kills.popleft()
        if step in AGENT_STEPS:
            work = self._agent()
        elif step in TELL_STEPS:
            work = self._tell()
        elif step == ANY:
            work = self._any_work()
        else:
            work = self._files(2)
            if self._drawn > 2:  # before that nothing can be due
                work = self._chance.choice([self._work(), work])
        if step == LATER:
            return Task(work, later=self._chance.uniform(0.001, 0.5))
        return self._doomed(Task(work), step)

    def _doomed(self, task: Task, step: str) -> Task:
        """Early enough to be reached: there may be little to do."""
        most = {ANY: 30, "noted": 8, "sent": 8, "told": 2}.get(step, 3)
        most = 1 if step in self._missed else most
        self._missed.discard(step)
        return replace(task, die=f"{step}:{self._chance.randint(1, most)}")

    def _any_work(self) -> tuple[str, ...]:
        kinds = (self._work, lambda: self._files(2), self._agent, self._agent, self._tell)
        return self._chance.choice(kinds)()

    def _work(self, seconds: str = "0.8") -> tuple[str, ...]:
        """What is due, by the local engine or by a worker, who takes longer to begin."""
        if self._shared and self._chance.random() < 0.7:
            return ("serve", str(float(seconds) + 1.0))
        return ("work", seconds)

    def _files(self, count: int) -> tuple[str, ...]:
        files = self._chance.sample(sorted(self._plan.files.items()), count)
        what = "queue" if self._shared and self._chance.random() < 0.3 else "send"
        return (what, *("=".join(each) for each in files))

    def _agent(self) -> tuple[str, ...]:
        self._agents += 1
        return ("agent", f"agent{self._agents}", str(max(8, len(self._plan.people) // 2)))

    def _tell(self) -> tuple[str, ...]:
        self._said += 1
        return ("tell", str(self._said), str(max(2, len(self._plan.people) // 20)))
