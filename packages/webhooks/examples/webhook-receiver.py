"""Receives webhooks and verifies their signatures, with Python's standard library only.

Usage: python3 webhook-receiver.py whsec_… [port]
"""

import base64
import hashlib
import hmac
import json
import sys
import time
from http.server import BaseHTTPRequestHandler, HTTPServer

TOLERANCE_SECONDS = 5 * 60


def is_genuine(headers, body, secret):
    """Returns whether the sender of the request knows the secret, and sent it within the last five minutes."""
    message_id = headers.get("webhook-id", "")
    timestamp = headers.get("webhook-timestamp", "")
    if not timestamp.isdigit() or abs(time.time() - int(timestamp)) > TOLERANCE_SECONDS:
        return False
    key = base64.b64decode(secret.removeprefix("whsec_"))
    signed = f"{message_id}.{timestamp}.".encode() + body
    expected = base64.b64encode(hmac.new(key, signed, hashlib.sha256).digest()).decode()
    # While a secret is being rotated, the header has two signatures.
    return any(
        version == "v1" and hmac.compare_digest(signature, expected)
        for version, _, signature in (each.partition(",") for each in headers.get("webhook-signature", "").split())
    )


class Receiver(BaseHTTPRequestHandler):
    def do_POST(self):
        body = self.rfile.read(int(self.headers.get("content-length", 0)))
        genuine = is_genuine(self.headers, body, sys.argv[1])
        if genuine:
            event = json.loads(body)
            # The same event may arrive twice: remember its id.
            print(event["id"], event["type"], flush=True)
        self.send_response(204 if genuine else 401)
        self.end_headers()

    def log_message(self, *_):
        pass


if __name__ == "__main__":
    server = HTTPServer(("127.0.0.1", int(sys.argv[2]) if len(sys.argv) > 2 else 8000), Receiver)
    print(f"listening on {server.server_port}", flush=True)
    server.serve_forever()
