# syntax=docker/dockerfile:1
# docker build -t dualposts:local .

ARG RUST_VERSION=1.90
ARG DEBIAN=bookworm

FROM rust:${RUST_VERSION}-slim-${DEBIAN} AS sources
WORKDIR /src
COPY . .

# The manifests with empty sources. Its content changes with the dependencies only, so everything
# that is built from it stays in the cache while the product itself is worked on.
FROM sources AS manifests
RUN find . -type f ! -name Cargo.toml ! -name Cargo.lock ! -path './.cargo/*' -delete \
    && for manifest in */Cargo.toml; do \
           mkdir -p "${manifest%/*}/src" \
           && : > "${manifest%/*}/src/lib.rs" ; \
       done \
    && rm dualposts/src/lib.rs && echo 'fn main() {}' > dualposts/src/main.rs \
    && mkdir -p tests/it && echo 'fn main() {}' > tests/it/main.rs \
    && find . -type d -empty -delete

FROM rust:${RUST_VERSION}-slim-${DEBIAN} AS build
WORKDIR /src
ENV CARGO_PROFILE_RELEASE_STRIP=symbols
COPY --from=manifests /src .
RUN cargo build --locked --release -p dualposts
COPY --from=sources /src .
# What was built from the empty sources must be older than the real ones.
RUN find . -path ./target -prune -o -name '*.rs' -exec touch {} + \
    && cargo build --locked --release -p dualposts \
    && install -D target/release/dualposts /image/usr/local/bin/dualposts \
    && install -D -m 644 -t /image/usr/share/doc/dualposts LICENSE-MIT LICENSE-APACHE \
    && install -d -m 700 -o 65532 -g 65532 /image/data

# C library, certificates of the authorities (platforms, Clerk and S3 are called over TLS, and the
# client trusts what the system trusts), nothing else: no shell, no package manager.
FROM gcr.io/distroless/cc-debian12:nonroot
LABEL org.opencontainers.image.title="DualPosts" \
      org.opencontainers.image.description="Write once, and it appears on X and Threads, exactly once" \
      org.opencontainers.image.licenses="MIT OR Apache-2.0"
COPY --from=build /image /
ENV DUALPOSTS_LISTEN=0.0.0.0:8080 \
    DUALPOSTS_DATA_DIR=/data
USER 65532:65532
WORKDIR /data
VOLUME /data
EXPOSE 8080
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=10s --timeout=5s --start-period=20s --retries=3 CMD ["dualposts", "health"]
ENTRYPOINT ["dualposts"]
CMD ["up"]
