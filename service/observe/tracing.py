"""Spans of a request's stages and of its questions to the engine, with OpenTelemetry's API.

The API alone does nothing: who runs the gateway gives a provider, or there are no spans, and only a
caller's trace context is passed on. Outside of a traced request there are none either. No span has
a text, unless a setting asks for it; of an error it has the type, since its words may quote one.
"""

import json
from collections.abc import Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext
from importlib.metadata import version
from typing import Any
from urllib.parse import urlsplit

from opentelemetry import trace
from opentelemetry.trace import Span, SpanKind, StatusCode, Tracer, TracerProvider
from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

from service.ner.prompt import Message

# W3C's, whatever else is configured: what a caller calls baggage is not for the engine.
PROPAGATOR = TraceContextTextMapPropagator()
_NOTHING = nullcontext()


class Tracing:
    """``tracer`` is None without a provider; ``texts``: spans have prompts and completions."""

    def __init__(
        self, provider: TracerProvider | None = None, engine_url: str = "", texts: bool = False
    ) -> None:
        self.tracer = provider.get_tracer("nerve", version("nerve")) if provider else None
        self._engine, self._texts = urlsplit(engine_url), texts

    def stage(self, name: str) -> AbstractContextManager[object]:
        """A span for a stage of an extraction, in which its questions to the engine are."""
        if self.tracer is None or not trace.get_current_span().is_recording():
            return _NOTHING
        return _current(self.tracer.start_span(name))

    def asking(
        self, operation: str | None, model: str, **more: Any
    ) -> AbstractContextManager["Question"]:
        """A span for a question to the engine, as OpenTelemetry's conventions for generative AI
        have it; ``more`` are attributes of the request. None for ``operation``: nothing is
        generated, and there is no span."""
        span = trace.get_current_span()
        if not (self.tracer and operation and span.is_recording()):
            return nullcontext(Question(span, self._texts))
        return self._asking(self.tracer, operation, model, more)

    def chat(
        self, model: str, max_tokens: int, messages: Sequence[Message]
    ) -> AbstractContextManager["Question"]:
        """The span of a chat completion, greedy, of at most ``max_tokens``."""
        span = trace.get_current_span()
        if not (self.tracer and span.is_recording()):
            return nullcontext(Question(span, self._texts))
        more = {"max_tokens": max_tokens, "temperature": 0.0}
        return self._asking(self.tracer, "chat", model, more, messages)

    @contextmanager
    def _asking(
        self,
        tracer: Tracer,
        operation: str,
        model: str,
        more: Mapping[str, Any],
        prompt: Sequence[Message] = (),
    ) -> Iterator["Question"]:
        attributes = {
            "gen_ai.operation.name": operation,
            "gen_ai.provider.name": "vllm",
            "gen_ai.request.model": model,
            "server.address": self._engine.hostname or "",
            "server.port": self._engine.port or (443 if self._engine.scheme == "https" else 80),
            **{f"gen_ai.request.{name}": value for name, value in more.items()},
        }
        name = f"{operation} {model}"
        span = tracer.start_span(name, kind=SpanKind.CLIENT, attributes=attributes)
        if self._texts and prompt:
            said = [_said(message["role"], message["content"]) for message in prompt]
            span.set_attribute("gen_ai.input.messages", json.dumps(said, ensure_ascii=False))
        with _ended(span):
            yield Question(span, self._texts)


class Question:
    """What is known of a question while it is asked."""

    def __init__(self, span: Span, texts: bool) -> None:
        self._span, self._texts = span, texts

    def headers(self) -> dict[str, str]:
        """What tells the engine of the trace; empty outside of one."""
        carrier: dict[str, str] = {}
        if not self._span.get_span_context().is_valid:
            return carrier
        PROPAGATOR.inject(carrier, trace.set_span_in_context(self._span))
        return carrier

    def answered(
        self, text: str, *, complete: bool, prompt_tokens: int, completion_tokens: int
    ) -> None:
        """What was written, how much was read and written, and why it ended."""
        if not self._span.is_recording():
            return
        reason = "stop" if complete else "length"
        self._span.set_attributes(
            {
                "gen_ai.usage.input_tokens": prompt_tokens,
                "gen_ai.usage.output_tokens": completion_tokens,
                "gen_ai.response.finish_reasons": [reason],
            }
        )
        if self._texts:
            said = [{**_said("assistant", text), "finish_reason": reason}]
            self._span.set_attribute("gen_ai.output.messages", json.dumps(said, ensure_ascii=False))


def _said(role: str, content: str) -> dict[str, Any]:
    return {"role": role, "parts": [{"type": "text", "content": content}]}


def trace_id() -> str | None:
    """Of the trace that the request belongs to, its caller's or ours; None outside of one."""
    context = trace.get_current_span().get_span_context()
    return trace.format_trace_id(context.trace_id) if context.is_valid else None


def exemplar() -> dict[str, str] | None:
    """What leads from a measured time to the trace of its request; None where none is kept."""
    context = trace.get_current_span().get_span_context()
    if not (context.is_valid and context.trace_flags.sampled):
        return None
    return {"trace_id": trace.format_trace_id(context.trace_id)}


@contextmanager
def _current(span: Span) -> Iterator[None]:
    # Its own way with exceptions would put their words into the span.
    with (
        _ended(span),
        trace.use_span(span, record_exception=False, set_status_on_exception=False),
    ):
        yield


@contextmanager
def _ended(span: Span) -> Iterator[None]:
    """The span ends with what is inside; it bears the type of an error."""
    try:
        yield
    except BaseException as exc:
        fail(span, type(exc).__name__)
        raise
    finally:
        span.end()


def fail(span: Span, kind: str) -> None:
    """The span's work has failed, by an error of this type."""
    span.set_attribute("error.type", kind)
    span.set_status(StatusCode.ERROR)
