"""Somebody else's server, as far as the local stack minds: it answers HTTP, and says what it was told."""

import json
import os
from http.server import BaseHTTPRequestHandler, HTTPServer

TOLD = ("DATABASE_URL", "FILES_DIR")


class Face(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        body = json.dumps({name: os.environ[name] for name in TOLD}).encode()
        self.send_response(200)
        self.end_headers()
        self.wfile.write(body)


if __name__ == "__main__":
    host, _, port = os.environ["HTTP_ADDRESS"].rpartition(":")
    HTTPServer((host, int(port)), Face).serve_forever()
