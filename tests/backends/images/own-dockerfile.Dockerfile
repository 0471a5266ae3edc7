FROM debian:bookworm
RUN echo '# Packages'
USER 1000:1000

# Packages, as the settings list them.
USER root
COPY requirements.txt /opt/flowc/requirements.txt
RUN export PIP_BREAK_SYSTEM_PACKAGES=1 PIP_ROOT_USER_ACTION=ignore && \
    python3 -m pip install --no-cache-dir -r /opt/flowc/requirements.txt

# What flowc adds.
COPY bundle.pyz /opt/flowc/bundle.pyz
RUN python3 /opt/flowc/bundle.pyz unpack /opt/flowc/bundle && \
    chmod -R a+rX /opt/flowc
LABEL flowc.pipeline="digits" \
      flowc.version="0.1.0" \
      flowc.bundle="bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb"
USER 1000:1000
ENTRYPOINT []
CMD ["python3", "/opt/flowc/bundle/__main__.py", "--help"]
