# The provider's binary alone, for the reconciliation helper: no shell, no packages, no root.
#   docker build -t terraform-provider-bigipkube .
FROM golang:1.26.8 AS build
WORKDIR /src
COPY go.mod go.sum ./
RUN go mod download
COPY . .
ARG VERSION=0.0.0-dev
ARG COMMIT=none
RUN CGO_ENABLED=0 go build -trimpath -ldflags "-s -w -X main.version=${VERSION} -X main.commit=${COMMIT}" -o /terraform-provider-bigipkube .

FROM scratch
COPY --from=build /etc/ssl/certs/ca-certificates.crt /etc/ssl/certs/
COPY --from=build /terraform-provider-bigipkube /terraform-provider-bigipkube
USER 65532:65532
ENTRYPOINT ["/terraform-provider-bigipkube"]
CMD ["reconcile"]
