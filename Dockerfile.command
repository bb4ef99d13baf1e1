# The Slack side as an image: its own code, its own dependencies, and nothing that could install more.
# The base is pinned by whoever builds (cloudbuild.yaml passes it with its digest).
ARG PYTHON_IMAGE=docker.io/library/python:3.13-slim

FROM ${PYTHON_IMAGE} AS packages
ENV PYTHONDONTWRITEBYTECODE=1
RUN python3 -m venv --without-pip /opt/mechachang
COPY requirements-command.lock /tmp/requirements.lock
# The lock file is whole and each of its hashes is checked; only wheels, so that nothing is compiled.
RUN --mount=type=cache,target=/root/.cache/pip \
    python3 -m pip --python /opt/mechachang/bin/python install --disable-pip-version-check \
      --no-deps --require-hashes --only-binary :all: --no-compile -r /tmp/requirements.lock
COPY shared /app/shared
COPY command_service /app/command_service
# Bytecode that is valid because of what it was made from, not of when: instances start without
# compiling or checking anything, and the same sources give the same image. Each path is compiled as
# it will be called in tracebacks.
RUN /opt/mechachang/bin/python -m compileall -q -j 0 --invalidation-mode unchecked-hash \
      /opt/mechachang/lib /app

FROM ${PYTHON_IMAGE}
# Nobody installs anything in a running container.
RUN rm -rf /usr/local/lib/python3*/site-packages/pip* /usr/local/lib/python3*/ensurepip \
      /usr/lib/python3/dist-packages/pip* /usr/lib/python3*/ensurepip /usr/share/python-wheels \
      /usr/local/bin/pip* /usr/bin/pip* /usr/lib/python3/dist-packages/wheel*
COPY --from=packages /opt/mechachang /opt/mechachang
COPY --from=packages /app /app
WORKDIR /app
ENV PATH=/opt/mechachang/bin:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin \
    PYTHONDONTWRITEBYTECODE=1 \
    PYTHONUNBUFFERED=1
# A number, because a platform that forbids root cannot tell what a name stands for.
USER 10001:10001
EXPOSE 8080
CMD ["python", "-m", "command_service"]
