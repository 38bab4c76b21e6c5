# The image of the operator: Node.js, the built code and its production dependencies. No shell, no npm, no source.
#
#   docker build --tag rollcall:0.1.0 .
#
# Where these registries cannot be reached: --build-arg NODE_IMAGE=... --build-arg BASE_IMAGE=... The base may be any image with glibc
# and libstdc++; NODE_IMAGE itself will do.
ARG NODE_IMAGE=node:24-bookworm-slim
ARG BASE_IMAGE=gcr.io/distroless/cc-debian12

FROM ${NODE_IMAGE} AS build
WORKDIR /src
COPY package.json package-lock.json ./
RUN npm ci --ignore-scripts --no-audit --no-fund
COPY tsconfig.json tsconfig.build.json ./
COPY src ./src
RUN npm run build

FROM ${NODE_IMAGE} AS production
WORKDIR /app
COPY package.json package-lock.json ./
RUN npm ci --omit=dev --ignore-scripts --no-audit --no-fund

FROM ${BASE_IMAGE}
WORKDIR /app
COPY --from=production /usr/local/bin/node /usr/local/bin/node
COPY --from=production /app/node_modules ./node_modules
COPY --from=build /src/dist ./dist
COPY package.json LICENSE ./
ENV NODE_ENV=production
USER 65532:65532
EXPOSE 8080 8081
# Half of Node's own limit on the space for new objects: what a big first read leaves there is memory that is never given back.
ENTRYPOINT ["/usr/local/bin/node", "--enable-source-maps", "--max-semi-space-size=16", "/app/dist/main.js"]
