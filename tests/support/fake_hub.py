"""A Hugging Face hub on this machine: what the client of the hub asks when it uploads, lists and downloads (integrations
tried with huggingface_hub 2.4). `Hub(faults=...)` serves until close(); repositories are in `repos`, {id: {path: bytes}}."""
import base64
import hashlib
import http.server
import json
import re
import sys
import threading
import urllib.parse


def broken(content):
    return content[:-1] + bytes([content[-1] ^ 1]) if content else content


class Server(http.server.ThreadingHTTPServer):
    def handle_error(self, request, client_address):
        if not isinstance(sys.exc_info()[1], ConnectionError):  # a client that was killed
            super().handle_error(request, client_address)


class Hub:
    """`faults`: {"METHOD path-regex": [fault, ...]}, used up one by one: a status, "drop" (nothing is done, no answer), "cut" (done, and
    half of the answer), "wrong" (another byte at the end of the answer, or of what is uploaded), or a function, which gives the name
    under which a file is listed. `token`: the one that may write. `before(number)`: called before request `number` (from 1) is
    answered."""

    def __init__(self, faults=None, token="hf_secret", before=None):
        self.repos, self.blobs, self.commits = {}, {}, 0
        self.faults, self.token = dict(faults or {}), token
        self.before = before or (lambda number: None)
        self.log = []
        hub = self

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def log_message(self, *_):
                pass

            def answer(self, status, body=b"", **headers):
                body = body if isinstance(body, bytes) else json.dumps(body).encode()
                self.close_connection |= self.fault == "cut"
                if self.fault == "cut" and not body:
                    return
                self.send_response(status)
                for name, value in {"Content-Length": str(len(body)), **headers}.items():
                    self.send_header(name.replace("_", "-"), value)
                self.end_headers()
                if self.command != "HEAD":
                    body = broken(body) if self.fault == "wrong" else body
                    self.wfile.write(body[:len(body) // 2] if self.fault == "cut" else body)

            def handle_any(self):
                path = urllib.parse.unquote(urllib.parse.urlsplit(self.path).path)
                length = int(self.headers.get("Content-Length") or 0)
                body = self.rfile.read(length) if length else b""
                if self.headers.get("Transfer-Encoding") == "chunked":
                    while size := int(self.rfile.readline(), 16):
                        body += self.rfile.read(size)
                        self.rfile.readline()
                    self.rfile.readline()
                hub.log.append(f"{self.command} {path}")
                hub.before(len(hub.log))
                self.fault = hub.next_fault(f"{self.command} {path}")
                if isinstance(self.fault, int):
                    return self.answer(self.fault, {"error": "planned"}, Retry_After="0")
                if self.fault == "drop":
                    self.close_connection = True
                    return None
                if self.fault == "wrong" and self.command == "PUT":
                    self.fault, body = None, broken(body)
                return hub.serve(self, path, body)

            do_GET = do_POST = do_PUT = do_HEAD = handle_any

        self.server = Server(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self.server.server_port}"
        threading.Thread(target=self.server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()

    def close(self):
        self.server.shutdown()
        self.server.server_close()

    def next_fault(self, request):
        for pattern, faults in self.faults.items():
            if faults and re.search(pattern, request):
                return faults.pop(0)
        return None

    def sha(self):
        return f"{self.commits:040x}"

    def serve(self, http_request, path, body):
        answer, method = http_request.answer, http_request.command
        writes = method == "POST"
        authorised = http_request.headers.get("Authorization") == f"Bearer {self.token}"
        if path == "/api/agent-harnesses":
            return answer(404)
        if writes and not authorised:
            return answer(401, {"error": "wrong token"})
        if path == "/api/validate-yaml":
            return answer(200, {"errors": [], "warnings": []})
        if path == "/api/repos/create":
            asked = json.loads(body)
            name = f"{asked.get('organization') or 'alice'}/{asked['name']}"
            self.repos.setdefault(name, {})
            kind = "datasets/" if asked.get("type") == "dataset" else ""
            return answer(200, {"url": f"{self.url}/{kind}{name}"})
        if path.startswith("/blob/"):
            if hashlib.sha256(body).hexdigest() != path[6:]:
                return answer(400)
            self.blobs[path[6:]] = body
            return answer(200)
        match = re.fullmatch(r"(?:/api/(?:datasets|models))?(?:/datasets)?/([^/]+/[^/]+?)(?:\.git)?/(preupload|commit|revision|tree|resolve|info)(/.*)?", path)
        if not match:
            match = re.fullmatch(r"/api/(?:datasets|models)/([^/]+/[^/]+)()()", path)
        if not match or match[1] not in self.repos:
            return answer(404, {"error": "not found"}, X_Error_Code="RepoNotFound")
        repo, verb, rest = self.repos[match[1]], match[2], match[3]
        if verb == "preupload":
            return answer(200, {"files": [{"path": file["path"], "uploadMode": "lfs" if file["path"].endswith((".safetensors", ".png")) else "regular",
                                           "shouldIgnore": False, "oid": None} for file in json.loads(body)["files"]]})
        if verb == "info":  # of large files
            objects = [{**wanted, **({} if wanted["oid"] in self.blobs else {"actions": {"upload": {"href": f"{self.url}/blob/{wanted['oid']}"}}})}
                       for wanted in json.loads(body)["objects"]]
            return answer(200, {"transfer": "basic", "objects": objects})
        if verb == "commit":
            files, gone = {}, set()
            for line in map(json.loads, body.splitlines()):
                value = line["value"]
                if line["key"] == "file":
                    files[value["path"]] = base64.b64decode(value["content"])
                if line["key"] == "lfsFile":
                    files[value["path"]] = self.blobs[value["oid"]]
                if line["key"] == "deletedFile":
                    gone.add(value["path"])
            if not gone <= set(repo):
                return answer(400, {"error": "deletes what is not there"})
            for path in gone:
                repo.pop(path)
            repo.update(files)
            self.commits += 1
            return answer(200, {"success": True, "commitOid": self.sha(), "commitUrl": f"{self.url}/datasets/{match[1]}/commit/{self.sha()}", "hookOutput": ""})
        if verb in ("revision", ""):
            return answer(200, {"_id": "1", "id": match[1], "sha": self.sha(), "private": False, "tags": [], "downloads": 0, "likes": 0, "siblings": []})
        if verb == "tree":
            name_of = http_request.fault if callable(http_request.fault) else str
            return answer(200, [self.listed(name_of(name), content) for name, content in sorted(repo.items())])
        content = repo.get(rest.split("/", 2)[2])
        if content is None:
            return answer(404, {"error": "none"}, X_Error_Code="EntryNotFound")
        headers = {"ETag": f'"{hashlib.sha1(content).hexdigest()}"', "X-Repo-Commit": self.sha()}
        start = int((re.match(r"bytes=(\d+)-", http_request.headers.get("Range") or "") or [0, 0])[1])
        sent = content[start:]
        if start:
            headers["Content-Range"] = f"bytes {start}-{len(content) - 1}/{len(content)}"
        return answer(206 if start else 200, sent, **headers)

    def listed(self, name, content):
        entry = {"type": "file", "path": name, "size": len(content), "oid": hashlib.sha1(b"blob %d\0" % len(content) + content).hexdigest()}
        if name.endswith((".safetensors", ".png")):
            entry["lfs"] = {"oid": hashlib.sha256(content).hexdigest(), "size": len(content), "pointerSize": 130}
        return entry
