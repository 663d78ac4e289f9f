"""A storm: rounds of workers that die, clocks that jump, disks that fill; then calm, and the checker.

Everything is drawn from the seed. What processes do to each other is not, so that the same seed meets the
same dangers and not always the same end.
"""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path

from outreach.ledger import ContactState, Ledger, open_ledger
from tests.chaos.checker import Breach, Report, check
from tests.chaos.clock import next_slot
from tests.chaos.faults import RECOVERY_STEPS
from tests.chaos.nursery import Nursery
from tests.chaos.plan import make_plan
from tests.chaos.processes import LATER, Stuck, Task, Worker, start
from tests.chaos.replays import differing
from tests.chaos.rounds import TROUBLES, Round, Weather
from tests.chaos.scenario import Scenario
from tests.chaos.stores import Store

__all__ = ["Storm", "storm"]

_HEALS = 0.5  # seconds after which a cut is healed
_WAITING = (ContactState.HELD, ContactState.LISTED, ContactState.OPEN)
_MOST_ROUNDS = 4  # for each kill that was wished


@dataclass
class Storm:
    """What happened, and what the checker says of it."""

    store: str
    seed: int
    folder: Path
    rounds: int = 0
    kills: Counter[str] = field(default_factory=Counter)
    troubles: Counter[str] = field(default_factory=Counter)
    refusals: Counter[str] = field(default_factory=Counter)
    seals: int = 0
    replayed: int = 0
    differing: list[Breach] = field(default_factory=list)
    seconds: float = 0.0
    report: Report | None = None

    @property
    def breaches(self) -> tuple[Breach, ...]:
        """What must never be."""
        assert self.report is not None
        return (*self.report.breaches, *self.differing)


def storm(
    store: Store,
    root: Path,
    seed: int,
    *,
    contacts: int,
    kills: int,
    steps: Sequence[str] = (),
    days: float = 2.0,
    troubles: Iterable[str] = TROUBLES,
) -> Storm:
    """Run one over a new project.

    :param root: the folder of the projects.
    :param steps: at which somebody has to die at least once, among the ``kills``.
    :param days: how long it goes on in calm afterwards, in the days of its own clock.
    """
    began = time.monotonic()
    plan = make_plan(contacts)
    scenario = Scenario(store, root, f"storm-{seed}", plan, str(seed))
    possible = [each for each in troubles if each in store.troubles or each not in ("cut", "disk", "restart")]
    weather = Weather(seed, plan, kills, steps, possible, store.shared)
    told = Storm(store.name, seed, scenario.folder)
    running = _Running(store, scenario, told)
    with closing(scenario), closing(running):
        while weather.left:
            if told.rounds > _MOST_ROUNDS * (kills + 2):
                raise Stuck(f"seed {seed}: nobody dies any more: {weather.left} kills left")
            running.round(weather.next(told.rounds), weather.again)
        running.calm(days)
        with scenario.open() as app:
            told.report = check(app.ledger, scenario.folder, plan)
            told.replayed, told.differing = differing(app)
    told.seconds = time.monotonic() - began
    return told


