"""Where a pool connects to."""

from __future__ import annotations

import ssl

import msgspec


class Origin(msgspec.Struct, frozen=True):
    """One host and port, with how its identity is checked."""

    host: str
    """Name or address to connect to; names are resolved at every connect."""
    port: int
    """TCP port, 1 to 65535."""
    tls: bool = False
    """Whether the connection is encrypted; the certificate is always verified."""
    ca_file: str | None = None
    """PEM file of the authorities to trust instead of the system's."""
    server_name: str | None = None
    """Name to ask for and to verify, where it is not `host`."""

    def __str__(self) -> str:
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"{'https' if self.tls else 'http'}://{host}:{self.port}"

    def context(self) -> ssl.SSLContext | None:
        """The TLS settings of a client of this origin; None for plain HTTP."""
        if not self.tls:
            return None
        context = ssl.create_default_context(cafile=self.ca_file)
        context.minimum_version = ssl.TLSVersion.TLSv1_2
        context.set_alpn_protocols(["http/1.1"])
        return context
