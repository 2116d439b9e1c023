#!/usr/bin/env python3
"""A receiver for Alertmanager's webhooks.

usage: webhook.py PORT FILE

Each message is one line of FILE: when it came, as Unix time, at which path, and what it says.
"""
import http.server
import json
import sys
import time

PORT, FILE = int(sys.argv[1]), sys.argv[2]


class Receiver(http.server.BaseHTTPRequestHandler):
    def do_POST(self):
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        print(json.dumps({"at": time.time(), "path": self.path, "body": body}), file=OUT, flush=True)
        self.send_response(200)
        self.end_headers()

    def log_message(self, *_):
        pass


# Opened now: the messages come when there may be nothing left to open.
with open(FILE, "a", encoding="utf-8") as OUT:
    http.server.HTTPServer(("127.0.0.1", PORT), Receiver).serve_forever()
