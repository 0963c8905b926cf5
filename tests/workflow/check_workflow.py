"""The study cut into jobs is the study in one go.

usage: check_workflow.py plan PIPELINE                  `--plan` tells the steps that are run, and `--only` makes the same files of them
       check_workflow.py snakemake PIPELINE SNAKEFILE   as jobs of Snakemake, where that is there: with a replicate that fails, and again
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
           " --evaluate person --seeds 2 --null 1").split()
REPLICATES = ["seed1", "seed2", "shuffled", "null1"]
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

    def do(self, job):
        """A job of one person or replicate, which leaves what the plan says."""
        self.run("--only", ":".join(part for part in (job["step"], job["person"], job["replicate"]) if part))
        for name in ("done", "outputs"):
            check((self.out / job[name]).exists(), f"{job} left no {job[name]}")


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
    people = sorted(job["person"] for job in jobs if job["person"] and not job["replicate"])
    check(people == sorted(path.name for path in (whole.out / "mil").iterdir()) and len(people) == 3, f"people {people}")
    check(whole.plan()["replicates"] == REPLICATES, f"replicates {whole.plan()['replicates']}")
    ahead = [(job["person"], job["replicate"]) for job in jobs if job["replicate"]]
    check(ahead == [(person, replicate) for person in people for replicate in REPLICATES], f"replicates of people {ahead}")
    check(not list(whole.out.rglob(".replicates")), "in one go there are networks ahead")
    check(all(job["seconds"] > 0 and job["mib"] > 0 for job in jobs), "a job costs nothing")

    for flag, words in (("networks", "needs data, which is not done"), ("dance", "expected one of recordings, data"),
                        ("maps:101", "expected maps without a person")):
        check(words in parts.run("--only", flag, status=2).stderr, f"--only {flag}: no word of '{words}'")
    check(not parts.out.exists(), "a refused --only made a folder")
    for step in planned:
        of_one = [job for job in parts.plan()["jobs"] if job["step"] == step and job["person"]]
        # Of the first person all replicates are done beforehand, of the second one, of the third none.
        some = [job for job in of_one if job["replicate"] and
                (job["person"] == people[0] or job["person"] == people[1] and job["replicate"] == "seed2")]
        for jobs_at_once in (some, [job for job in of_one if not job["replicate"]]):
            with ThreadPoolExecutor() as side_by_side:
                list(side_by_side.map(parts.do, jobs_at_once))
        parts.run("--only", step)
    check(not list(parts.out.rglob(".replicates")), "networks ahead are left")
    same(whole.out, parts.out)
    check("nobody" in parts.run("--only", "networks:nobody", status=2).stderr, "networks of nobody")
    check("expected a replicate" in parts.run("--only", f"networks:{people[0]}:dance", status=2).stderr, "a replicate of another name")
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
    """With a replicate that fails, then without, then once more with nothing to do."""
    whole.run()
    planned = [job for job in whole.plan()["jobs"] if job["step"] == "networks" and job["person"]]
    people = [job["person"] for job in planned if not job["replicate"]]
    person = people[0]
    # The folder of one person's replicate cannot be made.
    in_the_way = jobs.out / "mil" / person / ".replicates" / "seed2"
    in_the_way.parent.mkdir(parents=True)
    in_the_way.write_text("in the way")
    task = meanwhile(people[1])
    with ThreadPoolExecutor() as side_by_side:
        beside = side_by_side.submit(task)
        status, said = jobs.run_all()
        beside.result()
    check(status != 0 and f"networks:{person}:seed2" in said, f"a replicate that fails: status {status}: {said}")
    marks = {job["done"]: os.stat(jobs.out / job["done"]).st_mtime_ns for job in planned if (jobs.out / job["done"]).exists()}
    missing = [(job["person"], job["replicate"]) for job in planned if job["done"] not in marks]
    check(missing == [(person, "seed2"), (person, None)], f"not done besides a replicate that fails: {missing}: {said}")
    check(not (jobs.out / ".steps" / "networks.json").exists(), "the joint step was done without a person")

    in_the_way.unlink()
    status, said = jobs.run_all()
    check(status == 0, f"once nothing is in the way: {said}")
    for name, when in marks.items():
        check(os.stat(jobs.out / name).st_mtime_ns == when, f"a rerun did {name} again: {said}")
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
    # A replicate of the second person is sure to be killed in its first job: it waits for that.
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
case "$*" in *"--only networks:{person}:seed1 "*)
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
