"""The rounds: every contender in turn, again and again, so that all see the same machine."""

from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass

from deploy.bench.gateways.contenders import Contender
from deploy.bench.gateways.load import post

MODES = ("whole", "stream")


@dataclass(frozen=True, slots=True)
class Plan:
    """How much is measured; ``seconds`` of each contender at each number of connections."""

    rounds: int
    seconds: int
    connections: tuple[int, ...]
    modes: tuple[str, ...] = MODES


@dataclass(frozen=True, slots=True)
class Sample:
    """One contender, once. ``cpu_us``: its processor time for one request, children's too."""

    contender: str
    mode: str
    connections: int
    round: int
    requests: int
    requests_per_s: float
    p50_us: int
    p99_us: int
    cpu_us: float
    failed: int


def measure(
    found: Sequence[Contender], plan: Plan, core: int, tell: Callable[[str], None]
) -> list[dict[str, object]]:
    """All samples, as data; ``tell`` gets a line a round. Raises BenchError."""
    for mode in plan.modes:
        for one in found:
            if mode in one.bodies:  # what is loaded or compiled at first use
                _sample(one, mode, min(plan.connections), 0, 1, core)
    samples = []
    for number in range(plan.rounds):
        for mode in plan.modes:
            for connections in plan.connections:
                for one in _turned(found, number):
                    if mode in one.bodies:
                        sample = _sample(one, mode, connections, number, plan.seconds, core)
                        samples.append(asdict(sample))
        tell(f"round {number + 1} of {plan.rounds}")
    return samples


def _turned(found: Sequence[Contender], number: int) -> list[Contender]:
    """Another one begins each round: who follows whom must not decide."""
    first = number % len(found)
    return [*found[first:], *found[:first]]


def _sample(
    one: Contender, mode: str, connections: int, number: int, seconds: int, core: int
) -> Sample:
    before = one.process.cpu_s()
    load = post(one.url, one.bodies[mode], connections, seconds, core)
    cpu = one.process.cpu_s() - before
    return Sample(
        contender=one.name,
        mode=mode,
        connections=connections,
        round=number,
        requests=load.requests,
        requests_per_s=load.requests / load.seconds,
        p50_us=load.p50_us,
        p99_us=load.p99_us,
        cpu_us=cpu * 1e6 / max(load.requests, 1),
        failed=load.failed,
    )
