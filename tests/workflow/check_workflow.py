"""The study cut into jobs is the study in one go.

usage: check_workflow.py plan PIPELINE                  `--plan` tells the steps that are run, and `--only` makes the same files of them
       check_workflow.py snakemake PIPELINE SNAKEFILE   as jobs of Snakemake, where that is there: with a person who fails, and again
"""

import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

OPTIONS = ("--users 3 --groups 2 --sessions 1 --minutes 24 --dirt 0.05 --predictor-epochs 4 --perplexity 5 --epochs 4"
           " --evaluate person").split()
# What the machine decides.
TOOK = re.compile(rb'"minutes": [0-9]+|<td>took</td><td>[^<]*')


def check(holds, what):
    if not holds:
        sys.exit(f"check_workflow: {what}")


def files(out):
    """Every result by its name; of notes beside them, those that `pipeline` in one go leaves too."""
    kept = {}
    for path in sorted(out.rglob("*")):
        name = path.relative_to(out).as_posix()
        if path.is_file() and not re.match(r"\.steps/(plan\.json|[^/]+/)", name):
            kept[name] = TOOK.sub(b"", path.read_bytes())
    return kept


def same(one, other):
    a, b = files(one), files(other)
    check(a.keys() == b.keys(), f"not the same files: {sorted(a.keys() ^ b.keys())}")
    check(not (differ := [name for name in a if a[name] != b[name]]), f"these differ: {differ}")


class Folder:
    """Where one study is made, in `study`: the name is in some files."""

    def __init__(self, path, pipeline):
        path.mkdir()
        self.path, self.pipeline, self.out = path, pipeline, path / "study"

    def run(self, *flags, status=0):
        done = subprocess.run([self.pipeline, *OPTIONS, "--out", "study", *flags], cwd=self.path, capture_output=True, text=True)
        check(done.returncode == status, f"pipeline {' '.join(flags)}: status {done.returncode}, expected {status}: {done.stderr}")
        return done

    def plan(self):
        return json.loads(self.run("--plan").stdout)


def check_plan(folder, pipeline):
    whole, parts = Folder(folder / "whole", pipeline), Folder(folder / "parts", pipeline)
    planned = [job["step"] for job in whole.plan()["jobs"]]
    check(not whole.out.exists(), "--plan made a folder")
    said = whole.run().stdout
    told = [name for name in re.findall(r"^([a-z ]+): ", said, re.M) if name in planned]
    check(told == planned, f"planned {planned}, done {told}")
    jobs = whole.plan()["jobs"]
    stamps = sorted(path.relative_to(whole.out).as_posix() for path in (whole.out / ".steps").iterdir())
    check(sorted(job["done"] for job in jobs if job["person"] is None and job["step"] != "report") == stamps, f"stamps {stamps}")
    people = sorted(job["person"] for job in jobs if job["person"])
    check(people == sorted(path.name for path in (whole.out / "mil").iterdir()) and len(people) == 3, f"people {people}")
    check(all(job["seconds"] > 0 and job["mib"] > 0 for job in jobs), "a job costs nothing")

    for flag, words in (("networks", "needs data, which is not done"), ("dance", "expected one of recordings, data"),
                        ("maps:user01", "expected maps without a person")):
        check(words in parts.run("--only", flag, status=2).stderr, f"--only {flag}: no word of '{words}'")
    check(not parts.out.exists(), "a refused --only made a folder")
    for step in planned:
        of_one = [f"{step}:{job['person']}" for job in parts.plan()["jobs"] if job["step"] == step and job["person"]]
        with ThreadPoolExecutor() as side_by_side:
            list(side_by_side.map(lambda only: parts.run("--only", only), of_one))
        parts.run("--only", step)
    same(whole.out, parts.out)
    check("nobody" in parts.run("--only", "networks:nobody", status=2).stderr, "networks of nobody")
    check("other settings" in parts.run("--only", "maps", "--seed", "2", status=2).stderr, "maps of other settings")
    again = parts.run().stdout
    check(again.count(": done before") == len(planned) - 1, f"done again: {again}")


def check_snakemake(folder, pipeline, snakefile):
    snakemake = shutil.which("snakemake")
    if not snakemake:
        print("skipped: no snakemake on PATH")
        sys.exit(77)
    whole, jobs = Folder(folder / "whole", pipeline), Folder(folder / "jobs", pipeline)
    whole.run()
    person = whole.plan()["jobs"]
    person = next(job["person"] for job in person if job["person"])

    def run():
        done = subprocess.run(
            [snakemake, "-s", snakefile, "--cores", "2", "--keep-going", "--rerun-incomplete", "--nocolor", "--config",
             f"pipeline={pipeline}", "out=study", f"options={' '.join(OPTIONS)}"],
            cwd=jobs.path, capture_output=True, text=True, env={**os.environ, "XDG_CACHE_HOME": str(folder / "cache")})
        return done.returncode, done.stdout + done.stderr

    # One person's folder cannot be made.
    (jobs.out / "mil").mkdir(parents=True)
    (jobs.out / "mil" / person).write_text("in the way")
    status, said = run()
    check(status != 0 and f"networks:{person}" in said, f"a failed person: status {status}: {said}")
    marks = sorted(path.stem for path in (jobs.out / ".steps" / "networks").glob("*.json"))
    check(len(marks) == 2 and person not in marks, f"others of a failed person: {marks}: {said}")
    check(not (jobs.out / ".steps" / "networks.json").exists(), "the joint step was done without a person")

    (jobs.out / "mil" / person).unlink()
    status, said = run()
    check(status == 0, f"once nothing is in the way: {said}")
    trained = set(re.findall(r"networks of (\w+): done", said))
    check(trained == {person}, f"a rerun trained {trained}: {said}")
    same(whole.out, jobs.out)
    status, said = run()
    check(status == 0 and "Nothing to be done" in said, f"a third run: {said}")


with tempfile.TemporaryDirectory() as temporary:
    what, program, *rest = sys.argv[1:]
    {"plan": check_plan, "snakemake": check_snakemake}[what](Path(temporary), os.path.abspath(program), *map(os.path.abspath, rest))