class _Running:
    """The workers of one storm."""

    def __init__(self, store: Store, scenario: Scenario, told: Storm) -> None:
        self._store = store
        self._scenario = scenario
        self._told = told
        self._nursery = Nursery(scenario.folder)
        self._started = 0
        self._untold: list[tuple[str, ...]] = []

    def close(self) -> None:
        """Let the nursery go."""
        self._nursery.close()

    # ---- storm -------------------------------------------------------------------------------------

    def round(self, planned: Round, again: Callable[[str], None]) -> None:
        """Both work, something befalls them, both end."""
        self._told.rounds += 1
        room = self._store.fill_disk() or 0 if planned.trouble == "disk" else 0
        back = planned.hours * 3600 if planned.trouble == "clock-back" else 0
        with self._workers(planned.tasks, room, in_turn=planned.in_turn, jump=back) as workers:
            for worker in workers:
                worker.wait_until_ready()
            time.sleep(planned.after)
            self._befall(planned)
            for worker in workers:
                if worker.task.later:
                    time.sleep(worker.task.later)
                    worker.kill()
            if self._told.rounds % 4 == 1:
                self._seal()
            for worker in workers:
                worker.wait()
        self._store.heal()
        self._scenario.clock.jump(-back)
        for worker in workers:
            self._count(worker, again, planned)
        clock = self._scenario.clock
        if planned.rest:
            clock.jump_to(next_slot(clock.now()))
        else:
            clock.jump(20 * 60)

    def _befall(self, planned: Round) -> None:
        trouble, clock = planned.trouble, self._scenario.clock
        if trouble:
            self._told.troubles[trouble] += 1
        if trouble == "clock-forward":
            clock.jump(planned.hours * 3600)
        elif trouble == "cut":
            self._store.cut()
            time.sleep(_HEALS)
            self._store.heal()
        elif trouble == "restart":
            self._store.restart()

    def _count(self, worker: Worker, again: Callable[[str], None], planned: Round) -> None:
        may_fail = planned.trouble in ("disk", "cut", "restart")
        task, died = worker.task, worker.died_at
        wished = LATER if task.later else task.die.partition(":")[0]
        if died:
            self._told.kills[died] += 1
        elif worker.status == 3 and may_fail:
            refusal = next(line for line in worker.said if line.startswith("failed"))
            self._told.refusals[refusal.split(":")[0].removeprefix("failed ")] += 1
        elif worker.status != 0:
            raise Stuck(worker.explain())
        if wished and not died and not (planned.in_turn and wished not in RECOVERY_STEPS):
            again(wished)
        if task.words[0] == "tell" and worker.status != 0:
            self._untold.append(task.words)

    def _seal(self) -> None:
        with self._ledger() as ledger:
            self._told.seals += ledger.seal() is not None

    # ---- calm --------------------------------------------------------------------------------------

    def calm(self, days: float) -> None:
        """Nobody dies any more: every row is answered, everything lost is found, time goes on."""
        time.sleep(self._store.patience)
        for words in self._untold:
            self._do(*words)
        files = tuple(sorted("=".join(each) for each in self._scenario.plan.files.items()))
        self._do("send", *files)
        clock = self._scenario.clock
        until = clock.now() + timedelta(days=days)
        while self._standing(*_WAITING) and clock.now() < until:
            self._do("calm", f"calm-{clock.now():%d-%H}")
            clock.jump_to(next_slot(clock.now()))
        clock.jump(2 * 3600)  # a task taken and not closed is given up within the hour
        deadline = time.monotonic() + 60
        while self._standing(ContactState.OPEN):
            if time.monotonic() > deadline:
                raise Stuck("attempts of runs that are gone stand open for ever")
            self._do("work", "0.1")
        self._seal()

    def _standing(self, *states: ContactState) -> int:
        """How many contacts stand like this."""
        with self._ledger() as ledger, ledger.read() as reading:
            found = reading.states()
        return sum(found.get(state, 0) for state in states)

    def _do(self, *words: str) -> None:
        with self._workers([Task(words)]) as [worker]:
            worker.wait()
        if worker.status != 0:
            raise Stuck(worker.explain())

    # ---- both --------------------------------------------------------------------------------------

    @contextmanager
    def _workers(
        self, tasks: Iterable[Task], room: int = 0, *, in_turn: bool = False, jump: float = 0.0
    ) -> Iterator[list[Worker]]:
        """None of them outlives the block.

        :param jump: by how many seconds the clock jumps between two that work in turn.
        """
        workers: list[Worker] = []
        try:
            for task in tasks:
                if in_turn and workers:
                    workers[-1].wait()
                    time.sleep(self._store.patience)  # what it left can be recovered only then
                    self._scenario.clock.jump(jump)
                self._started += 1
                workers.append(start(self._nursery, self._scenario.folder, self._started, task, room))
            yield workers
        finally:
            for worker in workers:
                worker.kill()
                worker.wait()

    @contextmanager
    def _ledger(self) -> Iterator[Ledger]:
        ledger = open_ledger(self._scenario.url, self._scenario.clock, folder=self._scenario.machine)
        try:
            yield ledger
        finally:
            ledger.close()
