"""Speaks to a Hugging Face hub for slm-lab (hub.cc), which gives it one request as a line of JSON:

  {"do": "push", "repo": "USER/NAME", "type": "dataset", "private": false, "message": TEXT, "files": [{"from": FILE, "to": PATH}], "texts": [{"to": PATH, "text": TEXT}]}
  {"do": "pull", "repo": ..., "type": ..., "name": SPEC_OR_FOLDER, "all": false, "data": FOLDER, "have": [FOLDER]}
  {"do": "list", "repo": ..., "type": ..., "name": SPEC_OR_FOLDER, or "" for all}
and is told, a line each:
  {"event": "said", "text": ...}                         what it is doing
  {"event": "folder", "name": ..., "files": N, "bytes": N}
  {"event": "fetched", "name": ..., "partial": FOLDER}   complete, every hash verified
  {"event": "done", "text": ...}
  {"event": "refused", "code": N, "text": ...}           the last: nothing more comes

A push is one commit: all of it is there, or nothing; "replaces": FOLDER takes away what else there was in that folder. A pull checks all names before it writes, and what it has fetched stays
in FOLDER/.pull-NAME for the next one. The token comes from HF_TOKEN or `hf auth login` and goes nowhere else.
"""
import hashlib
import json
import os
import pathlib
import re
import shutil
import sys
import time

os.environ.setdefault("HF_HUB_DISABLE_TELEMETRY", "1")
os.environ.setdefault("HF_HUB_DISABLE_PROGRESS_BARS", "1")
os.environ.setdefault("HF_HUB_DISABLE_UPDATE_CHECK", "1")

from huggingface_hub import CommitOperationAdd, CommitOperationDelete, HfApi, constants, get_token  # noqa: E402
from huggingface_hub.errors import EntryNotFoundError, HFValidationError, RepositoryNotFoundError  # noqa: E402
from huggingface_hub.hf_api import RepoFile  # noqa: E402

USAGE, IO, REMOTE = 2, 4, 8  # exit codes of slm-lab (slm_lab/base/error.h)
TIMES = 4                    # that something is tried
MAX_FILES, MAX_BYTES = 20_000, 1 << 40
TIMESTAMP = r"_\d{4}_\d{2}_\d{2}_\d{6}"


class Refused(Exception):
    def __init__(self, code, text):
        super().__init__(text)
        self.code = code


def tell(event, **fields):
    line = json.dumps({"event": event, **fields})
    token = get_token()
    print(line.replace(token, "***") if token else line, flush=True)


def with_patience(action, wait):
    """What a busy or broken hub refuses is tried again; what it refuses for good is not."""
    for left in reversed(range(TIMES)):
        try:
            return action()
        except Exception as error:  # which kind of failure it is decides
            status = getattr(getattr(error, "response", None), "status_code", None)
            # A connection, or a file of which only a part came. A hub's answer has a status, and a disk's error a file.
            cut = isinstance(error, OSError) and not is_of_the_disk(error)
            broken = status is None and (cut or type(error).__module__.startswith("httpx"))
            if not left or not (broken or (status is not None and (status >= 500 or status in (408, 429)))):
                raise
            tell("said", text=f"the hub {'answers ' + str(status) if status else 'does not answer'}; trying again")
            time.sleep(wait * 2 ** (TIMES - 1 - left))


def is_of_the_disk(error):
    return isinstance(error, OSError) and error.filename is not None


def push(request, api):
    if not get_token():
        raise Refused(REMOTE, "no token: set HF_TOKEN to one that may write, or run `hf auth login`")
    repo, kind, wait = request["repo"], request["type"], request.get("wait", 2)
    with_patience(lambda: api.create_repo(repo, repo_type=kind, private=request["private"] or None, exist_ok=True), wait)

    def paths_below(folder):
        entries = api.list_repo_tree(repo, recursive=True, repo_type=kind) if folder else []
        return [entry.path for entry in entries if isinstance(entry, RepoFile) and entry.path.startswith(folder + "/")]

    def commit():  # anew each time: an operation remembers what it has uploaded
        operations = [CommitOperationAdd(path_in_repo=file["to"], path_or_fileobj=file["from"]) for file in request["files"]]
        operations += [CommitOperationAdd(path_in_repo=file["to"], path_or_fileobj=file["text"].encode()) for file in request.get("texts", [])]
        arriving = {operation.path_in_repo for operation in operations}
        operations += [CommitOperationDelete(path_in_repo=path) for path in paths_below(request.get("replaces")) if path not in arriving]
        return api.create_commit(repo, operations, commit_message=request["message"], repo_type=kind)

    done = with_patience(commit, wait)
    tell("done", text=f"{done.commit_url} ({len(request['files'])} files)")


def folders_of(request, api):
    """The commit, and the files of each folder of runs in it: {"ppo_cartpole_...": [RepoFile]}."""
    repo, kind, wait = request["repo"], request["type"], request.get("wait", 2)
    commit = with_patience(lambda: api.repo_info(repo, repo_type=kind), wait).sha
    entries = with_patience(lambda: list(api.list_repo_tree(repo, recursive=True, revision=commit, repo_type=kind)), wait)
    folders = {}
    for entry in entries:
        parts = entry.path.split("/")
        if isinstance(entry, RepoFile) and len(parts) > 2 and parts[0] == "data":
            folders.setdefault(parts[1], []).append(entry)
    return commit, folders


