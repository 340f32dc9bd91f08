"""A Hugging Face hub for one small dataset: what its clients ask for when they stream, and nothing else."""

import hashlib
import json
import re
import threading
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import unquote

COMMIT = "a" * 40
FILES = {
    "README.md": b"---\nlicense: cc0-1.0\n---\n",
    "data/train-00000.jsonl": b'{"id": "1", "text": "one"}\n{"id": "2", "text": "two"}\n',
    "data/train-00001.jsonl": b'{"id": "3", "text": "three"}\n',
}


@contextmanager
def serving():
    """Yield the hub's address."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), Hub)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()


class Hub(BaseHTTPRequestHandler):
    """Answers about ``org/set``."""

    def log_message(self, *_):
        pass

    def do_HEAD(self):
        self.do_GET()

    def do_GET(self):
        path = unquote(self.path.split("?")[0])
        if re.fullmatch(r"/api/datasets/org/set(/revision/[^/]+)?", path):
            siblings = [{"rfilename": name} for name in FILES]
            self.answer_json({"_id": "1", "id": "org/set", "sha": COMMIT, "tags": [], "siblings": siblings})
        elif match := re.fullmatch(r"/api/datasets/org/set/tree/[^/]+(?:/(.*))?", path):
            self.answer_json(list(entries(match[1] or "")))
        elif (match := re.fullmatch(r"/datasets/org/set/resolve/[^/]+/(.*)", path)) and match[1] in FILES:
            self.answer_file(FILES[match[1]])
        else:
            self.answer(b'{"error": "Entry not found"}', 404, {"X-Error-Code": "EntryNotFound"})

    def answer_json(self, value):
        self.answer(json.dumps(value).encode(), 200, {"Content-Type": "application/json"})

    def answer_file(self, data):
        headers = {"ETag": f'"{hashlib.sha1(data).hexdigest()}"', "X-Repo-Commit": COMMIT, "Accept-Ranges": "bytes"}
        match = re.match(r"bytes=(\d+)-(\d*)", self.headers.get("Range") or "")
        if match is None or self.command == "HEAD":
            self.answer(data, 200, headers)
            return
        begin, end = int(match[1]), min(int(match[2] or len(data) - 1), len(data) - 1)
        headers["Content-Range"] = f"bytes {begin}-{end}/{len(data)}"
        self.answer(data[begin : end + 1], 206 if begin < len(data) else 416, headers)

    def answer(self, data, status, headers):
        self.send_response(status)
        for name, value in {"Content-Length": str(len(data)), **headers}.items():
            self.send_header(name, value)
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(data)


def entries(folder):
    """Yield the files and folders of a folder."""
    below = {name.removeprefix(f"{folder}/" if folder else "") for name in FILES if name.startswith(folder)}
    for name in sorted({rest.split("/")[0] for rest in below}):
        path = f"{folder}/{name}" if folder else name
        if path in FILES:
            yield {"type": "file", "path": path, "size": len(FILES[path]), "oid": hashlib.sha1(FILES[path]).hexdigest()}
        else:
            yield {"type": "directory", "path": path, "size": 0, "oid": "d" * 40}
