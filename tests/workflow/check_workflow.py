"""The study cut into jobs is the study in one go.

usage: check_workflow.py plan PIPELINE                  `--plan` tells the steps that are run, and `--only` makes the same files of them
       check_workflow.py snakemake PIPELINE SNAKEFILE   as jobs of Snakemake, where that is there: with a person who fails, and again
       check_workflow.py slurm PIPELINE SNAKEFILE       as jobs of a Slurm of one node that is made for it: and one job is killed
"""

import getpass
import json
import os
import re
import shutil
import socket
import subprocess
import sys
import tempfile
import time
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


def skip_without(holds, reason):
    if not holds:
        print(f"skipped: {reason}")
        sys.exit(77)


class Jobs(Folder):
    """The study as jobs of Snakemake."""

    def __init__(self, path, pipeline, snakefile, program, flags, environment):
        super().__init__(path, pipeline)
        self.environment = {**os.environ, "XDG_CACHE_HOME": str(path / "cache"), **environment}
        self.command = ["snakemake", "-s", snakefile, *flags, "--nocolor", "--config", f"pipeline={program}", "out=study",
                        f"options={' '.join(OPTIONS)}"]

    def run_all(self):
        done = subprocess.run(self.command, cwd=self.path, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
                              env=self.environment)
        return done.returncode, done.stdout


def check_jobs(folder, whole, jobs, meanwhile):
    """With a person who fails, then without, then once more with nothing to do."""
    whole.run()
    people = [job["person"] for job in whole.plan()["jobs"] if job["step"] == "networks" and job["person"]]
    person = people[0]
    # One person's folder cannot be made.
    (jobs.out / "mil").mkdir(parents=True)
    (jobs.out / "mil" / person).write_text("in the way")
    task = meanwhile(people[1])
    with ThreadPoolExecutor() as side_by_side:
        beside = side_by_side.submit(task)
        status, said = jobs.run_all()
        beside.result()
    check(status != 0 and f"networks:{person}" in said, f"a failed person: status {status}: {said}")
    marks = sorted(path.stem for path in (jobs.out / ".steps" / "networks").glob("*.json"))
    check(len(marks) == 2 and person not in marks, f"others of a failed person: {marks}: {said}")
    check(not (jobs.out / ".steps" / "networks.json").exists(), "the joint step was done without a person")

    (jobs.out / "mil" / person).unlink()
    trained_before = {name: os.stat(jobs.out / ".steps" / "networks" / f"{name}.json").st_mtime_ns for name in marks}
    status, said = jobs.run_all()
    check(status == 0, f"once nothing is in the way: {said}")
    for name, when in trained_before.items():
        check(os.stat(jobs.out / ".steps" / "networks" / f"{name}.json").st_mtime_ns == when, f"a rerun trained {name}: {said}")
    same(whole.out, jobs.out)
    status, said = jobs.run_all()
    check(status == 0 and "Nothing to be done" in said, f"a third run: {said}")


def check_snakemake(folder, pipeline, snakefile):
    skip_without(shutil.which("snakemake"), "no snakemake on PATH")
    flags = ["--cores", "2", "--keep-going", "--rerun-incomplete"]
    jobs = Jobs(folder / "jobs", pipeline, snakefile, pipeline, flags, {})
    check_jobs(folder, Folder(folder / "whole", pipeline), jobs, lambda person: lambda: None)