def check_names(folder, files):
    """Before a byte is written: nothing that leads out of the folder, or that this disk could not hold."""
    if len(files) > MAX_FILES or sum(file.size for file in files) > MAX_BYTES:
        raise Refused(REMOTE, f"{folder}: {len(files)} files of {sum(file.size for file in files)} bytes are too many")
    seen = set()
    for file in files:
        parts = file.path.split("/")
        wrong = any(part in ("", ".", "..") or len(part.encode()) > 255 or re.search(r'[\x00-\x1f\x7f\\:]', part) for part in parts)
        if wrong or parts[2] == ".cache" or file.path.casefold() in seen or file.size < 0:
            raise Refused(REMOTE, f"{folder}: the hub names a file {file.path!r}, which is not written; nothing was fetched")
        seen.add(file.path.casefold())


def is_as_listed(path, file):
    if path.is_symlink() or not path.is_file() or path.stat().st_size != file.size:
        return False
    sha = hashlib.sha256() if file.lfs else hashlib.sha1(b"blob %d\0" % file.size)
    with open(path, "rb") as stream:
        while block := stream.read(1 << 20):
            sha.update(block)
    return sha.hexdigest() == (file.lfs.sha256 if file.lfs else file.blob_id)


def fetch(request, api, commit, folder, files):
    partial = pathlib.Path(request["data"], ".pull-" + folder)
    if partial.is_symlink():
        raise Refused(IO, f"{partial}: a symbolic link; remove it")
    partial.mkdir(parents=True, exist_ok=True)
    for file in files:
        path, again = partial / file.path, False
        for _ in range(2):
            if is_as_listed(path, file):
                break
            with_patience(lambda: api.hf_hub_download(request["repo"], file.path, repo_type=request["type"], revision=commit,
                                                      local_dir=partial, force_download=again), request.get("wait", 2))
            again = True  # whole, and still not what was listed
        if not is_as_listed(path, file):
            path.unlink(missing_ok=True)
            raise Refused(REMOTE, f"{folder}: {file.path} is not what the hub lists (its hash differs); the same command tries it again")
    listed = {partial / file.path for file in files}
    shutil.rmtree(partial / ".cache", ignore_errors=True)
    for path in partial.rglob("*"):  # of an earlier commit
        if path.is_symlink() or (path.is_file() and path not in listed):
            path.unlink()
    tell("fetched", name=folder, partial=str(partial / "data" / folder))


def named(name, folders):
    """The folder of that name, or those of the spec of that name, the newest last."""
    return sorted(folder for folder in folders if folder == name or re.fullmatch(re.escape(name) + TIMESTAMP, folder))


def pull(request, api):
    commit, folders = folders_of(request, api)
    name = request["name"]
    found = named(name, folders)
    if not found:
        near = [folder for folder in sorted(folders) if name in folder][:5]
        raise Refused(USAGE, f"{name}: no such run in {request['repo']}" + (f"; there are {', '.join(near)}" if near else ""))
    chosen = found if request["all"] else found[-1:]
    for folder in chosen:
        check_names(folder, folders[folder])
    for folder in chosen:
        if folder in request["have"]:
            tell("said", text=f"{folder} is here already")
            continue
        tell("said", text=f"fetching {folder} ({len(folders[folder])} files)")
        fetch(request, api, commit, folder, folders[folder])
    tell("done", text="")


def list_runs(request, api):
    _, folders = folders_of(request, api)
    for name in named(request["name"], folders) if request["name"] else sorted(folders):
        files = folders[name]
        tell("folder", name=name, files=len(files), bytes=sum(file.size for file in files))
    tell("done", text="")


def explained(error, request):
    """What went wrong, and the exit code."""
    where = f"{request['repo']} at {constants.ENDPOINT}"
    if isinstance(error, Refused):
        return error.code, str(error)
    if isinstance(error, HFValidationError):
        return USAGE, f"{request['repo']}: expected USER/NAME, as a hub calls its repositories"
    status = getattr(getattr(error, "response", None), "status_code", None)
    if status in (401, 403):
        return REMOTE, f"{where}: the hub refuses the token (code {status}); is it a valid one, that may {'write' if request['do'] == 'push' else 'read'} there?"
    if isinstance(error, (RepositoryNotFoundError, EntryNotFoundError)) or status == 404:
        return REMOTE, f"{where}: no such repository, or not for this token"
    if is_of_the_disk(error):
        return IO, f"{error.filename}: {error.strerror}"
    text = " ".join(str(error).split())[:300]
    return REMOTE, f"{where}: {'the hub answers ' + str(status) if status else 'no connection'}: {type(error).__name__}: {text}"


def main():
    request = json.loads(sys.stdin.readline())
    try:
        {"push": push, "pull": pull, "list": list_runs}[request["do"]](request, HfApi())
    except Exception as error:  # every one becomes a line for the program
        code, text = explained(error, request)
        tell("refused", code=code, text=text)


if __name__ == "__main__":
    main()
