"""Can this gateway answer? Asked of the engine again and again, and told in one line."""

import asyncio
import logging
from dataclasses import dataclass, field

from service.engine.client import Engine
from service.engine.completion import CompletionRequest
from service.errors import EngineUnavailable, NerveError
from service.guard.counters import Counters
from service.guard.draining import Draining
from service.models.registry import Models
from service.ner.formats.lark import only_a_substring_of
from service.ner.prompt import render
from service.observe.metrics import Metrics
from service.settings import Settings

logger = logging.getLogger("nerve")

_READY = "workers that have been ready"
_NOT_ASKED = "the engine has not been asked yet"
_PROBE_TEXT = "浙商银行"


@dataclass(slots=True)
class Readiness:
    """``problem`` is None when the engine can be used, else the reason in one sentence; ``loaded``
    are the engine's names of what it had in memory at the last look.

    The base model has to be there and the default has to answer; the engine loads other adapters
    when they are first asked for. What the engine offers is probed, not assumed: its list of models
    at every look, and one short grounded request whenever it has come (back) into sight, or has let
    a completion wait for all its time.
    """

    settings: Settings
    registry: Models
    engine: Engine
    metrics: Metrics
    draining: Draining = field(default_factory=Draining)
    counters: Counters = field(default_factory=Counters)
    problem: str | None = field(default=_NOT_ASKED, init=False)
    loaded: frozenset[str] = field(default=frozenset(), init=False)

    async def watch(self) -> None:
        """Look at the engine for ever; cancelled at shutdown."""
        while True:
            await self.look()
            await asyncio.sleep(self.settings.probe_interval_s)

    async def look(self) -> None:
        """Bring ``problem`` up to date, and log it when it changed."""
        try:
            problem = await self._problem()
        except NerveError as exc:
            problem = exc.message
        except Exception:
            # Whatever it is, /ready has to go on telling the truth.
            logger.exception("the engine's state cannot be read")
            problem = "the engine's state cannot be read; the gateway's log says more"
        if problem != self.problem:
            if problem is None:
                logger.info("ready: %s", ", ".join(self.registry.models))
            else:
                logger.warning("not ready: %s", problem)
        self.problem = problem
        if problem is None:
            self._tell_the_others()
        self.metrics.engine.ready.set(problem is None)

    def require(self) -> None:
        """Raises EngineUnavailable, with the reason, unless ready."""
        if self.draining.begun and not self.draining.others_stay:
            raise EngineUnavailable("this gateway is about to end", code="draining")
        ready = self.counters.counter(_READY)
        if ready.mark and self.problem is _NOT_ASKED:
            return  # its first look is to come, and the other workers have had theirs
        if self.problem is not None:
            raise EngineUnavailable(self.problem, code="not_ready")
        # Once all have been there, one that dies is no reason: the others take its place.
        if not ready.mark:
            raise EngineUnavailable(
                f"{ready.total} of {self.counters.workers} workers are ready", code="not_ready"
            )

    def _tell_the_others(self) -> None:
        ready = self.counters.counter(_READY)
        if not ready.own:
            ready.add(1)
        if ready.total >= self.counters.workers:
            ready.mark = 1

    async def _problem(self) -> str | None:
        try:
            windows = await self.engine.models()
        except NerveError:
            self.loaded = frozenset()
            raise
        self.loaded = frozenset(windows)
        base, wanted = self.settings.base_model, self.settings.max_model_len
        if base not in windows:
            return f"the engine does not serve {base}; it has {', '.join(windows)[:200]}"
        window = windows[base]
        if window is not None and window < wanted:
            return (
                f"the engine's window is {window} tokens; "
                f"expected NERVE_MAX_MODEL_LEN = {wanted} or more"
            )
        is_certain = self.problem is None and not self.engine.may_hang
        return None if is_certain else await self._grounding_problem()

    async def _grounding_problem(self) -> str | None:
        """One short request under a grammar: an engine that cannot ground must not be used."""
        served = self.registry.resolve(None)
        prompt = render(served.template, served.labels, _PROBE_TEXT, self.settings.added_tokens)
        grammar = only_a_substring_of(_PROBE_TEXT)
        try:
            completion = await self.engine.complete(
                CompletionRequest(served.engine_name, prompt.messages, grammar, max_tokens=16),
                self.engine.deadline(),
            )
        except NerveError as exc:
            return f"{served.name} (as {served.engine_name}) does not answer: {exc.message}"
        if not completion.text or completion.text not in _PROBE_TEXT:
            return (
                "the engine does not keep to a grammar; "
                "start it with --structured-outputs-config.backend guidance"
            )
        return None
