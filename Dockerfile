# InstructWild on a CPU: the base install, or further extras:
#   docker build -t instructwild . && docker run --rm instructwild doctor
#   docker build -t instructwild --build-arg EXTRAS='[train,serve]' .
FROM python:3.11-slim-bookworm AS build
WORKDIR /src
COPY . .
RUN python -m venv /opt/build && /opt/build/bin/pip install --no-cache-dir build==1.3.0 && /opt/build/bin/python -m build --wheel --outdir /dist .

FROM python:3.11-slim-bookworm
ARG EXTRAS=""
# torch of the CPU is named first where an extra needs it, so that no CUDA libraries come.
ARG TORCH_INDEX="https://download.pytorch.org/whl/cpu"
ENV PIP_NO_CACHE_DIR=1 PIP_DISABLE_PIP_VERSION_CHECK=1 PYTHONUNBUFFERED=1 HF_HUB_DISABLE_TELEMETRY=1
COPY --from=build /dist /dist
RUN if [ -n "$EXTRAS" ]; then pip install --index-url "$TORCH_INDEX" "torch>=2.8"; fi && \
    pip install "$(ls /dist/*.whl)$EXTRAS" && rm -rf /dist

# No root inside; the folder of the data is mounted at /data, and what is made there belongs to who runs it:
#   docker run --rm --user "$(id -u)" -v "$PWD:/data" -v instructwild-home:/var/lib/wild instructwild clean my.json --out clean/
# The volume keeps the salt and fetched models, which else end with the container.
ENV HOME=/var/lib/wild USER=wild
RUN useradd --create-home --home-dir /var/lib/wild --uid 1000 wild && mkdir /data && chmod 777 /var/lib/wild /data
USER 1000
WORKDIR /data
ENTRYPOINT ["instructwild"]
CMD ["--help"]
