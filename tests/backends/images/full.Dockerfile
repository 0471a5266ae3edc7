FROM registry.example:5000/team/python:3.12

# Packages, as the settings list them.
USER root
RUN apt-get update && \
    DEBIAN_FRONTEND=noninteractive apt-get install --yes --no-install-recommends git libgomp1=12.2.0-14 && \
    rm -rf /var/lib/apt/lists/*
COPY requirements.txt /opt/flowc/requirements.txt
RUN export PIP_BREAK_SYSTEM_PACKAGES=1 PIP_ROOT_USER_ACTION=ignore && \
    /opt/conda/bin/python -m pip install --no-cache-dir -r /opt/flowc/requirements.txt

# What flowc adds.
COPY bundle.pyz /opt/flowc/bundle.pyz
RUN /opt/conda/bin/python /opt/flowc/bundle.pyz unpack /opt/flowc/bundle && \
    chmod -R a+rX /opt/flowc
ENV GREETING="say \"\$HOME\" \\ `x`" \
    MODE="fast"
LABEL flowc.pipeline="digits" \
      flowc.version="0.1.0" \
      flowc.bundle="bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb"
USER 1000:100
ENTRYPOINT []
CMD ["/opt/conda/bin/python", "/opt/flowc/bundle/__main__.py", "--help"]
