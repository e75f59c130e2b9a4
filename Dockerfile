# Tastemaker's local run in a container: the whole service at port 4566, with its state in the volume /state.
#
#   docker build -t tastemaker .
#   docker run --rm -p 127.0.0.1:4566:4566 -v tastemaker:/state tastemaker
#
# docs/testing.md describes it, and how tests start it.

FROM node:22.21-bookworm-slim AS node

# Python packages, and the synthesized app. Only this stage has Node.js, on which the CDK runs.
FROM python:3.13-slim-bookworm AS build
COPY --from=node /usr/local/bin/node /usr/local/bin/node
# An index of CPU builds of PyTorch makes the image some gigabytes smaller: --build-arg PIP_EXTRA_INDEX_URL=…
ARG PIP_EXTRA_INDEX_URL
ENV PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_NO_CACHE_DIR=1 VIRTUAL_ENV=/app/.venv
WORKDIR /app
COPY requirements.lock training/requirements.txt ./build/
RUN python -m venv .venv \
    && .venv/bin/pip install uv==0.13.9 \
    && .venv/bin/uv pip install --no-cache --require-hashes -r build/requirements.lock \
    && .venv/bin/pip install -r build/requirements.txt
COPY . .
RUN .venv/bin/python -c "from local import synthesize; synthesize(print)"

FROM python:3.13-slim-bookworm
RUN useradd --uid 10001 --create-home tastemaker \
    && mkdir /state \
    && chown tastemaker /state
COPY --from=build --chown=tastemaker /app /app
USER 10001
WORKDIR /app
ENV PATH=/app/.venv/bin:$PATH PYTHONUNBUFFERED=1
VOLUME /state
EXPOSE 4566
HEALTHCHECK --interval=5s --timeout=5s --start-period=120s --retries=12 \
    CMD ["python", "-c", "import urllib.request; urllib.request.urlopen('http://127.0.0.1:4566/_local/health')"]
STOPSIGNAL SIGTERM
ENTRYPOINT ["python", "-m", "local", "--listen", "0.0.0.0", "--port", "4566", "--assembly", "cdk.out/local"]
CMD ["--state", "/state"]
