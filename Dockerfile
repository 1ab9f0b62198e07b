# syntax=docker/dockerfile:1
# The gateway: docker build --target gateway . (the default). No torch, no vLLM, no root.
# The engine runs in vLLM's own image; the target engine-cpu is that image with our plugin.
ARG PYTHON_IMAGE=python:3.11.14-slim-bookworm
ARG VLLM_CPU_IMAGE=public.ecr.aws/q9t5s3a7/vllm-cpu-release-repo:v0.32.0


FROM ${PYTHON_IMAGE} AS build
ENV PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_NO_CACHE_DIR=1
WORKDIR /app
# pip stays outside of the environment that is shipped.
RUN python -m venv --without-pip .venv
# The gateway's packages, and those that send traces, which are idle until they are asked for.
COPY requirements/tracing.txt requirements/
RUN pip --python .venv/bin/python install --require-hashes --only-binary :all: -r requirements/tracing.txt
COPY pyproject.toml README.md ./
# Its code alone: .dockerignore leaves the adapters themselves out.
COPY adapters adapters
COPY deploy deploy
COPY service service
RUN pip --python .venv/bin/python install --no-deps -e . \
 && python -m compileall -q adapters deploy service \
 && pip install --no-deps --target /opt/nerve-plugin deploy/engine/plugin


# vLLM for CPU with the plugin that mends its LoRA operators: see deploy/README.md. On the path
# rather than installed, so it does not matter which installer that image has.
FROM ${VLLM_CPU_IMAGE} AS engine-cpu
COPY --from=build /opt/nerve-plugin /opt/nerve-plugin
ENV PYTHONPATH=/opt/nerve-plugin


FROM ${PYTHON_IMAGE} AS gateway
RUN useradd --uid 10001 --no-create-home --home-dir /nonexistent --shell /usr/sbin/nologin nerve \
 && install -d /srv/adapters \
 && install -d -o 10001 -g 10001 /srv/store
COPY --from=build /app /app
WORKDIR /app
# Adapters are mounted at /srv/adapters, the store that engine and gateway share at /srv/store;
# without any, the base model is served. The gateway refuses to listen beyond loopback without api
# keys, until it is told to: NERVE_ALLOW_NO_KEYS.
ENV PATH=/app/.venv/bin:$PATH \
    PYTHONDONTWRITEBYTECODE=1 \
    PYTHONUNBUFFERED=1 \
    NERVE_ADAPTERS=/srv/adapters \
    NERVE_STORE=/srv/store \
    NERVE_HOST=0.0.0.0 \
    NERVE_LOG_FORMAT=json
USER 10001:10001
EXPOSE 8080
# Liveness: it never depends on the engine. NERVE_PORT as the gateway reads it; past any http_proxy.
HEALTHCHECK --interval=10s --timeout=5s --start-period=20s --retries=3 \
  CMD ["python", "-c", "import os, urllib.request as u; u.build_opener(u.ProxyHandler({})).open(f\"http://127.0.0.1:{os.environ.get('NERVE_PORT') or 8080}/live\", timeout=4)"]
ENTRYPOINT ["nerve"]
CMD ["serve"]