class Slurm:
    """A Slurm of this machine alone, in a folder."""

    PROGRAMS = "munged", "slurmctld", "slurmd", "srun", "sbatch", "squeue", "scancel"

    def __init__(self, folder):
        folder.mkdir()
        for name in ("state", "spool", "bin"):
            (folder / name).mkdir()
        host, user = socket.gethostname().split(".")[0], getpass.getuser()
        ports = self.free_ports()
        self.conf, self.started = folder / "slurm.conf", []
        self.conf.write_text(f"""\
ClusterName=test
SlurmctldHost={host}(127.0.0.1)
SlurmctldPort={ports[0]}
SlurmdPort={ports[1]}
SlurmUser={user}
SlurmdUser={user}
AuthInfo=socket={folder}/munge.socket
StateSaveLocation={folder}/state
SlurmdSpoolDir={folder}/spool
SlurmctldPidFile={folder}/slurmctld.pid
SlurmdPidFile={folder}/slurmd.pid
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
SelectType=select/cons_tres
SelectTypeParameters=CR_CPU
AccountingStorageType=accounting_storage/none
KillWait=2
MinJobAge=600
NodeName={host} NodeAddr=127.0.0.1 CPUs=2 RealMemory=1000 State=UNKNOWN
PartitionName=main Nodes=ALL Default=YES MaxTime=INFINITE State=UP
""")
        # Snakemake's jobs forget where the configuration is.
        srun = folder / "bin" / "srun"
        srun.write_text(f'#!/bin/sh\nSLURM_CONF={self.conf} exec {shutil.which("srun")} "$@"\n')
        srun.chmod(0o755)
        self.environment = {"SLURM_CONF": str(self.conf), "PATH": f"{folder}/bin:{os.environ['PATH']}"}
        (folder / "munge.key").write_bytes(os.urandom(1024))
        (folder / "munge.key").chmod(0o400)
        self.start(folder / "munged.log", "munged", "-F", "--force", f"--key-file={folder}/munge.key", f"--socket={folder}/munge.socket",
                   f"--pid-file={folder}/munge.pid", f"--log-file={folder}/munge.log", f"--seed-file={folder}/munge.seed")
        self.wait_for(lambda: (folder / "munge.socket").exists(), folder / "munged.log")
        self.start(folder / "slurmctld.log", "slurmctld", "-D", "-f", str(self.conf))
        self.start(folder / "slurmd.log", "slurmd", "-D", "-f", str(self.conf))
        self.wait_for(lambda: "idle" in self.ask("sinfo", "-h", "-o", "%T"), folder / "slurmd.log")

    @staticmethod
    def free_ports():
        with socket.socket() as one, socket.socket() as other:
            one.bind(("127.0.0.1", 0)), other.bind(("127.0.0.1", 0))
            return one.getsockname()[1], other.getsockname()[1]

    def start(self, log, *command):
        with open(log, "w") as file:
            self.started.append(subprocess.Popen(command, stdout=file, stderr=file))

    @staticmethod
    def wait_for(holds, log):
        for _ in range(300):
            if holds():
                return
            time.sleep(0.1)
        skip_without(False, f"no Slurm can be made here: {log.read_text()[-500:]}")

    def ask(self, *command):
        return subprocess.run(command, env={**os.environ, **self.environment}, capture_output=True, text=True).stdout

    def stop(self):
        self.ask("scancel", "--full", f"--user={getpass.getuser()}")
        for process in reversed(self.started):
            process.terminate()
            process.wait()


def check_slurm(folder, pipeline, snakefile):
    for program in ("snakemake", *Slurm.PROGRAMS):
        skip_without(shutil.which(program), f"no {program} on PATH")
    asked = subprocess.run(["snakemake", "--help"], capture_output=True, text=True).stdout
    skip_without("--slurm-status-command" in asked, "Snakemake has no executor for Slurm: pip install snakemake-executor-plugin-slurm")
    slurm = Slurm(folder / "slurm")
    whole = Folder(folder / "whole", pipeline)
    # The second person's networks are sure to be killed in their first job: it waits for that.
    wrapper, mark = folder / "pipeline", folder / "killed"

    def kill():
        for _ in range(6000):
            if (mark / "job").exists():
                slurm.ask("scancel", (mark / "job").read_text().strip())
                return
            time.sleep(0.1)
        sys.exit("check_workflow: the job that is to be killed never began")

    def prepare(person):
        wrapper.write_text(f"""\
#!/bin/sh
case "$*" in *"--only networks:{person} "*)
  if mkdir {mark} 2>/dev/null; then echo "$SLURM_JOB_ID" >{mark}/job.part; mv {mark}/job.part {mark}/job; sleep 900; fi
esac
exec {pipeline} "$@"
""")
        wrapper.chmod(0o755)
        return kill

    try:
        profile = str(Path(snakefile).parent / "profiles" / "slurm")
        flags = ["--profile", profile, "--retries", "1", "--latency-wait", "5", "--slurm-no-account", "--slurm-status-command", "squeue",
                 "--slurm-init-seconds-before-status-checks", "1", "--seconds-between-status-checks", "1"]
        check_jobs(folder, whole, Jobs(folder / "jobs", pipeline, snakefile, wrapper, flags, slurm.environment), prepare)
        check((mark / "job").exists(), "no job was killed")
    finally:
        slurm.stop()


with tempfile.TemporaryDirectory() as temporary:
    what, program, *rest = sys.argv[1:]
    {"plan": check_plan, "snakemake": check_snakemake, "slurm": check_slurm}[what](Path(temporary), os.path.abspath(program), *map(os.path.abspath, rest))
