FROM debian:bookworm
RUN echo '# Packages'
USER 1000:1000

# What flowc adds.
LABEL flowc.pipeline="digits"
USER 1000:1000
ENTRYPOINT []
