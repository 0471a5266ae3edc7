FROM python:3.11-slim

# What flowc adds.
USER root
COPY bundle.pyz /opt/flowc/bundle.pyz
RUN python3 /opt/flowc/bundle.pyz unpack /opt/flowc/bundle && \
    chmod -R a+rX /opt/flowc
LABEL flowc.pipeline="digits" \
      flowc.version="0.1.0" \
      flowc.bundle="bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb"
ENTRYPOINT []
CMD ["python3", "/opt/flowc/bundle/__main__.py", "--help"]
