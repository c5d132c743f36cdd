"""The two HTTP/1.1 edges of the data plane: a server and pooled clients, callbacks all the way.

Built on llhttp (httptools) and uvloop. No HTTP/2, no WebSocket, no redirects, no cookies, no content codings.
"""

from __future__ import annotations

from comity.http.call import Call
from comity.http.headers import Headers
from comity.http.options import ClientOptions, ServerOptions
from comity.http.origin import Origin
from comity.http.pool import Pool
from comity.http.sending import Sending
from comity.http.server import Application, Server, bind, serve
from comity.http.transfer import Receiver, TransportFailure

__all__ = [
    "Application",
    "Call",
    "ClientOptions",
    "Headers",
    "Origin",
    "Pool",
    "Receiver",
    "Sending",
    "Server",
    "ServerOptions",
    "TransportFailure",
    "bind",
    "serve",
]
